"""Maps of both layers, laid over each other and drawn side by side with one selection."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.data.sets.image_set import ImageSet
from featviz.render.charts.star_trails import star_trails_chart
from featviz.render.point_colors import PointColors, by_category, by_value
from featviz.representation.comparison.aligned_maps import AlignedMaps
from featviz.representation.projection import PROJECTIONS
from featviz.ui.app.thumbnail_route import thumbnail_address
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.components.legend.legend import map_legend
from featviz.ui.components.scatter.scatter import scatter
from featviz.ui.inputs.controls import choice, segments
from featviz.ui.pages.compare.cell import PairOfLayers
from featviz.ui.pages.compare.evidence import PairEvidence, keep_image
from featviz.ui.pages.compare.maps_selection import MAPS, circled, emphasized
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.pages.compare.view_state import PROJECTED, VIEW
from featviz.ui.state.feedback import escape_markdown

__all__ = ["choose_projection", "colors_of", "draw_maps", "moved_most"]

_HEIGHT, _TRAILS = 400, 60
_MOVED, _LABEL, _HIDDEN = "moved", "label", "_pair_hidden"
_NAMES = {_LABEL: "Label", _MOVED: "Movement between the maps"}
_FEW_CLASSES = 12
Paint = Callable[[], PointColors]


def choose_projection() -> str:
    """Draw the choice of how both layers are projected, and give the method's id."""
    return segments(
        "Projection",
        list(PROJECTED),
        key=VIEW["compared_projection"],
        name=lambda name: PROJECTIONS[name].name,
        help="Both layers are projected by the same method. The second map is turned, mirrored, scaled and shifted "
        "onto the first, which changes no distance within it but the unit.",
    )


def draw_maps(request: ComparisonRequest, pair: PairOfLayers, evidence: PairEvidence) -> None:
    """Draw both maps; a point picked or circled on one stands out on both."""
    st.subheader("Both layers as maps", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        choose_projection()
        offered = colors_of(request.images, evidence)
        name = choice(
            "Color by",
            list(offered),
            key=VIEW["compared_colors"],
            default=_first(offered),
            name=lambda name: _NAMES.get(name, name.capitalize()),
            width=230,
        )
    colors, maps, hidden = offered[name](), evidence.found.maps, _hidden(name)
    sides = zip(
        st.columns(2, gap="small"),
        MAPS,
        (maps.points_a, maps.points_b),
        (pair.layer_a, pair.layer_b),
        request.names,
        strict=True,
    )
    for column, key, points, layer, network in sides:
        with column:
            st.markdown(f"**{escape_markdown(layer)}**  \n:small[:gray[{escape_markdown(network)}]]")
            scatter(
                points,
                key=key,
                colors=colors.indices,
                palette=colors.palette,
                shown=colors.shown(hidden),
                captions=[evidence.name(position) for position in range(len(evidence.rows))],
                thumbnails=thumbnail_address(request.chosen),
                image_numbers=evidence.rows,
                selected=emphasized(evidence),
                height=_HEIGHT,
                about=(network, layer, request.whole.name, PROJECTIONS[maps.method].name),
            )
    map_legend(colors, hidden, key="pair.legend", on_change=partial(_hide, name))
    st.caption(_words(evidence))
    _draw_trails(pair, evidence)


def moved_most(maps: AlignedMaps) -> tuple[NDArray[np.int64], int]:
    """The images that move farthest from map to map, of those that move farther than 95 of 100 do between two seeds.

    Returns:
        their positions, the farthest first and at most 60, and how many there are in all.
    """
    usual = float(np.quantile(maps.moved_between_seeds, 0.95))
    order = np.argsort(-maps.moved, kind="stable")
    beyond = order[maps.moved[order] > usual]
    return beyond[:_TRAILS].astype(np.int64), len(beyond)


def _draw_trails(pair: PairOfLayers, evidence: PairEvidence) -> None:
    maps = evidence.found.maps
    rows, count = moved_most(maps)
    st.subheader("What moved", anchor=False)
    if not count:
        st.caption("No image moves farther from map to map than between two seeds of one map.")
        return
    notes = [f"{evidence.name(row)}: {maps.moved[row]:.2f} radii" for row in rows]
    chart(
        star_trails_chart(maps.points_a, maps.points_b, rows, notes, theme=chart_theme()),
        alt="The map of the first layer, with a trail from each image that moved far to where the second has it.",
        key="pair.trails",
        on_pick=partial(keep_image, evidence),
    )
    beyond = (
        f"{count:,} of {len(maps.moved):,} images move farther than 95 of 100 do between two seeds of one map"
        if maps.moved_between_seeds.any()
        else "The method draws nothing at random, so all movement is the layers'"
    )
    st.caption(
        f"Trails lead from where {escape_markdown(pair.layer_a)} has an image to where {escape_markdown(pair.layer_b)} "
        f"has it, on maps laid over each other; those of the {len(rows)} that move farthest. {beyond}. Pick the end of "
        "a trail to look at the image."
    )


def colors_of(images: ImageSet, evidence: PairEvidence) -> dict[str, Paint]:
    """What the colors may say, by name: how far each image moves, its label, and its factors where they are known."""
    offered: dict[str, Paint] = {
        _MOVED: lambda: by_value(evidence.found.maps.moved, "Radii between the two maps")
    }
    if 1 < len(set(evidence.labels)) <= _FEW_CLASSES:
        offered[_LABEL] = lambda: by_category(evidence.labels, "Label")
    if images.factors is not None:
        factors = [images.factors(int(row)) for row in evidence.rows]
        for name in ("shape", "texture"):
            values = tuple(getattr(each, name) for each in factors)
            offered[name] = lambda name=name, values=values: by_category(values, name.capitalize())  # type: ignore[misc]
    return offered


def _first(offered: dict[str, Paint]) -> str:
    return next((name for name in ("shape", _LABEL) if name in offered), _MOVED)


def _hidden(name: str) -> frozenset[int]:
    """Which categories are switched off; those of other colors are forgotten."""
    colored, hidden = st.session_state.get(_HIDDEN, ("", frozenset()))
    return hidden if colored == name else frozenset()


def _hide(name: str, hidden: frozenset[int]) -> None:
    st.session_state[_HIDDEN] = (name, hidden)


def _words(evidence: PairEvidence) -> str:
    maps, count = evidence.found.maps, circled(evidence)
    moved, by_seed = float(np.mean(maps.moved)), float(np.mean(maps.moved_between_seeds))
    seeds = (
        f"two seeds of one layer's map move it by {by_seed:.2f}" if by_seed else "the method draws nothing"
    )
    said = f"From one map to the other an image moves by {moved:.2f} radii on average; {seeds}."
    if count:
        return f"{said} {count:,} images are circled, on both maps."
    return f"{said} The image looked at and its neighbors in either layer stand out; circle others on either map."
