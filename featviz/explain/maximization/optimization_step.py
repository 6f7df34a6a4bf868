"""Pictures being painted and shown to a network: values, and gradients for what is learned of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.explain.maximization.parameterizations import Image
from featviz.explain.maximization.preprocessing import Normalisation
from featviz.explain.maximization.recorded_pass import Eye
from featviz.explain.maximization.redirected_relu import RedirectedReLUs
from featviz.explain.maximization.transforms import Transform
from featviz.explain.targets.units import Objective

__all__ = ["Climb", "Scene"]

_PRICE_OF_OPACITY = 0.5
_PIXELS_AT_ONCE, _LEAST_AT_ONCE, _MOST_AT_ONCE = 65_536, 4, 16


class Climb(NamedTuple):
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
        return math.isfinite(float(self.gradient.sum()) + sum(self.scores.tolist()))

    @property
    def blind(self) -> list[bool]:
        """Which pictures have no gradient."""
        return [most == 0 for most in self.touched.amax((1, 2)).tolist()]


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
            values = [
                self._value(self._colours(painted[part]), painted[part], objective)
                for part, objective in self._parts(len(painted))
            ]
        return torch.cat(values)

    def climb(self, leaf: Tensor, *, redirect: Sequence[bool]) -> Climb:
        """The objective for changed pictures, and which way it rises.

        Args:
            leaf: what is learned.
            redirect: for which pictures silent ReLUs let pass what would wake them; others that are worked on
                together with them join in.
        """
        found = [
            self._climb(leaf[part], objective, any(redirect[part]))
            for part, objective in self._parts(len(leaf))
        ]
        return (
            found[0]
            if len(found) == 1
            else Climb(*(torch.cat(values) for values in zip(*found, strict=True)))
        )

    def _parts(self, count: int) -> list[tuple[slice, Objective]]:
        """Which pictures to work on together, and what is asked of them: small batches stay in caches."""
        objective = self.eye.objective
        most = max(_LEAST_AT_ONCE, min(_MOST_AT_ONCE, _PIXELS_AT_ONCE // math.prod(self.shown)))
        if count <= most or not objective.separable:
            return [(slice(0, count), objective)]
        starts = range(0, count, most)
        return [(slice(start, start + most), objective.part(start, start + most)) for start in starts]

    def _climb(self, leaf: Tensor, objective: Objective, redirect: bool) -> Climb:
        painted, back = self.image.draw(leaf.detach())
        canvas = painted.detach().requires_grad_()
        scores, slope = self._view(canvas, objective, redirect)
        for _ in range(1, self.views):
            more, further = self._view(canvas, objective, redirect)
            scores, slope = scores + more, slope + further
        if self.views > 1:
            scores, slope = scores / self.views, slope / self.views
        return Climb(scores, back(slope), canvas.detach(), slope.abs().sum(1))

    def _view(self, canvas: Tensor, objective: Objective, redirect: bool) -> tuple[Tensor, Tensor]:
        shown = self.transform(self._on_background(canvas), self.generator)
        with RedirectedReLUs() if redirect else nullcontext():
            values = self._value(shown, canvas, objective)
        if not values.requires_grad:
            return values, torch.zeros_like(canvas)
        climbed = (
            values.sum() if self._opaque(canvas) else (values - self._opacity_cost(values, canvas)).sum()
        )
        (slope,) = torch.autograd.grad(climbed, canvas, allow_unused=True)
        return values.detach(), torch.zeros_like(canvas) if slope is None else slope

    def _value(self, shown: Tensor, painted: Tensor, objective: Objective) -> Tensor:
        if shown.shape[-2:] != self.shown:
            shown = F.interpolate(shown, size=self.shown, mode="bilinear", antialias=True)
        with self._precision:
            values = self.eye.value(self.normal(shown), self._colours(painted), objective)
        return values.float()

    def _colours(self, planes: Tensor) -> Tensor:
        """Without the opacity."""
        return planes if self._opaque(planes) else planes[:, : self.normal.channels]

    def _opaque(self, planes: Tensor) -> bool:
        return planes.shape[1] == self.normal.channels

    @cached_property
    def _precision(self) -> AbstractContextManager[object]:
        kind = self.eye.model.device.type
        return torch.autocast(kind, torch.bfloat16) if self.half else nullcontext()

    def _on_background(self, canvas: Tensor) -> Tensor:
        """Transparent pictures lie on smooth noise, another in each step."""
        if self._opaque(canvas):
            return canvas
        colours, opacity = canvas[:, : self.normal.channels], canvas[:, self.normal.channels :]
        coarse = torch.rand((*colours.shape[:2], 6, 6), generator=self.generator).to(canvas)
        behind = F.interpolate(coarse, size=canvas.shape[-2:], mode="bicubic").clamp(0, 1)
        return opacity * colours + (1 - opacity) * behind

    def _opacity_cost(self, values: Tensor, canvas: Tensor) -> Tensor:
        """Opaque places cost a share of what the picture is worth."""
        opacity = canvas[:, self.normal.channels :]
        return _PRICE_OF_OPACITY * values.detach().abs() * opacity.mean((1, 2, 3))
