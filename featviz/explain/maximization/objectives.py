"""Objectives beyond single units: directions, whole layers, and batches in which every image has its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.errors import BadInput
from featviz.explain.targets.units import ForwardPass, Logit, Objective, units_of

__all__ = ["DeepDream", "Direction", "Each", "LogProbability", "each", "interpolation"]

_MIN_COSINE = 0.1


@dataclass(frozen=True)
class DeepDream(Objective):
    """Whatever a layer sees already, more of it: the mean square of its output (Mordvintsev et al. 2015)."""

    layer: str

    @property
    def layers(self) -> frozenset[str | None]:
        """Its layer."""
        return frozenset([self.layer])

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """The mean square for each image, (N,)."""
        return forward_pass.output(self.layer).flatten(1).square().mean(1)


@dataclass(frozen=True)
class LogProbability(Objective):
    """The logarithm of a class's softmax probability: what speaks for the class and against all others.

    A logit alone may rise along with those of classes that look alike.
    """

    index: int

    @property
    def layers(self) -> frozenset[str | None]:
        """The network's own output."""
        return frozenset([None])

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """At most 0 for each image, (N,)."""
        return forward_pass.value_of(Logit(self.index)) - forward_pass.output(None).logsumexp(1)


@dataclass(frozen=True)
class Direction(Objective):
    """A direction in a layer's space of channels: dot x max(0.1, cosine)^power, averaged over positions.

    With power 0 only the length along the direction counts; the higher, the more its purity (Carter et al.
    2019, "Activation Atlas").

    Args:
        layer: its name.
        vector: as many numbers as the layer has channels; anything that iterates over numbers.
        power: of the cosine.

    Raises:
        BadInput: no finite numbers, or none that differs from zero.
    """

    layer: str
    vector: tuple[float, ...]
    power: float = 2.0

    def __post_init__(self) -> None:
        """Turn any numbers into a tuple."""
        vector = torch.as_tensor(tuple(float(number) for number in self.vector), dtype=torch.float64)
        if not bool(torch.isfinite(vector).all()) or not bool(vector.any()):
            raise BadInput("A direction is made of finite numbers, one at least not zero.", code="direction")
        object.__setattr__(self, "vector", tuple(vector.tolist()))

    @property
    def layers(self) -> frozenset[str | None]:
        """Its layer."""
        return frozenset([self.layer])

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """The mean over positions for each image, (N,)."""
        maps = forward_pass.maps(self.layer)
        if maps.shape[1] != len(self.vector):
            raise BadInput(
                f"{self.layer} has {maps.shape[1]} channels; a direction of {len(self.vector)} numbers came.",
                code="direction",
            )
        direction = F.normalize(maps.new_tensor(self.vector), dim=0)
        along = torch.einsum("nchw,c->nhw", maps, direction)
        cosine = along / maps.square().sum(1).add(1e-12).sqrt()
        return (along * cosine.clamp(min=_MIN_COSINE) ** self.power).mean((1, 2))


@dataclass(frozen=True)
class Each(Objective):
    """An objective of its own for every image of the batch, such as one channel an image."""

    objectives: tuple[Objective, ...]

    def __post_init__(self) -> None:
        """Refuse what is not about one image."""
        if not self.objectives or not all(isinstance(one, Objective) for one in self.objectives):
            raise BadInput("each() takes one objective or more.", code="objective")
        if not all(one.per_image and one.batch_size is None for one in self.objectives):
            raise BadInput(
                "each() takes objectives of one image: add what compares images to its result.",
                code="objective",
            )

    @property
    def layers(self) -> frozenset[str | None]:
        """Those of all images."""
        return frozenset().union(*(one.layers for one in self.objectives))

    def units(self, layer: str | None) -> frozenset[int] | None:
        """Those of all images."""
        return units_of(self.objectives, layer)

    @property
    def batch_size(self) -> int:
        """One image for each."""
        return len(self.objectives)

    def select(self, start: int, stop: int) -> Objective:
        """The objectives of some images."""
        return Each(self.objectives[start:stop])

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """The n-th objective of the n-th image, (N,)."""
        return torch.cat(
            [one.value(row) for one, row in zip(self.objectives, forward_pass.per_image, strict=True)]
        )


def each(objectives: Sequence[Objective]) -> Each:
    """One image for each objective, all in one batch.

    Raises:
        BadInput: none came, or something that compares images.
    """
    return Each(tuple(objectives))


def interpolation(first: Objective, second: Objective, count: int = 5) -> Each:
    """Images on the way from one objective to another, `count` of them, both ends included.

    Raises:
        BadInput: fewer than two images.
    """
    if type(count) is not int or not 2 <= count <= 64:
        raise BadInput(f"An interpolation takes 2 to 64 images; {count!r} came.", code="count")
    shares = [n / (count - 1) for n in range(count)]
    return each([(1 - share) * first + share * second for share in shares])
