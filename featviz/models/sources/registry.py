"""Sources of networks: each registers itself, lists its networks and loads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import torch

from featviz.errors import BadCheckpoint, ModelNotFound
from featviz.models.cards import ModelCard
from featviz.models.model import Model
from featviz.progress import Progress

__all__ = ["FILE", "OF_THIS_PROCESS", "SOURCES", "Source", "Sources", "Weights", "WeightsOffer"]

FILE = "file"
"""The id of the weights that a user uploads as a checkpoint file."""

OF_THIS_PROCESS = "trained"
"""The source whose networks live in this process alone, so that no other process can load them by a name."""


@dataclass(frozen=True, eq=False)
class Weights:
    """One kind of weights that a network can have.

    Attributes:
        id: what a link carries: "pretrained", "random", "file", or a stage such as "trained".
        name: as a control shows it.
        argument: what `load_model(weights=)` takes for it; of a file, the file itself goes there instead.
        accuracy: measured with these very weights, 0 to 1, or None where unknown.
        fetch: downloads them; None where they are on this machine already, or are made.
    """

    id: str
    name: str
    argument: str | None
    accuracy: float | None = None
    fetch: Callable[[], Iterator[Progress[Path]]] | None = None


@dataclass(frozen=True, eq=False)
class WeightsOffer:
    """The weights a network can have, the usual ones first, and a sentence about them."""

    options: tuple[Weights, ...]
    help: str

    def __getitem__(self, weights: str) -> Weights:
        """The weights of an id.

        Raises:
            BadCheckpoint: there are none of that id.
        """
        for each in self.options:
            if each.id == weights:
                return each
        names = ", ".join(each.id for each in self.options)
        raise BadCheckpoint(f"There are no weights {weights!r}, but {names}.", code="stage")


class Source(Protocol):
    """Where networks come from."""

    def available(self) -> bool:
        """Whether it can be used on this machine."""

    def cards(self) -> tuple[ModelCard, ...]:
        """What is known of each of its networks, without building or fetching any."""

    def weights(self, name: str) -> WeightsOffer:
        """What a control offers for a network of its."""

    def load(
        self,
        card: ModelCard,
        weights: str | Path | bytes | None,
        device: torch.device,
        seed: int,
        classes: tuple[str, ...],
    ) -> Model:
        """Load one; arguments and errors as `load_model`."""

    def code(self, model: Model) -> str:
        """The line of Python that loads it again."""

    def comparable(self, model: Model) -> tuple[tuple[str, str], ...]:
        """Names and weights of networks with the same classes that can be had without a download."""


S = TypeVar("S", bound=Source)


class Sources:
    """All sources by name, in the order in which they were entered."""

    def __init__(self) -> None:
        self._sources: dict[str, Source] = {}

    def register(self, name: str) -> Callable[[type[S]], type[S]]:
        """Enter a class of a source under the name that its cards carry as `source`.

        Raises:
            ValueError: the name is taken, a mistake in the program.
        """
        if name in self._sources:
            raise ValueError(f"There is already a source of networks called {name}.")

        def enter(source: type[S]) -> type[S]:
            self._sources[name] = source()
            return source

        return enter

    def __iter__(self) -> Iterator[Source]:
        """Those that can be used on this machine."""
        return (source for source in self._sources.values() if source.available())

    def cards(self) -> list[ModelCard]:
        """The cards of all networks."""
        return [card for source in self for card in source.cards()]

    def card(self, name: str) -> ModelCard:
        """The card of one network.

        Raises:
            ModelNotFound: no network has this name.
        """
        for source in self:
            for card in source.cards():
                if card.name == name:
                    return card
        raise ModelNotFound(f"No network is named {name!r}: featviz.list_models() names them all.")

    def of(self, card: ModelCard) -> Source:
        """Where a network comes from.

        Raises:
            ModelNotFound: from none of the sources, such as one that was wrapped.
        """
        source = self._sources.get(card.source)
        if source is None:
            raise ModelNotFound(f"{card.name} comes from none of the sources: wrap_model made it.")
        return source


SOURCES = Sources()
