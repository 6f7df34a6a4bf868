"""Pictures being painted and shown to a network: values, and gradients for what is learned of them."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.explain.maximization.display import Normalisation
from featviz.explain.maximization.images import Image
from featviz.explain.maximization.redirection import RedirectedReLUs
from featviz.explain.maximization.robustness import Transform
from featviz.explain.maximization.sight import Eye

__all__ = ["Climb", "Scene"]

_PRICE_OF_OPACITY = 0.5


@dataclass(frozen=True, eq=False)
class Climb:
    """Where the way up is.

    Attributes:
        scores: of the pictures, (N,).
        gradient: for what is learned of them.
        painted: the pictures, (N, planes, H, W).
        touched: how much each place mattered, (N, H, W).
    """

    scores: Tensor
    gradient: Tensor
    painted: Tensor
    touched: Tensor

    @property
    def finite(self) -> bool:
        """Whether there is a way up at all."""
        return math.isfinite(float(self.gradient.sum()) + float(self.scores.sum()))

    @property
    def blind(self) -> Tensor:
        """Which pictures have no gradient, (N,)."""
        return self.touched.amax((1, 2)) == 0


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything between what is learned and the objective's value.

    Attributes:
        eye: the network as far as the objective reads it.
        image: paints.
        transform: what pictures must survive.
        normal: the network's normalisation.
        shown: height and width in pixels at which the network is shown the pictures.
        generator: where chance comes from.
        views: how many changed copies are shown in a step.
        half: whether the network computes in bfloat16.
    """

    eye: Eye
    image: Image
    transform: Transform
    normal: Normalisation
    shown: tuple[int, int]
    generator: torch.Generator
    views: int
    half: bool

    def score(self, painted: Tensor) -> Tensor:
        """The objective for pictures as they are, (N,), without a graph."""
        with torch.no_grad():
            return self._value(painted[:, : self.normal.channels], painted)

    def climb(self, leaf: Tensor, *, redirect: bool) -> Climb:
        """The objective for changed pictures, and which way it rises.

        Args:
            leaf: what is learned.
            redirect: whether silent ReLUs let pass what would wake them.
        """
        leaf = leaf.detach().requires_grad_()
        painted = self.image.paint(leaf)
        canvas = painted.detach().requires_grad_()
        # view after view, as small batches stay in the processor's caches
        views = [self._view(canvas, redirect) for _ in range(self.views)]
        scores, slope = (sum(parts[1:], parts[0]) / self.views for parts in zip(*views, strict=True))
        (gradient,) = torch.autograd.grad(painted, leaf, slope)
        return Climb(scores, gradient, canvas.detach(), slope.abs().sum(1))

    def _view(self, canvas: Tensor, redirect: bool) -> tuple[Tensor, Tensor]:
        shown = self.transform(self._on_background(canvas), self.generator)
        with RedirectedReLUs() if redirect else nullcontext():
            values = self._value(shown, canvas)
        if not values.requires_grad:
            return values, torch.zeros_like(canvas)
        climbed = (values - self._opacity_cost(values, canvas)).sum()
        (slope,) = torch.autograd.grad(climbed, canvas, allow_unused=True)
        return values.detach(), torch.zeros_like(canvas) if slope is None else slope

    def _value(self, shown: Tensor, painted: Tensor) -> Tensor:
        if shown.shape[-2:] != self.shown:
            shown = F.interpolate(shown, size=self.shown, mode="bilinear", antialias=True)
        with self._precision():
            values = self.eye.value(self.normal(shown), painted[:, : self.normal.channels])
        return values.float()

    def _precision(self) -> AbstractContextManager[object]:
        kind = self.eye.model.device.type
        return torch.autocast(kind, torch.bfloat16) if self.half else nullcontext()

    def _on_background(self, canvas: Tensor) -> Tensor:
        """Transparent pictures lie on smooth noise, another in each step."""
        colours, opacity = canvas[:, : self.normal.channels], canvas[:, self.normal.channels :]
        if not opacity.shape[1]:
            return canvas
        coarse = torch.rand((*colours.shape[:2], 6, 6), generator=self.generator).to(canvas)
        behind = F.interpolate(coarse, size=canvas.shape[-2:], mode="bicubic").clamp(0, 1)
        return opacity * colours + (1 - opacity) * behind

    def _opacity_cost(self, values: Tensor, canvas: Tensor) -> Tensor:
        """Opaque places cost a share of what the picture is worth."""
        opacity = canvas[:, self.normal.channels :]
        if not opacity.shape[1]:
            return torch.zeros_like(values)
        return _PRICE_OF_OPACITY * values.detach().abs() * opacity.mean((1, 2, 3))
