"""The report cards a page asks for: computed in a job while one watches, kept for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial

import streamlit as st

from featviz.errors import BadInput
from featviz.progress import Progress
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.feature_layer import dimensions
from featviz.representation.quality import steps, through_depth
from featviz.representation.quality.through_depth import Cards, corrupted_image_count
from featviz.ui.inputs.embedding import wanted
from featviz.ui.inputs.embedding_cost import expected_seconds
from featviz.ui.pages.feature_quality.controls import Network, QualityRequest
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.feedback import escaped
from featviz.ui.state.jobs import Job
from featviz.ui.state.session import jobs
from featviz.ui.state.tasks import (
    Refusal,
    RerunWhenChanged,
    RunningTask,
    Task,
    cached_result,
    draw_progress,
    duration,
    ended_without_result,
    start,
)

__all__ = ["KIND", "Cards", "draw_measured", "measured", "quality_tasks"]

KIND = "quality"
_TICK = 0.7
_PATIENCE = 0.7
_QUICK_SECONDS = 20.0
_FEW = 2000
_CARD_BYTES = 16_384
_BROUGHT = "the vectors"
_KEPT = " What is done is kept, also when you stop it."
_A_VECTOR, _A_NUMBER = 1.2e-4, 4e-7
"""Seconds that the measures take of a vector, and of each number in it."""


def draw_measured(wish: QualityRequest, draw: Callable[[Mapping[str, Cards]], None]) -> bool:
    """Measure what is wished and draw the cards, also while they grow; what takes long is offered with its cost.

    Args:
        wish: what shall be judged.
        draw: draws the cards of each network, by its name.

    Returns:
        Whether all of it is there.
    """
    tasks = quality_tasks(wish)
    job = _begin(wish, tasks)
    # Looked at before the results are: work that ends in between is seen to have ended at the next tick.
    watch = RerunWhenChanged(lambda: job is not None and job.running)
    waiting = any(cached_result(task) is None for task in tasks.values())
    if waiting and job is not None:
        st.fragment(_draw_running, run_every=None if ended_without_result(job) else _TICK)(
            job, tasks, draw, watch
        )
        return False
    for task in tasks.values():
        refusal = cached_result(task)
        if isinstance(refusal, Refusal):
            st.error(escaped(refusal.reason), icon=":material/block:")
    cards = _cards(tasks)
    if cards:
        draw(cards)
    return bool(cards) and not waiting


def measured(wish: QualityRequest) -> dict[str, Cards]:
    """The cards that are there, by the networks' names."""
    return _cards(quality_tasks(wish))


def quality_tasks(wish: QualityRequest) -> dict[str, Task]:
    """The work behind a wish, by the networks' names."""
    return {network.name: _task(wish, network) for network in wish.networks}


def _task(wish: QualityRequest, network: Network) -> Task:
    model, content = network.model, wish.chosen.content
    if model is None:
        key: tuple[object, ...] = (KIND, "brought", content)
    else:
        where = (model.fingerprint, model.classes, str(model.device))
        key = (KIND, *where, tuple(network.poolings.items()), content, wish.disturbed)
    return Task(
        key, f"Evaluating {network.name}", partial(_steps, wish, network), _bytes, _seconds(wish, network)
    )


def _steps(wish: QualityRequest, network: Network) -> Iterator[Progress[Cards]]:
    if network.model is None or wish.chosen.images is None:
        brought = wish.chosen.brought
        assert brought is not None  # noqa: S101 - without a network the vectors are there
        yield from _brought(brought)
        return
    _check_size(wish, network)
    run = through_depth(network.model, wish.chosen.images, network.poolings, disturbed=wish.disturbed)
    found = None
    with closing(run):
        for step in run:
            # What the store had comes at once: the time left follows from the rest alone.
            found = step.done if found is None else found
            yield Progress(step.done - found, step.total - found, step.note, step.result)


def _brought(embeddings: Embeddings) -> Iterator[Progress[Cards]]:
    for step in steps(embeddings):
        assert step.result is not None  # noqa: S101 - every step has what was read so far
        yield Progress(step.done, step.total, step.note, {embeddings.layer or _BROUGHT: step.result})


def _check_size(wish: QualityRequest, network: Network) -> None:
    assert network.model is not None  # noqa: S101 - the caller has looked
    layers = network.model.layers_by_name
    numbers = sum(dimensions(layers[name], pool) for name, pool in network.poolings.items())
    if 4 * numbers * len(wish.chosen) > FEATURES.limit:
        raise BadInput(
            f"{len(wish.chosen):,} images with {numbers:,} numbers each over all layers are more than this server "
            "holds at once: choose fewer layers or fewer images.",
            code="too_large",
        )


def _seconds(wish: QualityRequest, network: Network) -> float:
    """An estimate for networks that are not known to be quick, and for vectors that came along."""
    if network.model is None:
        brought = wish.chosen.brought
        return 0.0 if brought is None else len(brought) * (_A_VECTOR + _A_NUMBER * brought.dimensions)
    if network.model.card.quick and len(wish.chosen) <= _FEW:
        return 0.0
    pictures = len(wish.chosen) + (corrupted_image_count(len(wish.chosen)) if wish.disturbed else 0)
    return expected_seconds(wanted(network.model, wish.chosen)) * pictures / max(1, len(wish.chosen))


def _begin(wish: QualityRequest, tasks: Mapping[str, Task]) -> Job[object] | None:
    """Start what is quick and wait for it a moment; offer what is not."""
    every, job = list(tasks.values()), jobs().get(KIND)
    missing = [task for task in every if cached_result(task) is None]
    seconds = sum(task.seconds for task in missing)
    mine = job is not None and job.key == tuple(task.key for task in every)
    if missing and seconds > _QUICK_SECONDS and not mine:
        st.caption(f"{_what(wish, tasks)}: about {duration(seconds)}.{_KEPT if wish.chosen.images else ''}")
        st.button(
            "Judge them", on_click=_start, args=(every,), key=f"start.{KIND}", icon=":material/play_arrow:"
        )
        return None
    job = start(KIND, every)
    if job is not None:
        job.wait(_PATIENCE)
    return job


def _what(wish: QualityRequest, tasks: Mapping[str, Task]) -> str:
    if wish.chosen.brought is not None:
        return f"{len(wish.chosen):,} vectors are judged"
    return f"{len(wish.chosen):,} images go through {' and '.join(escaped(name) for name in tasks)}"


def _start(tasks: list[Task]) -> None:
    start(KIND, tasks)


def _draw_running(
    job: Job[object],
    tasks: Mapping[str, Task],
    draw: Callable[[Mapping[str, Cards]], None],
    watch: RerunWhenChanged,
) -> None:
    watch.look()
    if job.running or job.cancelled or job.error is not None:
        draw_progress(job, partial(jobs().restart, KIND), key=f"progress.{KIND}")
    cards, doing = _cards(tasks), job.latest
    if isinstance(doing, RunningTask):
        now = doing.result
        name = next((name for name, task in tasks.items() if task.key == doing.task.key), "")
        if isinstance(now, dict) and now and name:
            cards = {each: cards.get(each, now) for each in tasks if each in cards or each == name}
    if cards:
        draw(cards)
    else:
        st.caption("The charts grow here, layer by layer, as soon as the images are embedded.")


def _cards(tasks: Mapping[str, Task]) -> dict[str, Cards]:
    found = {name: cached_result(task) for name, task in tasks.items()}
    return {name: each for name, each in found.items() if isinstance(each, dict)}


def _bytes(found: object) -> int:
    return _CARD_BYTES * len(found) if isinstance(found, dict) else 0
