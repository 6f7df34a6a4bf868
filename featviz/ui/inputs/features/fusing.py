"""The work of combining features that are there, and of scoring the combination beside its parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from featviz.progress import Progress, finished, within
from featviz.representation.descriptors import dimensions as described_dimensions
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.feature_layer import dimensions
from featviz.representation.fusion import steps
from featviz.representation.fusion.held_out import Score, held_out_steps, score_steps
from featviz.representation.quality import MEASURES
from featviz.representation.quality.cost import measure_seconds
from featviz.ui.inputs.embedding import EmbeddingRequest, Fusion
from featviz.ui.inputs.features.cached import KIND, CachedEmbedding, cached_bytes, rows_in_set
from featviz.ui.inputs.image_metadata import facts_of
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.tasks import Refusal, Task, cached_result

__all__ = ["Scored", "fuse_task", "learning_seconds", "score_task"]

_SHARES = 11
_SHARED = 512
_LOADED = 2.0
"""How much more a fit takes than was entered for it where features are wide or classes are told without a mistake."""

_SCORE_BYTES = 4096


@dataclass(frozen=True, eq=False)
class Scored:
    """A score, of how many images, and whether weights were learned for it from others."""

    score: Score
    count: int
    learned: bool


def fuse_task(request: EmbeddingRequest, fusion: Fusion, parts: Sequence[Task]) -> Task:
    """The work of combining what the work of the parts leaves.

    Args:
        request: what is asked for.
        fusion: how.
        parts: the work behind each part, which is done before.
    """
    return Task(
        kind=KIND,
        key=request.key,
        name=f"Combining {' and '.join(fusion.names)}",
        run=partial(_steps, request, fusion, parts),
        size=cached_bytes,
        seconds=learning_seconds(fusion, len(request.chosen)),
    )


def score_task(request: EmbeddingRequest, fusion: Fusion, parts: Sequence[Task], measure: str) -> Task:
    """The work of scoring a combination and each part on held-out images.

    Args:
        request: what is asked for.
        fusion: how it is combined.
        parts: the work behind each part, which is done before.
        measure: an id out of `SCORES`.
    """
    count, classes = len(request.chosen), _classes(request)
    sizes = [_dimensions(part) for part in fusion.parts]
    sizes.append(sum(sizes) if fusion.method == "concatenation" else min(_SHARED, max(sizes)))
    seconds = sum(measure_seconds(measure, count, size, classes) for size in sizes)
    key = ("held out", *request.key)
    learning = learning_seconds(fusion, count) / 2 if FEATURES.get(key) is None else 0.0
    return Task(
        kind=f"{measure} of a combination",
        key=(*key, measure),
        name=f"Scoring the combination and its parts ({MEASURES[measure].name})",
        run=partial(_score_steps, key, fusion, parts, measure),
        size=lambda _result: _SCORE_BYTES,
        seconds=_LOADED * seconds + learning,
    )


def learning_seconds(fusion: Fusion, count: int) -> float:
    """About how long learning the weights takes; 0 where they are given."""
    size, parts = min(_SHARED, max(map(_dimensions, fusion.parts))), len(fusion.parts)
    probe = _LOADED * measure_seconds("linear_probe", count, size, _classes(fusion.parts[0]))
    if fusion.method == "attention":
        return (parts + 1) * probe
    return (parts + _SHARES * (parts - 1)) * probe if fusion.weights == "probe" else 0.0


def _classes(request: EmbeddingRequest) -> int:
    images = request.chosen.images
    return max(2, len(images.classes)) if images is not None else 2


def _dimensions(request: EmbeddingRequest) -> int:
    """How many numbers a part has."""
    if request.descriptor:
        return described_dimensions(request.descriptor, size=request.size, **request.options)
    return dimensions(request.model.layer(request.layer), request.pool)


def _steps(
    request: EmbeddingRequest, fusion: Fusion, tasks: Sequence[Task]
) -> Iterator[Progress[CachedEmbedding]]:
    parts = [_result(task) for task in tasks]
    for step in steps(
        [part.embeddings for part in parts],
        fusion.method,
        weights=fusion.weights,
        normalization=fusion.normalization,
        **fusion.options,
    ):
        cached = None
        if step.result is not None:
            cached = _cached(request, parts, step.result.embeddings, step.result.weights)
        yield Progress(step.done, step.total, step.note, cached)


def _score_steps(
    key: tuple[object, ...], fusion: Fusion, tasks: Sequence[Task], measure: str
) -> Iterator[Progress[Scored]]:
    held_out = FEATURES.get(key)
    if held_out is None:
        learning = held_out_steps(
            [_result(task).embeddings for task in tasks],
            fusion.method,
            weights=fusion.weights,
            normalization=fusion.normalization,
            **fusion.options,
        )
        held_out = yield from within(learning, lambda step: Progress(step.done, step.total + 1, step.note))
        kept = (*held_out.parts, held_out.fused)
        FEATURES.put(key, held_out, sum(each.vectors.nbytes for each in kept))
    for step in score_steps(held_out, measure):
        scored = None if step.result is None else Scored(step.result, len(held_out), held_out.learned)
        yield Progress(step.done, step.total, step.note, scored)


def _result(task: Task) -> CachedEmbedding:
    """What a part's work left, done anew where it was dropped since.

    Raises:
        BadInput: there is none of it, and why.
    """
    result = cached_result(task)
    if result is None or isinstance(result, Refusal):
        result = finished(task.run())
    assert isinstance(result, CachedEmbedding)  # noqa: S101 - all work of this kind ends so
    return result


def _cached(
    request: EmbeddingRequest,
    parts: Sequence[CachedEmbedding],
    fused: Embeddings,
    weights: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> CachedEmbedding:
    images = request.chosen.images
    assert images is not None  # noqa: S101 - where there are none, nothing is combined
    rows = rows_in_set(fused, images)
    answering = next((part for part in parts if any(part.predictions)), parts[0])
    row_of = {name: row for row, name in enumerate(answering.embeddings.ids)}
    own = [row_of[name] for name in fused.ids]
    predictions = tuple(answering.predictions[row] for row in own)
    confidence = None if answering.confidence is None else answering.confidence[own]
    facts = facts_of(request.model, fused, predictions, images, rows)
    trouble = next((part.trouble for part in parts if part.trouble), "")
    return CachedEmbedding(fused, rows, predictions, confidence, facts, trouble, weights)
