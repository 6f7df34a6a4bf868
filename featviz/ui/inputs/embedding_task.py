"""The embeddings a page asks for: found on disk or computed in a job, with the network's answers in the same pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput
from featviz.models.cards import training_moment
from featviz.progress import Progress
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.extract import EmbeddingProgress, is_stored, stream
from featviz.representation.extraction.feature_layer import dimensions, logits_layer, with_logits
from featviz.ui.inputs.embedding import EmbeddingRequest
from featviz.ui.inputs.embedding_cost import expected_seconds
from featviz.ui.inputs.features.cached import KIND, CachedEmbedding, cached_bytes, rows_in_set
from featviz.ui.inputs.features.describing import describe_task
from featviz.ui.inputs.features.fusing import fuse_task
from featviz.ui.inputs.image_metadata import Fact, answers, facts_of
from featviz.ui.inputs.skipped_files import draw_skipped
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.image_sets import ChosenSet, part_of
from featviz.ui.state.live import Policy, draw_offer, live
from featviz.ui.state.tasks import Task, cached_result, duration
from featviz.ui.state.worker.worker import WORKER, Queued, is_movable

__all__ = ["EmbeddingResult", "embed_task", "embedded", "embedding_tasks"]

_QUICK_SECONDS = 15.0
_FEW = 2000
_PATIENCE = 0.7


@dataclass(frozen=True, eq=False)
class EmbeddingResult:
    """Embeddings and what is known of their images.

    Attributes:
        request: what was asked for; its `chosen` holds the embedded images alone: row i is image i.
        embeddings: of the layer.
        predictions: the network's most probable class, None where it gives none.
        confidence: (n,) its probability in [0, 1]; None where the network has no classes.
        facts: by name (label, prediction, correct, shape, texture, ...) for each image.
        trouble: why nothing is kept on disk, or "".
        weights: of a combination, (parts,) or, of attention, (n, parts); else None.
    """

    request: EmbeddingRequest
    embeddings: Embeddings
    predictions: Fact
    confidence: NDArray[np.float32] | None
    facts: dict[str, Fact]
    trouble: str = ""
    weights: NDArray[np.float64] | None = None

    @property
    def chosen(self) -> ChosenSet:
        """The set as it is embedded: row i is image i, also where images had to be left out."""
        return self.request.chosen

    @property
    def source(self) -> tuple[str, ...]:
        """What the vectors are of, for the names of files: a network, its weights and a layer, or a descriptor."""
        model, made_by = self.request.model, self.embeddings
        weights = (training_moment(model.weights),) if made_by.fingerprint == model.fingerprint else ()
        return (made_by.model, *weights, made_by.layer)

    def __len__(self) -> int:
        """Count the embedded images."""
        return len(self.embeddings)


def embedded(request: EmbeddingRequest) -> EmbeddingResult | None:
    """The embeddings that are asked for, or None while they are not there: then the page shows how far they are.

    What is quick starts by itself; what takes long is offered with its cost.
    """
    if request.chosen.embeddings is not None:
        return _uploaded_result(request, request.chosen.embeddings)
    tasks = embedding_tasks(request)
    policy = Policy(_PATIENCE, lambda _: _all_seconds(request) > _QUICK_SECONDS)
    complete = live(tasks, policy=policy, offer=partial(_offer, request, tasks))
    cached = cached_result(tasks[-1]) if complete else None
    return _as_result(request, cached) if isinstance(cached, CachedEmbedding) else None


def embedding_tasks(request: EmbeddingRequest) -> list[Task]:
    """The work behind `embedded`; the last of it ends with what is asked for, the others with its parts."""
    if request.fusion is not None:
        parts = [embedding_tasks(part)[0] for part in request.fusion.parts]
        return [*parts, fuse_task(request, request.fusion, parts)]
    return [describe_task(request) if request.descriptor else embed_task(request)]


def embed_task(request: EmbeddingRequest) -> Task:
    """The work of embedding every image with a layer."""
    moved = is_movable(request.model, partial(_seconds, request))
    return Task(
        kind=KIND,
        key=request.key,
        name=f"Embedding {request.chosen.name} with {request.layer}",
        run=partial(_steps, request, moved),
        size=cached_bytes,
        moved=moved,
    )


def _offer(request: EmbeddingRequest, tasks: Sequence[Task]) -> None:
    time = f"about {duration(_all_seconds(request))}"
    if request.layer:
        cost = f"{len(request.chosen):,} images go through {request.model.name}: {time}."
        draw_offer(tasks, "Embed them", f"{cost} What is done is kept, also when you stop it.")
    elif request.fusion is None:
        draw_offer(tasks, "Describe them", f"{len(request.chosen):,} images are described: {time}.")
    else:
        cost = f"{len(request.fusion.parts)} features of {len(request.chosen):,} images are made and combined"
        draw_offer(tasks, "Combine them", f"{cost}: {time}.")


def _all_seconds(request: EmbeddingRequest) -> float:
    """About how long it takes with its parts, 0 where nobody need be asked."""
    if request.layer:
        return _seconds(request)
    tasks = embedding_tasks(request)
    if cached_result(tasks[-1]) is not None:
        return 0.0
    layers = sum(_seconds(part) for part in request.fusion.parts if part.layer) if request.fusion else 0.0
    return layers + sum(task.seconds for task in tasks if cached_result(task) is None)


def _seconds(request: EmbeddingRequest) -> float:
    """About how long it takes, 0 where nobody need be asked."""
    return 0.0 if _small(request) or is_stored_here(request) else expected_seconds(request)


def _small(request: EmbeddingRequest) -> bool:
    """Our own networks need no asking: the first image comes unasked, also where the machine is busy."""
    return request.model.card.quick and len(request.chosen) <= _FEW


def _layers(request: EmbeddingRequest) -> dict[str, str]:
    return with_logits(request.model, {request.layer: request.pool})


def is_stored_here(request: EmbeddingRequest) -> bool:
    """Whether this server's store has all of it."""
    return is_stored(request.model, _images(request), _layers(request), **request.options)


def _steps(request: EmbeddingRequest, moved: bool) -> Iterator[Progress[CachedEmbedding]]:
    _check_size(request)
    embed = partial(WORKER.steps, stream) if moved else stream
    run = embed(request.model, _images(request), _layers(request), **request.options)
    with closing(run):
        for progress in run:
            if isinstance(progress, Queued):
                yield progress
            if not isinstance(progress, EmbeddingProgress):
                continue
            earlier = progress.done - progress.fresh
            result = _cached_embedding(request, progress)
            yield Progress(progress.fresh, progress.total - earlier, result=result)


def _check_size(request: EmbeddingRequest) -> None:
    layer = request.model.layers_by_name.get(request.layer)
    if layer is None:
        return
    dimension_count = dimensions(layer, request.pool, int(request.options.get("side", 2)))
    if len(request.chosen) * dimension_count * 4 > FEATURES.limit // 2:
        raise BadInput(
            f"{len(request.chosen):,} vectors of {dimension_count:,} numbers are more than this server holds "
            "for a page: choose mean instead, or fewer images.",
            code="too_large",
        )


def _cached_embedding(request: EmbeddingRequest, progress: EmbeddingProgress) -> CachedEmbedding | None:
    if progress.result is None:
        return None
    embeddings, images = progress.result[request.layer], _images(request)
    if not len(embeddings):
        why = embeddings.skipped[0].reason if embeddings.skipped else "it holds none."
        raise BadInput(f"No image of this set could be embedded: {why}", code="no_images")
    predictions, confidence = answers(
        request.model, embeddings.ids, progress.result.get(logits_layer(request.model))
    )
    rows = rows_in_set(embeddings, images)
    facts = facts_of(request.model, embeddings, predictions, images, rows)
    return CachedEmbedding(embeddings, rows, predictions, confidence, facts, progress.trouble)


def _as_result(request: EmbeddingRequest, cached: CachedEmbedding) -> EmbeddingResult:
    chosen = request.chosen
    if len(cached.rows) < len(chosen):
        draw_skipped(cached.embeddings.skipped, "images")
        part = part_of(chosen, cached.rows, chosen.name)
        request = replace(request, chosen=replace(part, id=chosen.id, name=chosen.name))
    if cached.trouble:
        st.caption(f":material/save: {escape_markdown(cached.trouble)}")
    return EmbeddingResult(
        request,
        cached.embeddings,
        cached.predictions,
        cached.confidence,
        cached.facts,
        cached.trouble,
        cached.weights,
    )


def _uploaded_result(request: EmbeddingRequest, embeddings: Embeddings) -> EmbeddingResult:
    nothing: Fact = (None,) * len(embeddings)
    rows = np.arange(len(embeddings))
    return EmbeddingResult(
        request, embeddings, nothing, None, facts_of(request.model, embeddings, nothing, None, rows)
    )


def _images(request: EmbeddingRequest) -> ImageSet:
    assert request.chosen.images is not None  # noqa: S101 - where there are none, embeddings were uploaded
    return request.chosen.images
