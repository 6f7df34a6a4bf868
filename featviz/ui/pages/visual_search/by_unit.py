"""The choice of a unit to search by, and which units an image stands out with."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.explain.targets.units import Channel
from featviz.ui.inputs.controls import index_number, whole_number
from featviz.ui.inputs.embedding_task import EmbeddingResult
from featviz.ui.pages.visual_search.view_state import VIEW
from featviz.ui.state.current_unit import announce_unit, settle_unit, unit_to_take_up

__all__ = ["channel_of", "choose_unit", "standing_out"]

_MAX_PROPOSED = 5
_NUMBER, _PILLS = "search_unit.number", "search_unit.pills"
_MEANING = {"mean": "mean activation", "max": "largest activation", "class_token": "class token's value"}


def choose_unit(embedding: EmbeddingResult, row: int) -> tuple[int, str]:
    """Draw the choice of a unit; which it is, and what the images are ranked by.

    Args:
        embedding: the set.
        row: the image whose units are proposed.
    """
    count = embedding.embeddings.dimensions
    proposed = standing_out(embedding.embeddings.vectors, row)
    _take_up_unit(embedding)
    unit = whole_number(VIEW["search_unit"], 0, count - 1, proposed[0] if proposed else 0)
    if (channel := channel_of(embedding, unit)) is not None:
        settle_unit(VIEW.name, channel)

    def take(source: str) -> None:
        value = st.session_state[source]
        if value is not None:
            VIEW["search_unit"].keep(int(value))
            announce_unit(VIEW.name)

    index_number("Unit", _NUMBER, unit, count, lambda: take(_NUMBER))
    if proposed:
        st.session_state[_PILLS] = unit if unit in proposed else None
        st.pills(
            f"Units with which image {row} stands out",
            proposed,
            key=_PILLS,
            on_change=take,
            args=(_PILLS,),
            help="Those whose value for this image lies the most standard deviations above their mean over the set.",
        )
    return unit, _words(embedding, unit)


def channel_of(embedding: EmbeddingResult, unit: int) -> Channel | None:
    """The channel whose activation a unit's number is; None of vectors that a network did not make so."""
    request = embedding.request
    return Channel(request.layer, unit) if request.layer and request.pool in _MEANING else None


def _take_up_unit(embedding: EmbeddingResult) -> None:
    """Open with the unit chosen on another page, where it is one of the layer whose units are searched by."""
    unit = unit_to_take_up(
        VIEW.name,
        (VIEW["search_unit"],),
        lambda unit: channel_of(embedding, unit.channel) == unit,
    )
    if unit is not None:
        VIEW["search_unit"].keep(unit.channel)


def _words(embedding: EmbeddingResult, unit: int) -> str:
    """What a unit's number in the vectors is."""
    request = embedding.request
    if not request.layer:
        return f"number {unit} of the vectors"
    if request.pool in _MEANING:
        return f"{_MEANING[request.pool]} of channel {unit} of {request.layer}"
    return f"number {unit} of {request.layer}, {request.pool}"


def standing_out(vectors: NDArray[np.float32], row: int) -> list[int]:
    """The numbers of a vector that lie furthest above their mean, in standard deviations; those of some spread."""
    spread = vectors.std(axis=0, dtype=np.float64)
    varying = np.flatnonzero(spread > 1e-6 * np.abs(vectors).max(initial=0))
    if not len(varying):
        return []
    above = (vectors[row, varying] - vectors[:, varying].mean(axis=0)) / spread[varying]
    return [int(unit) for unit in varying[np.argsort(-above, kind="stable")[:_MAX_PROPOSED]]]
