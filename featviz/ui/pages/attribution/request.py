"""The attributions a page requests: which, whether they are there already, and the work that makes those missing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from featviz.data.sets.image_set import ImageSet
from featviz.explain.attribution.attribute import Attribution, steps
from featviz.explain.attribution.cost import estimate, seconds_a_pass
from featviz.explain.attribution.registry import METHODS
from featviz.explain.evaluation.check import CHECKS, Explanation, checking, passes
from featviz.explain.evaluation.pointing_game import Game, pointing_game
from featviz.explain.targets.units import Target
from featviz.models.model import Model
from featviz.progress import Progress
from featviz.ui.state.chosen_image import ChosenImage, pixels_of
from featviz.ui.state.tasks import Task

__all__ = ["MAPS", "TRUST", "AttributionRequest"]

MAPS, TRUST = "attribution", "trust"
"""The kinds of work: making maps, and checking them."""

_FINDING_BYTES = 1 << 14
_GAMES = 100


@dataclass(frozen=True, eq=False)
class AttributionRequest:
    """One map that is requested.

    Attributes:
        model: the network.
        image: what it looks at.
        method: the method's id.
        target: what is explained.
        options: of the method, those that differ from its defaults.
    """

    model: Model
    image: ChosenImage
    method: str
    target: Target
    options: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Everything the map depends on."""
        named = tuple(sorted((name, _named(value)) for name, value in self.options.items()))
        who = (self.model.fingerprint, str(self.model.device), self.image.id)
        return ("attribution", *who, self.method, self.target, named)

    @cached_property
    def id(self) -> str:
        """A short name for it, the same wherever the same is requested."""
        return hashlib.sha256(repr(self.key).encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """The method's name."""
        return METHODS[self.method].name

    @cached_property
    def x(self) -> Tensor:
        """The image as the network takes it."""
        return self.model.preprocess(self.image.image)

    def explanation(self, attribution: Attribution) -> Explanation:
        """Its map, and how to make it again."""
        return Explanation(self.model, self.x, attribution, self.options)

    def pixels(self, x: Tensor) -> NDArray[np.uint8]:
        """A normalised image, such as one with pixels deleted, as it looks: (H, W, 3)."""
        return pixels_of(self.model, x.reshape(self.x.shape)[0])

    def task(self) -> Task:
        """The work that makes the map."""
        cost = estimate(self.model, self.x, self.method, target=self.target, **self.options)
        return Task(MAPS, self.key, self.name, self._steps, _attribution_bytes, cost.seconds)

    def _steps(self) -> Iterator[Progress[Attribution]]:
        return steps(self.model, self.x, self.method, target=self.target, **self.options)

    def check_task(self, attribution: Attribution, name: str, **options: Any) -> Task:
        """The work that checks the map."""
        explanation = self.explanation(attribution)
        named = tuple(sorted((option, _named(value)) for option, value in options.items()))
        work = partial(checking, explanation, name, **options)
        seconds = seconds_a_pass(self.model, self.x) * passes(explanation, name, **options)
        said = f"{self.name}: {CHECKS[name].name.lower()}"
        return Task(TRUST, ("trust", *self.key, name, named), said, work, _finding_bytes, seconds)

    def pointing_task(self) -> Task:
        """The work that plays the pointing game over images of which the truth is known."""

        def run() -> Iterator[Progress[Game]]:
            images = ImageSet.bundled("shapes")
            samples = [images[number] for number in range(0, len(images), len(images) // _GAMES)]
            return pointing_game(self.model, samples, self.method, **self.options)

        cost = estimate(self.model, self.x, self.method, target=self.target, **self.options)
        named = self.key[:3] + self.key[4:]
        return Task(
            "pointing",
            ("pointing", *named),
            f"{self.name}: pointing game",
            run,
            _finding_bytes,
            _GAMES * cost.seconds,
        )


def _attribution_bytes(result: object) -> int:
    return result.map.nbytes + result.raw.nbytes if isinstance(result, Attribution) else 0


def _finding_bytes(result: object) -> int:
    return _FINDING_BYTES + sum(getattr(value, "nbytes", 0) for value in vars(result).values())


def _named(value: Any) -> Any:
    """An option as a key holds it: an array by its digest."""
    if not isinstance(value, (Tensor, np.ndarray)):
        return value
    array = np.asarray(value.detach().cpu() if isinstance(value, Tensor) else value)
    return hashlib.sha256(f"{array.shape}{array.dtype}".encode() + array.tobytes()).hexdigest()
