"""The report cards a page asks for: computed in a job while one watches, kept for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial

import streamlit as st

from featviz.errors import BadInput
from featviz.progress import Progress
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.feature_layer import dimensions
from featviz.representation.quality import steps, through_depth
from featviz.representation.quality.through_depth import Cards, corrupted_image_count
from featviz.ui.inputs.embedding import embedding_request
from featviz.ui.inputs.embedding_cost import expected_seconds
from featviz.ui.pages.feature_quality.controls import Network, QualityRequest
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.live import Policy, draw_offer, live
from featviz.ui.state.tasks import Task, cached_result, duration

__all__ = ["KIND", "Cards", "draw_measured", "measured", "quality_tasks"]

KIND = "quality"
_QUICK_SECONDS = 20.0
_POLICY = Policy(quick=0.7, ask=lambda seconds: seconds > _QUICK_SECONDS, tick=0.7, blank=True)
_FEW = 2000
_CARD_BYTES = 16_384
_UPLOADED = "the vectors"
_STORED = " What is done is kept, also when you stop it."
_A_VECTOR, _A_NUMBER = 1.2e-4, 4e-7
"""Seconds that the measures take of a vector, and of each number in it."""


def draw_measured(request: QualityRequest, draw: Callable[[Mapping[str, Cards]], None]) -> bool:
    """Measure what is asked for and draw the cards, also while they grow; what takes long is offered with its cost.

    Args:
        request: what shall be evaluated.
        draw: draws the cards of each network, by its name.

    Returns:
        Whether all of it is there.
    """
    tasks = quality_tasks(request)
    offer = partial(_offer, request, tasks)
    complete = live(list(tasks.values()), partial(_draw, list(tasks), draw), policy=_POLICY, offer=offer)
    return complete and bool(_cards(tasks))


def measured(request: QualityRequest) -> dict[str, Cards]:
    """The cards that are there, by the networks' names."""
    return _cards(quality_tasks(request))


def quality_tasks(request: QualityRequest) -> dict[str, Task]:
    """The work behind a request, by the networks' names."""
    return {network.name: _task(request, network) for network in request.networks}


def _task(request: QualityRequest, network: Network) -> Task:
    model, content = network.model, request.chosen.content
    if model is None:
        key: tuple[object, ...] = (KIND, "brought", content)
    else:
        where = (model.fingerprint, model.classes, str(model.device))
        key = (KIND, *where, tuple(network.poolings.items()), content, request.disturbed)
    return Task(
        KIND,
        key,
        f"Evaluating {network.name}",
        partial(_steps, request, network),
        _bytes,
        _seconds(request, network),
    )


def _steps(request: QualityRequest, network: Network) -> Iterator[Progress[Cards]]:
    if network.model is None or request.chosen.images is None:
        embeddings = request.chosen.embeddings
        assert embeddings is not None  # noqa: S101 - without a network the vectors are there
        yield from _upload_steps(embeddings)
        return
    _check_size(request, network)
    run = through_depth(network.model, request.chosen.images, network.poolings, disturbed=request.disturbed)
    cached_count = None
    with closing(run):
        for step in run:
            # What the store had comes at once: the time left follows from the rest alone.
            cached_count = step.done if cached_count is None else cached_count
            yield Progress(step.done - cached_count, step.total - cached_count, step.note, step.result)


def _upload_steps(embeddings: Embeddings) -> Iterator[Progress[Cards]]:
    for step in steps(embeddings):
        assert step.result is not None  # noqa: S101 - every step has what was read so far
        yield Progress(step.done, step.total, step.note, {embeddings.layer or _UPLOADED: step.result})


def _check_size(request: QualityRequest, network: Network) -> None:
    assert network.model is not None  # noqa: S101 - the caller has looked
    layers = network.model.layers_by_name
    dimension_count = sum(dimensions(layers[name], pool) for name, pool in network.poolings.items())
    if 4 * dimension_count * len(request.chosen) > FEATURES.limit:
        raise BadInput(
            f"{len(request.chosen):,} images with {dimension_count:,} numbers each over all layers are more than "
            "this server holds at once: choose fewer layers or fewer images.",
            code="too_large",
        )


def _seconds(request: QualityRequest, network: Network) -> float:
    """An estimate for networks that are not known to be quick, and for vectors that came along."""
    if network.model is None:
        embeddings = request.chosen.embeddings
        return (
            0.0 if embeddings is None else len(embeddings) * (_A_VECTOR + _A_NUMBER * embeddings.dimensions)
        )
    if network.model.card.quick and len(request.chosen) <= _FEW:
        return 0.0
    image_count = len(request.chosen) + (
        corrupted_image_count(len(request.chosen)) if request.disturbed else 0
    )
    return (
        expected_seconds(embedding_request(network.model, request.chosen))
        * image_count
        / max(1, len(request.chosen))
    )


def _offer(request: QualityRequest, tasks: Mapping[str, Task]) -> None:
    seconds = sum(task.seconds for task in tasks.values() if cached_result(task) is None)
    what, saved = _what(request, tasks), _STORED if request.chosen.images else ""
    draw_offer(list(tasks.values()), "Evaluate", f"{what}: about {duration(seconds)}.{saved}")


def _what(request: QualityRequest, tasks: Mapping[str, Task]) -> str:
    if request.chosen.embeddings is not None:
        return f"{len(request.chosen):,} vectors are evaluated"
    return (
        f"{len(request.chosen):,} images go through {' and '.join(escape_markdown(name) for name in tasks)}"
    )


def _draw(names: Sequence[str], draw: Callable[[Mapping[str, Cards]], None], *results: Cards | None) -> None:
    cards = {name: each for name, each in zip(names, results, strict=True) if each}
    if cards:
        draw(cards)
    else:
        st.caption("The charts grow here, layer by layer, as soon as the images are embedded.")


def _cards(tasks: Mapping[str, Task]) -> dict[str, Cards]:
    results = {name: cached_result(task) for name, task in tasks.items()}
    return {name: each for name, each in results.items() if isinstance(each, dict)}


def _bytes(result: object) -> int:
    return _CARD_BYTES * len(result) if isinstance(result, dict) else 0
