"""What other seeds change about a map, asked for by a button."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.progress import Progress
from featviz.representation.projection.registry import STOCHASTIC
from featviz.representation.projection.stability import MapStability, stability
from featviz.ui.pages.embeddings.map_quality import in_words
from featviz.ui.pages.embeddings.request import ProjectionRequest
from featviz.ui.pages.embeddings.tasks import NEIGHBORS, stage_of
from featviz.ui.state.live import explain_refusal, live
from featviz.ui.state.tasks import Task

__all__ = ["draw_stability", "stability_words"]

_SEEDS = 2
_KIND = "stability of a map"


def draw_stability(run: ProjectionRequest) -> None:
    """Offer to draw the map with other seeds, and say what they change; nothing where nothing is left to chance."""
    stage = stage_of(run)
    if run.method not in STOCHASTIC or stage is None or stage.result is None:
        return
    key, work = ("stability", *run.key), partial(_work, run, stage.points)
    task = Task(_KIND, key, "Drawing it with other seeds", work, _bytes, _SEEDS * run.seconds)
    live(task, _draw, offer="What do other seeds change?", refuse=explain_refusal)


def stability_words(result: MapStability) -> str:
    """What other seeds change, in two sentences."""
    return (
        f"Drawn with {in_words(result.maps)} seeds, a point keeps **{result.k * result.neighbor_overlap:.1f}** of its "
        f"{in_words(result.k)} neighbors from map to map. Laid over each other, the maps put it "
        f"{result.displacement:.0%} of the map's radius apart."
    )


def _work(run: ProjectionRequest, coordinates: NDArray[np.float32]) -> Iterator[Progress[MapStability]]:
    maps = [coordinates]
    for number in range(1, _SEEDS + 1):
        for stage in run.with_seed(run.seed + number).stages():
            done = number - 1 + stage.done / max(stage.total, 1)
            yield Progress(round(100 * done), 100 * _SEEDS)
        maps.append(stage.points)
    result = stability(maps, k=min(NEIGHBORS, len(coordinates) - 1))
    yield Progress(100 * _SEEDS, 100 * _SEEDS, result=result)


def _draw(result: object) -> None:
    if isinstance(result, MapStability):
        st.markdown(stability_words(result))


def _bytes(result: object) -> int:
    return 16 * len(result.positions) if isinstance(result, MapStability) else 0
