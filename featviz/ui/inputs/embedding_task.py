"""The embeddings a page asks for: found on disk or computed in a job, with the network's answers in the same pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput
from featviz.progress import Progress
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.extract import EmbeddingProgress, is_stored, stream
from featviz.representation.extraction.feature_layer import dimensions, logits_layer, with_logits
from featviz.ui.inputs.embedding import EmbeddingRequest
from featviz.ui.inputs.embedding_cost import expected_seconds
from featviz.ui.inputs.image_metadata import Fact, answers, facts_of
from featviz.ui.inputs.skipped_files import draw_left_out
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.feedback import escaped
from featviz.ui.state.image_sets import ChosenSet, part_of
from featviz.ui.state.jobs import Job
from featviz.ui.state.session import jobs
from featviz.ui.state.tasks import (
    Refusal,
    RerunWhenChanged,
    Task,
    cached_result,
    draw_progress,
    duration,
    ended_without_result,
    start,
)

__all__ = ["EmbeddingResult", "embed_task", "embedded"]

KIND = "embedding"
_TICK = 0.5
_QUICK_SECONDS = 15.0
_FEW = 2000
_PATIENCE = 0.7


@dataclass(frozen=True, eq=False)
class EmbeddingResult:
    """Embeddings and what is known of their images.

    Attributes:
        wanted: what was asked for; its `chosen` holds the embedded images alone: row i is image i.
        embeddings: of the layer.
        predictions: the network's most probable class, None where it gives none.
        confidence: (n,) its probability in [0, 1]; None where the network has no classes.
        facts: by name (label, prediction, correct, shape, texture, ...) for each image.
        trouble: why nothing is kept on disk, or "".
    """

    wanted: EmbeddingRequest
    embeddings: Embeddings
    predictions: Fact
    confidence: NDArray[np.float32] | None
    facts: dict[str, Fact]
    trouble: str = ""

    @property
    def chosen(self) -> ChosenSet:
        """The set as it is embedded: row i is image i, also where images had to be left out."""
        return self.wanted.chosen

    def __len__(self) -> int:
        """Count the embedded images."""
        return len(self.embeddings)


@dataclass(frozen=True, eq=False)
class _CachedEmbedding:
    """What is kept for everybody: without the network and the images, which other caches bound."""

    embeddings: Embeddings
    rows: NDArray[np.int64]
    predictions: Fact
    confidence: NDArray[np.float32] | None
    facts: dict[str, Fact]
    trouble: str


def embedded(wanted: EmbeddingRequest) -> EmbeddingResult | None:
    """The embeddings that are wanted, or None while they are not there: then the page shows how far they are.

    What is quick starts by itself; what takes long is offered with its cost.
    """
    if wanted.chosen.brought is not None:
        return _brought(wanted, wanted.chosen.brought)
    task, job = embed_task(wanted), jobs().get(KIND)
    mine = job is not None and job.key == (task.key,)
    if cached_result(task) is None and not (mine and job is not None and _unfinished(job)):
        job = _begin(wanted, task)
    # looked at before the result is: work that ends in between is seen to have ended at the next tick
    watch = RerunWhenChanged(lambda: job is not None and job.running)
    found = cached_result(task)
    if isinstance(found, Refusal):
        st.error(escaped(found.reason), icon=":material/block:")
    elif isinstance(found, _CachedEmbedding):
        return _whole(wanted, found)
    elif job is not None:
        st.fragment(_draw_running, run_every=None if ended_without_result(job) else _TICK)(job, watch)
    return None


def embed_task(wanted: EmbeddingRequest) -> Task:
    """The work behind `embedded`, for a page that has several at once."""
    return Task(
        key=wanted.key,
        name=f"Embedding {wanted.chosen.name} with {wanted.layer}",
        run=partial(_steps, wanted),
        size=_bytes,
    )


def _begin(wanted: EmbeddingRequest, task: Task) -> Job[object] | None:
    """Start what is quick and wait for it a moment; offer what is not."""
    seconds = 0.0 if _small(wanted) or is_stored_here(wanted) else expected_seconds(wanted)
    if seconds > _QUICK_SECONDS:
        cost = f"{len(wanted.chosen):,} images go through {wanted.model.name}: about {duration(seconds)}."
        st.caption(f"{cost} What is done is kept, also when you stop it.")
        st.button(
            "Embed them", on_click=_start, args=(task,), key=f"start.{KIND}", icon=":material/play_arrow:"
        )
        return None
    job = start(KIND, [task])
    if job is not None:
        job.wait(_PATIENCE)
    return job


def _small(wanted: EmbeddingRequest) -> bool:
    """Our own networks need no asking: the first picture comes unasked, also where the machine is busy."""
    return wanted.model.card.quick and len(wanted.chosen) <= _FEW


def _start(task: Task) -> None:
    start(KIND, [task])


def _layers(wanted: EmbeddingRequest) -> dict[str, str]:
    return with_logits(wanted.model, {wanted.layer: wanted.pool})


def is_stored_here(wanted: EmbeddingRequest) -> bool:
    """Whether this server's store has all of it."""
    return is_stored(wanted.model, _images(wanted), _layers(wanted), **wanted.options)


def _steps(wanted: EmbeddingRequest) -> Iterator[Progress[_CachedEmbedding]]:
    _check_size(wanted)
    run = stream(wanted.model, _images(wanted), _layers(wanted), **wanted.options)
    with closing(run):
        for progress in run:
            earlier = progress.done - progress.fresh
            found = _found(wanted, progress)
            yield Progress(progress.fresh, progress.total - earlier, result=found)


def _check_size(wanted: EmbeddingRequest) -> None:
    layer = wanted.model.layers_by_name.get(wanted.layer)
    if layer is None:
        return
    numbers = dimensions(layer, wanted.pool, int(wanted.options.get("side", 2)))
    if len(wanted.chosen) * numbers * 4 > FEATURES.limit // 2:
        raise BadInput(
            f"{len(wanted.chosen):,} vectors of {numbers:,} numbers are more than this server holds for a page: "
            "choose mean instead, or fewer images.",
            code="too_large",
        )


def _found(wanted: EmbeddingRequest, progress: EmbeddingProgress) -> _CachedEmbedding | None:
    if progress.result is None:
        return None
    made, images = progress.result[wanted.layer], _images(wanted)
    if not len(made):
        why = made.skipped[0].reason if made.skipped else "it holds none."
        raise BadInput(f"No image of this set could be embedded: {why}", code="no_images")
    predictions, confidence = answers(wanted.model, made.ids, progress.result.get(logits_layer(wanted.model)))
    rows = _rows(made, images)
    facts = facts_of(wanted.model, made, predictions, images, rows)
    return _CachedEmbedding(made, rows, predictions, confidence, facts, progress.trouble)


def _rows(made: Embeddings, images: ImageSet) -> NDArray[np.int64]:
    """Where each embedded image lies in its set."""
    if len(made) == len(images):
        return np.arange(len(images))
    entries = images.entries or tuple((sample.id, sample.label) for sample in images)
    places = {name: place for place, (name, _label) in enumerate(entries)}
    return np.array([places[name] for name in made.ids], np.int64)


def _whole(wanted: EmbeddingRequest, found: _CachedEmbedding) -> EmbeddingResult:
    chosen = wanted.chosen
    if len(found.rows) < len(chosen):
        draw_left_out(found.embeddings.skipped, "images")
        part = part_of(chosen, found.rows, chosen.name)
        wanted = replace(wanted, chosen=replace(part, id=chosen.id, name=chosen.name))
    if found.trouble:
        st.caption(f":material/save: {escaped(found.trouble)}")
    return EmbeddingResult(
        wanted, found.embeddings, found.predictions, found.confidence, found.facts, found.trouble
    )


def _brought(wanted: EmbeddingRequest, brought: Embeddings) -> EmbeddingResult:
    nothing: Fact = (None,) * len(brought)
    rows = np.arange(len(brought))
    return EmbeddingResult(
        wanted, brought, nothing, None, facts_of(wanted.model, brought, nothing, None, rows)
    )


def _draw_running(job: Job[object], watch: RerunWhenChanged) -> None:
    watch.look()
    draw_progress(job, partial(jobs().restart, KIND), key=f"progress.{KIND}")


def _unfinished(job: Job[object]) -> bool:
    return job.running or ended_without_result(job)


def _images(wanted: EmbeddingRequest) -> ImageSet:
    assert wanted.chosen.images is not None  # noqa: S101 - where there are none, embeddings were brought
    return wanted.chosen.images


def _bytes(found: object) -> int:
    if not isinstance(found, _CachedEmbedding):
        return 0
    return found.embeddings.vectors.nbytes + 200 * len(found.embeddings) * (1 + len(found.facts))
