"""Maps of both layers, laid over each other and drawn side by side with one selection."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from featviz.data.sets.image_set import ImageSet
from featviz.render.point_colors import PointColors, by_category, by_value
from featviz.representation.projection import PROJECTIONS
from featviz.ui.app.thumbnail_route import thumbnail_address
from featviz.ui.components.legend.legend import map_legend
from featviz.ui.components.scatter.scatter import scatter
from featviz.ui.inputs.controls import choice, segments
from featviz.ui.pages.compare.cell import PairOfLayers
from featviz.ui.pages.compare.evidence import PairEvidence
from featviz.ui.pages.compare.maps_selection import MAPS, circled, emphasized
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.pages.compare.view_state import PROJECTED, VIEW
from featviz.ui.state.feedback import escape_markdown

__all__ = ["choose_projection", "colors_of", "draw_maps"]

_HEIGHT = 400
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
