"""What a map can be coloured by: facts of the images, clusters, how far each point can be believed, units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.models.model import Model
from featviz.registry import Method
from featviz.render.point_colors import PointColors, by_category, by_value, single_color
from featviz.representation.clusters import CLUSTERINGS
from featviz.ui.inputs.controls import index_number, whole_number
from featviz.ui.inputs.method import choose_options
from featviz.ui.pages.embeddings.points import Points, fact_name
from featviz.ui.pages.embeddings.tasks import Honesty, cluster_task
from featviz.ui.pages.embeddings.view_state import VIEW
from featviz.ui.state.tasks import Refusal, Task

__all__ = ["Source", "sources"]

_SCORES = {
    "trustworthiness": "Trustworthiness",
    "continuity": "Continuity",
    "neighbor_overlap": "kNN overlap",
    "shepard": "Shepard correlation",
}
_WAITING = "This is known when the map has been measured."


@dataclass(frozen=True, eq=False)
class Source:
    """Something to colour by.

    Attributes:
        id: what a link carries.
        name: what people read.
        choose: draws what else is asked, and gives the work that has to be done first, if any.
        paint: the colours, from what that work found.
    """

    id: str
    name: str
    choose: Callable[[], Task | None]
    paint: Callable[[object], PointColors]


def sources(points: Points, model: Model, honesty: Task | None, seed: int) -> dict[str, Source]:
    """All there is for these points, by id.

    Args:
        points: of the map.
        model: for controls of methods.
        honesty: the work that measures the map; None while it is not there.
        seed: of clusters.
    """
    offered = [
        *_facts(points),
        *_attention(points),
        *_clusterings(points, model, seed),
        *_scores(points, honesty),
        _unit(points),
    ]
    return {source.id: source for source in offered}


def _nothing() -> None:
    return None


def _facts(points: Points) -> list[Source]:
    painted = {name: partial(_categories, values, fact_name(name)) for name, values in points.facts.items()}
    offered = [Source(name, fact_name(name), _nothing, paint) for name, paint in painted.items()]
    if len(points.confidence):
        offered.append(
            Source(
                "confidence",
                "Confidence",
                _nothing,
                lambda _result: by_value(points.confidence, "Probability of the prediction"),
            )
        )
    return offered


def _attention(points: Points) -> list[Source]:
    return [
        Source(f"attention.{number}", f"Weight of {name}", _nothing, partial(_paint_weight, values, name))
        for number, (name, values) in enumerate(points.weights.items())
    ]


def _paint_weight(values: NDArray[np.float64], name: str, _result: object) -> PointColors:
    return by_value(values, f"Attention weight of {name}")


def _categories(values: tuple[str | None, ...], title: str, _result: object) -> PointColors:
    return by_category(values, title)


def _clusterings(points: Points, model: Model, seed: int) -> list[Source]:
    def choose(method: Method) -> Task:
        return cluster_task(points, method.id, seed, choose_options(method, model=model))

    return [
        Source(
            f"cluster.{method.id}",
            f"Clusters ({method.name})",
            partial(choose, method),
            partial(_paint_clusters, points, f"Clusters ({method.name})"),
        )
        for method in CLUSTERINGS
    ]


def _paint_clusters(points: Points, title: str, result: object) -> PointColors:
    if not isinstance(result, np.ndarray):
        return _pending(points, result, "Clusters are being looked for in the true space.")
    order = [f"Cluster {number + 1}" for number in range(int(result.max(initial=-1)) + 1)]
    return by_category([order[number] if number >= 0 else None for number in result], title, order)


def _scores(points: Points, honesty: Task | None) -> list[Source]:
    return [
        Source(f"honesty.{score}", title, lambda: honesty, partial(_paint_score, points, score, title))
        for score, title in _SCORES.items()
    ]


def _paint_score(points: Points, score: str, title: str, result: object) -> PointColors:
    if not isinstance(result, Honesty):
        return _pending(points, result, _WAITING)
    values = np.full(len(points), np.nan)
    values[result.map.positions] = result.map.points[score]
    return by_value(values, f"{title} of each point")


def _unit(points: Points) -> Source:
    count = points.embeddings.dimensions

    def chosen() -> int:
        return whole_number(VIEW["unit"], 0, count - 1, 0)

    def choose() -> None:
        index_number("Unit", "unit.chosen", chosen(), count, _keep_unit)

    def paint(_result: object) -> PointColors:
        return by_value(points.vectors[:, chosen()], f"Value of unit {chosen()}")

    return Source("unit", "A unit's value", choose, paint)


def _keep_unit() -> None:
    VIEW["unit"].keep(st.session_state["unit.chosen"])


def _pending(points: Points, result: object, words: str) -> PointColors:
    return single_color(len(points), result.reason if isinstance(result, Refusal) else words)
