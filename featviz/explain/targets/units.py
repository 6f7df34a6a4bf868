"""Objectives and targets: a class, a channel, a neuron, and weighted sums of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from torch import Tensor

from featviz.errors import BadInput

__all__ = [
    "Channel",
    "Difference",
    "ForwardPass",
    "Logit",
    "NegativeLogit",
    "Neuron",
    "Objective",
    "Target",
    "WeightedSum",
    "units_of",
]


class ForwardPass(Protocol):
    """One forward pass: the images of a batch and the activations recorded for them."""

    @property
    def images(self) -> Tensor:
        """(N, C, H, W) in [0, 1], before preprocessing and transforms."""

    @property
    def per_image(self) -> Sequence[ForwardPass]:
        """The same pass, image by image."""

    def output(self, layer: str | None) -> Tensor:
        """A layer's output with its batch dimension first; None is the network's own."""

    def maps(self, layer: str) -> Tensor:
        """A layer's output as maps (N, C, h, w); tokens lie on the grid of their patches."""

    def value_of(self, target: Target) -> Tensor:
        """The value of a class, a channel or a neuron for each image, (N,)."""


class Objective(ABC):
    """An objective of activation maximization: one number per image. `a + b`, `a - b`, `0.5 * a` and `-a` are too."""

    @property
    def layers(self) -> frozenset[str | None]:
        """The layers it reads; None stands for the network's own output."""
        return frozenset()

    def units(self, _layer: str | None) -> frozenset[int] | None:
        """Which channels of a layer that it reads, or of the network's own outputs; None for all."""
        return None

    @property
    def batch_size(self) -> int | None:
        """The batch size it needs, where it has another objective for each image; None for any."""
        return None

    @property
    def per_image(self) -> bool:
        """Whether its value for an image depends on that image alone, not on the others of the batch."""
        return True

    @abstractmethod
    def value(self, forward_pass: ForwardPass) -> Tensor:
        """The objective for each image of a batch, (N,)."""

    def select(self, _start: int, _stop: int) -> Objective:
        """The objective for the images `start` to `stop` of the batch alone, where it is `per_image`."""
        return self

    def __add__(self, other: Objective) -> Objective:
        """The sum of two objectives."""
        if not isinstance(other, Objective):
            return NotImplemented
        return WeightedSum((*_terms(self), *_terms(other)))

    def __sub__(self, other: Objective) -> Objective:
        """The difference of two objectives."""
        if not isinstance(other, Objective):
            return NotImplemented
        return self + -1.0 * other

    def __mul__(self, weight: float) -> Objective:
        """The objective times a number."""
        if isinstance(weight, bool) or not isinstance(weight, (int, float)):
            return NotImplemented
        return WeightedSum(tuple((factor * weight, term) for factor, term in _terms(self)))

    __rmul__ = __mul__

    def __neg__(self) -> Objective:
        """The opposite: what drives it down."""
        return self * -1.0


@dataclass(frozen=True)
class WeightedSum(Objective):
    """Objectives with their weights."""

    terms: tuple[tuple[float, Objective], ...]

    @property
    def layers(self) -> frozenset[str | None]:
        """Those of all terms."""
        return frozenset().union(*(term.layers for _, term in self.terms))

    def units(self, layer: str | None) -> frozenset[int] | None:
        """Those of all terms."""
        return units_of((term for _, term in self.terms), layer)

    @property
    def batch_size(self) -> int | None:
        """The batch size its terms agree on.

        Raises:
            BadInput: two terms need different batch sizes.
        """
        counts = {term.batch_size for _, term in self.terms} - {None}
        if len(counts) > 1:
            raise BadInput(
                f"The terms of a sum are about different numbers of images: {counts}.", code="objective"
            )
        return next(iter(counts), None)

    @property
    def per_image(self) -> bool:
        """Whether all terms are."""
        return all(term.per_image for _, term in self.terms)

    def select(self, start: int, stop: int) -> Objective:
        """The sum of each term's part."""
        return WeightedSum(tuple((weight, term.select(start, stop)) for weight, term in self.terms))

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """The weighted sum for each image, (N,)."""
        values = [weight * term.value(forward_pass) for weight, term in self.terms]
        return sum(values[1:], values[0])


@dataclass(frozen=True)
class Logit(Objective):
    """Output number `index` of the network, before softmax."""

    index: int

    @property
    def layers(self) -> frozenset[str | None]:
        """The network's own output."""
        return frozenset([None])

    def units(self, _layer: str | None) -> frozenset[int] | None:
        """Its index."""
        return _only(self.index)

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """The logit of each image, (N,)."""
        return forward_pass.value_of(self)


@dataclass(frozen=True)
class Channel(Objective):
    """A channel of a layer, averaged over its positions (of tokens, over those of patches)."""

    layer: str
    channel: int

    @property
    def layers(self) -> frozenset[str | None]:
        """Its layer."""
        return frozenset([self.layer])

    def units(self, _layer: str | None) -> frozenset[int] | None:
        """Its channel."""
        return _only(self.channel)

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """The channel's mean for each image, (N,)."""
        return forward_pass.value_of(self)


@dataclass(frozen=True)
class Neuron(Objective):
    """A channel of a layer at row `y` and column `x` of its positions."""

    layer: str
    channel: int
    y: int
    x: int

    @property
    def layers(self) -> frozenset[str | None]:
        """Its layer."""
        return frozenset([self.layer])

    def units(self, _layer: str | None) -> frozenset[int] | None:
        """Its channel."""
        return _only(self.channel)

    def value(self, forward_pass: ForwardPass) -> Tensor:
        """The neuron's activation for each image, (N,)."""
        return forward_pass.value_of(self)


@dataclass(frozen=True)
class Difference:
    """Output `index` less output `other`: why the one rather than the other."""

    index: int
    other: int


@dataclass(frozen=True)
class NegativeLogit:
    """Minus output `index`: what speaks against it. Of a network of one logit, the class of its no."""

    index: int


Target: TypeAlias = Logit | NegativeLogit | Difference | Channel | Neuron
"""What can be attributed to the pixels of an image."""


def units_of(objectives: Iterable[Objective], layer: str | None) -> frozenset[int] | None:
    """Which units of a layer some of the objectives read; None for all."""
    read: set[int] = set()
    for objective in objectives:
        if layer not in objective.layers:
            continue
        units = objective.units(layer)
        if units is None:
            return None
        read |= units
    return frozenset(read)


def _only(index: object) -> frozenset[int] | None:
    # what is no index will be refused when it is read
    return frozenset([index]) if type(index) is int else None


def _terms(objective: Objective) -> tuple[tuple[float, Objective], ...]:
    return objective.terms if isinstance(objective, WeightedSum) else ((1.0, objective),)
