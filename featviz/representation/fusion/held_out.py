"""Whether combining helps: how well classes are read from the combination and from each part, on held-out images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.progress import Progress, finished, within
from featviz.representation.embeddings import Embeddings
from featviz.representation.fusion.fuse import Fused, Weights, steps
from featviz.representation.quality.features import Features
from featviz.representation.quality.measurement import Undefined
from featviz.representation.quality.prediction import neighbor_hits, probe_hits
from featviz.statistics import paired_difference_interval, wilson_interval

__all__ = ["SCORES", "HeldOut", "Score", "held_out_steps", "score_steps"]

Hits = NDArray[np.bool_]

SCORES: Mapping[str, Callable[[Features], Hits]] = {"knn_accuracy": neighbor_hits, "linear_probe": probe_hits}
"""The measures that score a combination, and what says of each image whether it is classified correctly."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """A combination and its parts, of images whose labels it was not learned from.

    Attributes:
        parts: each alone, normalised as in the combination.
        fused: the combination.
        learned: whether weights were learned, from the labels of the other images.
    """

    parts: tuple[Embeddings, ...]
    fused: Embeddings
    learned: bool

    def __len__(self) -> int:
        """Count the images."""
        return len(self.fused)


@dataclass(frozen=True, eq=False)
class Score:
    """How often one measure tells an image's class from each part and from the combination.

    Attributes:
        values: (parts + 1,) the combination last; None where the measure is not defined.
        intervals: 95% confidence intervals of the same.
        gain: the combination less its best part, and the interval of that on the same images; None likewise.
        best: which part is the best.
        reason: why the measure is not defined, or "".
    """

    values: tuple[float | None, ...]
    intervals: tuple[tuple[float, float] | None, ...]
    gain: tuple[float, float, float] | None
    best: int = 0
    reason: str = ""


def held_out_steps(
    parts: Sequence[Embeddings],
    method: str = "concatenation",
    *,
    weights: Weights = (),
    normalization: str = "length",
    **options: Any,
) -> Iterator[Progress[HeldOut]]:
    """Combine parts for being scored.

    Where weights are learned, half of the images of each class lend their labels to that, and the other half is kept
    for the score.

    Args:
        parts: as `fuse` takes them.
        method: as there.
        weights: as there.
        normalization: as there.
        options: as there.

    Raises:
        BadInput: as `fuse`, or half of the images are too few to learn from.
    """
    learned = method == "attention" or weights == "probe"
    hidden = _half_of_each_class(parts[0], int(options.get("seed", 0))) if learned else frozenset[str]()
    shown = [_without_labels(part, hidden) for part in parts]
    fusing = steps(shown, method, weights=weights, normalization=normalization, **options)
    return _held_out_steps(parts, fusing, normalization, hidden, learned)


def score_steps(held_out: HeldOut, measure: str) -> Iterator[Progress[Score]]:
    """Score a combination and each part, one after the other.

    Args:
        held_out: what `held_out_steps` ends with.
        measure: an id out of `SCORES`.
    """
    judged = [*held_out.parts, held_out.fused]
    hits: list[Hits] = []
    try:
        for number, each in enumerate(judged):
            yield Progress(number, len(judged))
            hits.append(SCORES[measure](Features(each)))
        score = _score(hits)
    except Undefined as reason:
        score = Score((None,) * len(judged), (None,) * len(judged), None, reason=str(reason))
    yield Progress(len(judged), len(judged), result=score)


def _held_out_steps(
    parts: Sequence[Embeddings],
    fusing: Iterator[Progress[Fused]],
    normalization: str,
    hidden: frozenset[str],
    learned: bool,
) -> Iterator[Progress[HeldOut]]:
    fused = yield from within(fusing, lambda step: Progress(step.done, step.total + 1, step.note))
    labels = dict(zip(parts[0].ids, parts[0].labels, strict=True))
    ids = [each for each in fused.embeddings.ids if not learned or each in hidden]
    alone = [finished(steps([part], normalization=normalization)).embeddings for part in parts]
    chosen = [_of_images(each, ids, labels) for each in (*alone, fused.embeddings)]
    yield Progress(1, 1, result=HeldOut(tuple(chosen[:-1]), chosen[-1], learned))


def _half_of_each_class(embeddings: Embeddings, seed: int) -> frozenset[str]:
    """The ids of half of the images of each class, drawn by the seed."""
    random, hidden = np.random.default_rng(seed), set[str]()
    labels = np.array([label or "" for label in embeddings.labels])
    for name in np.unique(labels[labels != ""]):
        rows = random.permutation(np.flatnonzero(labels == name))
        hidden |= {embeddings.ids[row] for row in rows[: len(rows) // 2]}
    if not hidden:
        raise BadInput("No class has two images: none can be held out.", code="labels")
    return frozenset(hidden)


def _without_labels(embeddings: Embeddings, hidden: frozenset[str]) -> Embeddings:
    pairs = zip(embeddings.ids, embeddings.labels, strict=True)
    return replace(embeddings, labels=tuple(None if name in hidden else label for name, label in pairs))


def _of_images(embeddings: Embeddings, ids: Sequence[str], labels: Mapping[str, str | None]) -> Embeddings:
    """The embeddings of some images, with these labels."""
    positions = {name: position for position, name in enumerate(embeddings.ids)}
    chosen = embeddings.subset([positions[each] for each in ids])
    return replace(chosen, labels=tuple(labels[each] for each in ids))


def _score(hits: Sequence[Hits]) -> Score:
    values = [float(each.mean()) for each in hits]
    best = int(np.argmax(values[:-1]))
    first, second = hits[-1], hits[best]
    counts = (first & second, first & ~second, ~first & second, ~first & ~second)
    interval = paired_difference_interval(*(int(each.sum()) for each in counts))
    intervals = tuple(wilson_interval(int(each.sum()), len(each)) for each in hits)
    return Score(tuple(values), intervals, (values[-1] - values[best], *interval), best)
