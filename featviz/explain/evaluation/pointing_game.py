"""The pointing game over a set of images whose truth is known."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from featviz.data.sets.image_set import Sample
from featviz.errors import BadInput
from featviz.explain.attribution.attribute import Attribution, steps
from featviz.explain.attribution.registry import METHODS
from featviz.explain.evaluation.localization import highest, mask_for_network
from featviz.explain.targets.units import Target
from featviz.models.model import Model
from featviz.progress import Progress, within
from featviz.statistics import wilson_interval

__all__ = ["Game", "pointing_game"]


@dataclass(frozen=True)
class Game:
    """The pointing game as far as it was played.

    Attributes:
        played: images so far.
        total: images in all.
        hits: in how many the map's highest point lies on the mask.
        chance: the mean part of an image that its mask covers: the rate of a random point.
    """

    played: int
    total: int
    hits: int
    chance: float

    @property
    def rate(self) -> float:
        """The part of the images with a hit; 0 before the first."""
        return self.hits / self.played if self.played else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Where the rate lies with 95% confidence."""
        return wilson_interval(self.hits, self.played)


def pointing_game(
    model: Model,
    samples: Iterable[Sample],
    method: str,
    /,
    *,
    target: Target | int | str | None = None,
    **options: Any,
) -> Iterator[Progress[Game]]:
    """Zhang et al. 2016, arXiv:1608.00507, without a margin: how often a map's highest point is on the mask.

    The game so far is yielded after each step of each attribution. A map without variation has no highest point and
    misses. A method with a seed gets another one for each image, counted up from the one given.

    Args:
        model: the network.
        samples: images with masks; those without are left out.
        method: an attribution method's id.
        target: of every image; None takes its label, and the class named first where it has none.
        options: the method's.

    Raises:
        BadInput: no sample has a mask, or what `attribute` refuses.
    """
    known = [sample for sample in samples if sample.mask is not None]
    if not known:
        raise BadInput("None of these images has a mask: the pointing game needs the truth.", code="mask")
    seeded = "seed" in METHODS[method].complete(options)
    return _played(model, known, method, target, options, seeded=seeded)


def _played(
    model: Model,
    samples: list[Sample],
    method: str,
    target: Target | int | str | None,
    options: dict[str, Any],
    *,
    seeded: bool,
) -> Iterator[Progress[Game]]:
    hits, covered = 0, list[float]()
    for number, sample in enumerate(samples):
        seeded_options = {**options, "seed": options.get("seed", 0) + number} if seeded else options
        work = steps(
            model,
            model.preprocess(sample.image),
            method,
            target=sample.label if target is None else target,
            **seeded_options,
        )
        so_far = _progress(Game(number, len(samples), hits, float(np.mean(covered or [0]))))
        attribution = yield from within(work, partial(_unchanged, so_far))
        hit, chance = _hit(model, sample, attribution)
        hits += hit
        covered.append(chance)
    yield _progress(Game(len(samples), len(samples), hits, float(np.mean(covered))))


def _unchanged(so_far: Progress[Game], _step: Progress[Attribution]) -> Progress[Game]:
    return so_far


def _progress(game: Game) -> Progress[Game]:
    return Progress(game.played, game.total, result=game)


def _hit(model: Model, sample: Sample, attribution: Attribution) -> tuple[bool, float]:
    """Whether the map's highest point lies on the mask, and how much of the image that covers."""
    mask = mask_for_network(
        model, np.asarray(sample.mask), (attribution.map.shape[0], attribution.map.shape[1])
    )
    return attribution.varies and bool(mask[highest(attribution.map)]), float(mask.mean())
