"""One optimization step: decode the parameters, transform, run the network, return objective and gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.errors import BadInput
from featviz.explain.maximization.parameterizations import Parameterization
from featviz.explain.maximization.preprocessing import InputNormalization
from featviz.explain.maximization.recorded_pass import ActivationRecorder
from featviz.explain.maximization.redirected_relu import RedirectedReLUs
from featviz.explain.maximization.transforms import Transform
from featviz.explain.targets.units import Objective

__all__ = ["OptimizationStep", "StepResult"]

_OPACITY_WEIGHT = 0.5
_MAX_PIXELS, _MIN_BATCH, _MAX_BATCH = 65_536, 4, 16


class StepResult(NamedTuple):
    """The objective and its gradient at one set of parameters.

    Attributes:
        scores: the objective for each image, the mean over the views, (N,).
        gradient: of the summed scores for the parameters, in their shape.
        images: the decoded images, (N, planes, H, W) in [0, 1].
        gradient_magnitude: absolute gradient for each pixel, summed over planes, (N, H, W).
    """

    scores: Tensor
    gradient: Tensor
    images: Tensor
    gradient_magnitude: Tensor

    @property
    def finite(self) -> bool:
        """Whether all scores and the gradient are finite."""
        return math.isfinite(float(self.gradient.sum()) + sum(self.scores.tolist()))

    @property
    def no_gradient(self) -> list[bool]:
        """For each image, whether its gradient is zero everywhere."""
        return [largest == 0 for largest in self.gradient_magnitude.amax((1, 2)).tolist()]


@dataclass(frozen=True, eq=False)
class OptimizationStep:
    """The function from parameters to the objective's value.

    Attributes:
        recorder: runs the network as far as the objective reads it.
        parameterization: decodes parameters into images.
        transform: a random transform of the images (robustness).
        normalization: the network's preprocessing of colors, which makes three equal ones of gray.
        channels: color channels of the images, 3 or 1.
        network_size: height and width in pixels to which transformed images are resized for the network.
        generator: of the random transforms and backgrounds.
        views: transformed copies over which a step averages.
        half_precision: whether the network computes in bfloat16.
    """

    recorder: ActivationRecorder
    parameterization: Parameterization
    transform: Transform
    normalization: InputNormalization
    channels: int
    network_size: tuple[int, int]
    generator: torch.Generator
    views: int
    half_precision: bool

    def exact_score(self, images: Tensor) -> Tensor:
        """`score` in the network's own precision, however the steps compute."""
        if not self.half_precision:
            return self.score(images)
        recorder = ActivationRecorder(self.recorder.model, self.recorder.objective)
        return replace(self, recorder=recorder, half_precision=False).score(images)

    def score(self, images: Tensor) -> Tensor:
        """The objective for images (N, planes, H, W) without a transform, (N,), without a graph."""
        with torch.no_grad():
            values = [
                self._value(self._without_opacity(images[part]), images[part], objective)
                for part, objective in self._parts(len(images))
            ]
        return torch.cat(values)

    def evaluate(self, parameters: Tensor, *, redirect: Sequence[bool]) -> StepResult:
        """The objective for transformed images, and its gradient for the parameters.

        Args:
            parameters: (N, ...), as the parameterization has them.
            redirect: (N,) for which images ReLUs redirect the gradient (`RedirectedReLUs`); the others of the same
                sub-batch do so too.
        """
        results = [
            self._evaluate_part(parameters[part], objective, any(redirect[part]))
            for part, objective in self._parts(len(parameters))
        ]
        return (
            results[0]
            if len(results) == 1
            else StepResult(*(torch.cat(values) for values in zip(*results, strict=True)))
        )

    def _parts(self, count: int) -> list[tuple[slice, Objective]]:
        """Sub-batches small enough for the processor's caches, each with the objective for its images."""
        objective = self.recorder.objective
        batch_size = max(_MIN_BATCH, min(_MAX_BATCH, _MAX_PIXELS // math.prod(self.network_size)))
        if count <= batch_size or not objective.per_image:
            return [(slice(0, count), objective)]
        starts = range(0, count, batch_size)
        return [
            (slice(start, start + batch_size), objective.select(start, start + batch_size))
            for start in starts
        ]

    def _evaluate_part(self, parameters: Tensor, objective: Objective, redirect: bool) -> StepResult:
        images, pullback = self.parameterization.decode(parameters.detach())
        images = images.detach().requires_grad_()
        scores, gradient = self._view(images, objective, redirect)
        for _ in range(1, self.views):
            other_scores, other_gradient = self._view(images, objective, redirect)
            scores, gradient = scores + other_scores, gradient + other_gradient
        if self.views > 1:
            scores, gradient = scores / self.views, gradient / self.views
        return StepResult(scores, pullback(gradient), images.detach(), gradient.abs().sum(1))

    def _view(self, images: Tensor, objective: Objective, redirect: bool) -> tuple[Tensor, Tensor]:
        transformed = self.transform(self._on_background(images), self.generator)
        with RedirectedReLUs() if redirect else nullcontext():
            values = self._value(transformed, images, objective)
        if not values.requires_grad:
            raise BadInput(
                f"The objective has no gradient for the image in {self.recorder.model.name}: it may be computed "
                "without one, as within torch.no_grad().",
                code="gradient",
            )
        objective_value = (
            values.sum() if self._opaque(images) else (values - self._opacity_cost(values, images)).sum()
        )
        (gradient,) = torch.autograd.grad(objective_value, images, allow_unused=True)
        return values.detach(), torch.zeros_like(images) if gradient is None else gradient

    def _value(self, transformed: Tensor, images: Tensor, objective: Objective) -> Tensor:
        if transformed.shape[-2:] != self.network_size:
            transformed = F.interpolate(transformed, size=self.network_size, mode="bilinear", antialias=True)
        with self._precision:
            values = self.recorder.value(
                self.normalization(transformed), self._without_opacity(images), objective
            )
        return values.float()

    def _without_opacity(self, planes: Tensor) -> Tensor:
        """The color channels of planes (N, planes, H, W)."""
        return planes if self._opaque(planes) else planes[:, : self.channels]

    def _opaque(self, planes: Tensor) -> bool:
        return planes.shape[1] == self.channels

    @cached_property
    def _precision(self) -> AbstractContextManager[object]:
        kind = self.recorder.model.device.type
        return torch.autocast(kind, torch.bfloat16) if self.half_precision else nullcontext()

    def _on_background(self, images: Tensor) -> Tensor:
        """Transparent images over smooth random noise, drawn anew in each step."""
        if self._opaque(images):
            return images
        colors, opacity = images[:, : self.channels], images[:, self.channels :]
        coarse = torch.rand((*colors.shape[:2], 6, 6), generator=self.generator).to(images)
        behind = F.interpolate(coarse, size=images.shape[-2:], mode="bicubic").clamp(0, 1)
        return opacity * colors + (1 - opacity) * behind

    def _opacity_cost(self, values: Tensor, images: Tensor) -> Tensor:
        """Half of the objective's size, times the mean opacity, (N,)."""
        opacity = images[:, self.channels :]
        return _OPACITY_WEIGHT * values.detach().abs() * opacity.mean((1, 2, 3))
