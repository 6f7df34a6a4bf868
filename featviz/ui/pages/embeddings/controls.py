"""What the Embeddings page asks: how the map is drawn, and what its colours say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import streamlit as st

from featviz.models.model import Model
from featviz.render.point_colors import PointColors
from featviz.representation.projection import PROJECTIONS
from featviz.representation.projection.registry import STOCHASTIC
from featviz.ui.components.legend.legend import map_legend
from featviz.ui.inputs.controls import choice, index_number, segments, show, whole_number
from featviz.ui.inputs.embedding_task import EmbeddingResult
from featviz.ui.inputs.method import choose_options
from featviz.ui.pages.embeddings.color_sources import sources
from featviz.ui.pages.embeddings.points import Points, points_of
from featviz.ui.pages.embeddings.request import ProjectionRequest, WarmStart, find_warm_start, keep_warm_start
from featviz.ui.pages.embeddings.tasks import honesty_task, present_map
from featviz.ui.pages.embeddings.view_state import SEEDS, VIEW
from featviz.ui.state.tasks import Task, cached_result
from featviz.ui.state.theme import scaled

__all__ = [
    "Colors",
    "as_thumbnails",
    "choose_colors",
    "choose_map",
    "choose_run",
    "clear_warm_start",
    "points_here",
    "use_warm_start",
    "warm_start_lost",
]

_HERE, _NAMED = "_map_points", "map.named"
_MARKERS = {"points": "Points", "thumbnails": "Thumbnails"}
_MAX_CLASSES = 1000
_FIRST_COLORS = ("texture", "label", "prediction", "confidence")


@dataclass(frozen=True, eq=False)
class Colors:
    """The colours of a map as chosen.

    Attributes:
        colouring: what they say.
        hidden: numbers of the categories that are switched off.
        task: the work they wait for, if any.
        named: whether the categories are named on the map.
    """

    coloring: PointColors
    hidden: frozenset[int]
    task: Task | None
    named: bool = False


def points_here(embedding: EmbeddingResult) -> Points:
    """The points of these embeddings, made once a session; those of another set forget what was picked."""
    content, key = embedding.chosen.content, (*embedding.request.key, len(embedding))
    before = st.session_state.get(_HERE)
    if before is not None and before[0] != content:
        for name in ("pin", "hidden", "from_map"):
            VIEW[name].forget()
    if before is None or before[1] != key:
        st.session_state[_HERE] = (content, key, points_of(embedding))
    points: Points = st.session_state[_HERE][2]
    return points


def choose_map(points: Points) -> tuple[str, int]:
    """Draw the choice of a map and give the method's id and how many dimensions there are."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        method = choice(
            "Projection",
            [each.id for each in PROJECTIONS],
            key=VIEW["projection"],
            name=lambda name: PROJECTIONS[name].name,
            on_change=clear_warm_start,
            width=scaled(210),
            help="\n\n".join(f"**{each.name}**: {each.summary} ({each.reference})" for each in PROJECTIONS),
        )
        dimensions = segments(
            "Dimensions", ["2", "3"], key=VIEW["dimensions"], name="{}-D".format, on_change=clear_warm_start
        )
        if points.chosen.images is not None:
            segments("Markers", list(_MARKERS), key=VIEW["markers"], name=_MARKERS.__getitem__)
        if _warm_start(points, int(dimensions)) is not None:
            st.button(
                "Begin anew",
                on_click=clear_warm_start,
                icon=":material/replay:",
                key="map.anew",
                type="tertiary",
                help="This map was moved here from the one before. Anew, it begins as its method does.",
            )
    return method, int(dimensions)


def choose_run(points: Points, model: Model, method: str, dimensions: int) -> ProjectionRequest:
    """Draw the parameters of a map and give the map that is asked for."""
    declared = PROJECTIONS[method]
    counts = Counter(label for label in points.labels if label is not None)
    classes = sorted(name for name, _count in counts.most_common(_MAX_CLASSES))
    seed = whole_number(VIEW["map_seed"], 0, SEEDS - 1, 0)
    chance = method in STOCHASTIC
    if not declared.parameters and not chance:
        return ProjectionRequest(points, method, dimensions, 0, {}, _warm_start(points, dimensions))
    with st.expander(f"Parameters of {declared.name}", icon=":material/tune:"):
        options = choose_options(declared, model=model, classes=classes, then=use_warm_start)
        if chance:
            index_number("Seed", "map_seed.chosen", seed, SEEDS, _keep_seed)
    return ProjectionRequest(
        points, method, dimensions, seed if chance else 0, options, _warm_start(points, dimensions)
    )


def choose_colors(run: ProjectionRequest, model: Model) -> Colors:
    """Draw the choice of what the colours say, with its legend."""
    offered = sources(run.points, model, honesty_task(run), seed=0)
    first = next(name for name in (*_FIRST_COLORS, *offered) if name in offered)
    name = choice(
        "Color by",
        list(offered),
        key=VIEW["color"],
        default=first,
        name=lambda name: offered[name].name,
        on_change=_show_all,
    )
    task = offered[name].choose()
    coloring = offered[name].paint(None if task is None else cached_result(task))
    hidden = _hidden(len(coloring.names))
    coloring = coloring.without(hidden)
    map_legend(coloring, hidden, key="map.legend", on_change=_hide)
    return Colors(coloring, hidden, task, bool(coloring.names) and _choose_names())


def _choose_names() -> bool:
    """Draw the choice whether the categories are named on the map."""
    show(_NAMED, VIEW["named"].text == "1")
    st.toggle("Labels on the map", key=_NAMED, on_change=_keep_named)
    return bool(st.session_state[_NAMED])


def _keep_named() -> None:
    VIEW["named"].keep("1" if st.session_state[_NAMED] else "0")


def as_thumbnails() -> bool:
    """Whether points are drawn as images."""
    return VIEW["markers"].text == "thumbnails"


def clear_warm_start() -> None:
    """Forget the present map: the next one begins as its method does."""
    VIEW["from_map"].keep("")


def use_warm_start(_changed: str = "") -> None:
    """Let the next map begin with the present one, so that it moves instead of being replaced."""
    present = present_map()
    if present is not None:
        VIEW["from_map"].keep(keep_warm_start(present))


def warm_start_lost(run: ProjectionRequest) -> bool:
    """Whether a link names a map to begin with that this server does not hold any more."""
    return bool(VIEW["from_map"].text) and run.warm_start is None


def _warm_start(points: Points, dimensions: int) -> WarmStart | None:
    return find_warm_start(VIEW["from_map"].text, len(points), dimensions)


def _keep_seed() -> None:
    VIEW["map_seed"].keep(st.session_state["map_seed.chosen"])
    clear_warm_start()


def _show_all() -> None:
    VIEW["hidden"].keep("")


def _hide(hidden: frozenset[int]) -> None:
    VIEW["hidden"].keep(",".join(map(str, sorted(hidden))))


def _hidden(count: int) -> frozenset[int]:
    """The categories that are switched off; an address may say anything."""
    texts = (text for text in VIEW["hidden"].text.split(",") if text.isdecimal())
    return frozenset(int(text) for text in texts if len(text) < 7 and int(text) < count)
