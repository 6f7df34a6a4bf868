"""The images whose nearest neighbors differ most between two layers, and both lists of the one that is looked at."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.ui.components.gallery.gallery import image_gallery
from featviz.ui.inputs.images.ids import id_of
from featviz.ui.inputs.page_links import draw_image_links
from featviz.ui.pages.compare.cell import PairOfLayers
from featviz.ui.pages.compare.evidence import PairEvidence, keep_image, shown_image, tile
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.state.feedback import escape_markdown

__all__ = ["draw_neighbors", "shared_neighbors"]

_SHOWN = 12


def draw_neighbors(request: ComparisonRequest, pair: PairOfLayers, evidence: PairEvidence) -> None:
    """Draw the images whose neighborhoods differ most; one of them with its neighbors in both layers."""
    found, chosen = evidence.found.neighborhoods, shown_image(evidence)
    k, shared = found.neighbors_a.shape[1], shared_neighbors(evidence)
    by_chance = k * k / max(1, len(found.order) - 1)
    st.subheader("Images whose neighbors differ most", anchor=False)
    st.caption(
        f"On average an image has {shared.mean():.1f} of its {k} nearest images in common in both layers; neighbors "
        f"drawn at random would be {by_chance:.1f}. These have fewest. Pick one to see its neighbors in each layer."
    )
    image_gallery(
        [
            tile(evidence, request.chosen, position, f"{shared[position]} of {k} shared")
            for position in found.order[:_SHOWN]
        ],
        key="pair.disagreeing",
        on_pick=partial(keep_image, evidence),
        selected=chosen,
        size=70,
    )
    _draw_lists(request, pair, evidence, chosen)


def shared_neighbors(evidence: PairEvidence) -> NDArray[np.int64]:
    """(n,) how many of each image's neighbors are the same in both layers."""
    ranks = evidence.found.neighborhoods.ranks_in_b
    shared: NDArray[np.int64] = (ranks < ranks.shape[1]).sum(1)
    return shared


def _draw_lists(request: ComparisonRequest, pair: PairOfLayers, evidence: PairEvidence, chosen: int) -> None:
    found = evidence.found.neighborhoods
    k = found.neighbors_a.shape[1]
    image, left, right = st.columns([2, 5, 5], gap="medium")
    with image:
        _draw_image(request, evidence, chosen)
    first, second = request.names
    sides = (
        (left, "a", pair.layer_a, first, found.neighbors_a, found.ranks_in_b),
        (right, "b", pair.layer_b, second, found.neighbors_b, found.ranks_in_a),
    )
    for column, side, layer, network, neighbors, ranks in sides:
        with column:
            st.markdown(
                f"**Nearest in {escape_markdown(layer)}**  \n:small[:gray[{escape_markdown(network)}]]"
            )
            _draw_list(request, evidence, neighbors[chosen], ranks[chosen], key=f"pair.near.{side}")
    st.caption(
        f"Nearest first. The rank is that in the other layer, of {len(evidence.rows) - 1:,}: ✓ among its {k} nearest "
        "too, ✕ farther away. Pick an image to look at it instead."
    )


def _draw_list(
    request: ComparisonRequest,
    evidence: PairEvidence,
    neighbors: NDArray[np.int64],
    ranks: NDArray[np.int64],
    *,
    key: str,
) -> None:
    """The neighbors in one layer, each with which neighbor it is in the other."""
    k = len(neighbors)
    image_gallery(
        [
            tile(
                evidence,
                request.chosen,
                position,
                f"rank {rank + 1:,}",
                mark=f"In the other layer it is neighbor {rank + 1:,} of {len(evidence.rows) - 1:,}.",
                sign="✓" if rank < k else "✕",
                warning=bool(rank >= k),
            )
            for position, rank in zip(neighbors, ranks, strict=True)
        ],
        key=key,
        on_pick=partial(keep_image, evidence),
        size=68,
    )


def _draw_image(request: ComparisonRequest, evidence: PairEvidence, position: int) -> None:
    row = int(evidence.rows[position])
    sample = request.images[row]
    st.image(sample.image, width=150, caption=evidence.name(position), output_format="PNG")
    draw_image_links(id_of(sample, f"{request.chosen.content}#{row}"))
