"""How far a map can be believed: a sentence, and four numbers beside those of a random map."""

from __future__ import annotations

import streamlit as st

from featviz.ui.pages.embeddings.controls import Colors
from featviz.ui.pages.embeddings.request import ProjectionRequest
from featviz.ui.pages.embeddings.tasks import (
    FACTS,
    Honesty,
    honesty_task,
    is_running,
    neighbor_task,
    stage_of,
)
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.live import Policy, explain_refusal, live, waiting_words
from featviz.ui.state.session import jobs
from featviz.ui.state.tasks import Refusal, Task, cached_result, current, duration, stop
from featviz.ui.state.theme import scaled

__all__ = ["draw_honesty", "in_words", "verdict"]

_WORTH_SAYING = 3.0
_TRUSTED = 0.9
_EXPLAINED = 0.5
"""Of the variance of the ranks of the true distances, the part that those on the map explain (Spearman's squared)
where distances are called believable: a correlation of 0.71. Half of that would do for a random map: ten random
projections of 1,000 Shapes images at `stage2` of shapes-resnet reach correlations from 0.36 to 0.65 by the seed
alone (PCA 0.77, t-SNE 0.44)."""
_MEASURES = {
    "trustworthiness": (
        "Trustworthiness",
        "1 where all neighbors on the map are true neighbors; false ones cost, and more the farther they "
        "truly are. Venna and Kaski 2001.",
    ),
    "continuity": (
        "Continuity",
        "1 where all true neighbors are neighbors on the map; torn ones cost. Venna and Kaski 2001.",
    ),
    "neighbor_overlap": (
        "kNN overlap",
        "Which part of the nearest points on the map are true nearest ones.",
    ),
    "shepard": (
        "Shepard correlation",
        "Spearman's correlation of the true distances with those on the map (Shepard 1962): 1 where far is far "
        "everywhere. t-SNE and UMAP do not aim at this.",
    ),
}


def draw_honesty(run: ProjectionRequest, colors: Colors) -> None:
    """Measure a map once it is there, and draw how far it can be believed."""
    tasks = _tasks(run, colors)
    if not tasks:
        stop(FACTS)
    live(
        tasks,
        lambda *_results: _draw(run, tasks),
        policy=Policy(tick=0.4, blank=True),
        status=None,
        refuse=None,
        chosen=lambda: [cached_result(task) is not None for task in tasks],
    )


def verdict(honesty: Honesty) -> str:
    """What the numbers mean, in one sentence."""
    k = honesty.map.k
    ours, chance = k * honesty.map.neighbor_overlap, k * honesty.random.neighbor_overlap
    some = (
        ""
        if len(honesty.map.positions) == honesty.map.total
        else f" (measured at {len(honesty.map.positions):,})"
    )
    return (
        f"Of a point's {in_words(k)} nearest images the map shows **{ours:.1f}**; a random map {chance:.1f}{some}. "
        + _reading(honesty)
    )


def _reading(honesty: Honesty) -> str:
    """What can be read off the map, near by and across it."""
    near, far = honesty.map.trustworthiness >= _TRUSTED, _are_distances_kept(honesty)
    alike = "are alike" if near else "are often not alike"
    worse = not far and honesty.map.shepard < honesty.random.shepard
    across = (
        "can roughly be believed" if far else "mean less than on a random one" if worse else "mean little"
    )
    return f"Points that lie together {alike}, {'and' if near == far else 'but'} distances across the map {across}."


def _are_distances_kept(honesty: Honesty) -> bool:
    """Whether distances across the map can be believed: it explains enough of them, and more than a random one."""
    correlation = honesty.map.shepard
    return correlation > 0 and correlation**2 >= _EXPLAINED and correlation > honesty.random.shepard


def _tasks(run: ProjectionRequest, colors: Colors) -> list[Task]:
    """What is wanted now: nothing holds up a map that unfolds but the colours it is drawn in."""
    tasks = [colors.task]
    if not is_running(run) and stage_of(run) is not None:
        tasks += [neighbor_task(run), honesty_task(run)]
    return list({task.key: task for task in tasks if task is not None}.values())


def _draw(run: ProjectionRequest, tasks: list[Task]) -> None:
    measured = honesty_task(run)
    honesty = None if measured is None else cached_result(measured)
    if isinstance(honesty, Honesty):
        st.markdown(verdict(honesty))
        for note in honesty.map.notes:
            st.warning(escape_markdown(note), icon=":material/straighten:")
        _draw_measures(honesty)
    elif isinstance(honesty, Refusal):
        explain_refusal(honesty.reason)
    _draw_waiting(tasks)


def _draw_waiting(tasks: list[Task]) -> None:
    """Say what is being measured, or its position in the queue."""
    job = jobs().get(FACTS)
    if job is None or not job.running or all(cached_result(task) is not None for task in tasks):
        return
    busy = next((task for task in tasks if current(task)), None)
    if busy is None:
        said = waiting_words(FACTS)
    else:
        cost = f", about {duration(busy.seconds)}" if busy.seconds >= _WORTH_SAYING else ""
        said = f"{escape_markdown(busy.name)}{cost} …"
    st.caption(f":material/hourglass_top: {said}")


def _draw_measures(honesty: Honesty) -> None:
    with st.container(horizontal=True, gap="small"):
        for name, (title, words) in _MEASURES.items():
            st.metric(
                title,
                f"{getattr(honesty.map, name):.3f}",
                f"random map {getattr(honesty.random, name):.3f}",
                delta_color="off",
                delta_arrow="off",
                help=words,
                width=scaled(162),
            )


def in_words(number: int) -> str:
    """A small number as people write it."""
    return {2: "two", 3: "three", 5: "five", 10: "ten"}.get(number, str(number))
