"""Which maps the Attribution page draws: methods by targets, layers or networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from featviz.explain.attribution.registry import METHODS
from featviz.ui.inputs.columns import Column
from featviz.ui.pages.attribution.request import AttributionRequest
from featviz.ui.state.chosen_image import ChosenImage

__all__ = ["AttributionMatrix", "build_matrix"]


@dataclass(frozen=True, eq=False)
class AttributionMatrix:
    """The requested maps, row after row; None where there is none to make."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    requests: tuple[tuple[AttributionRequest | None, ...], ...]

    @property
    def unique_requests(self) -> tuple[AttributionRequest, ...]:
        """All of them, each once."""
        by_id = {each.id: each for row in self.requests for each in row if each is not None}
        return tuple(by_id.values())


def build_matrix(
    image: ChosenImage,
    methods: Sequence[str],
    columns: Sequence[Column],
    options: Mapping[str, Mapping[str, Any]],
) -> AttributionMatrix:
    """Methods stand in rows and columns beside each other; a single column is laid down, methods side by side.

    Args:
        image: what the networks look at.
        methods: ids.
        columns: what to compare.
        options: by method, those that differ from the defaults.
    """
    names = tuple(METHODS[method].name for method in methods)
    rows = tuple(
        tuple(
            _request(image, method, column, options.get(method, {}), column is columns[0])
            for column in columns
        )
        for method in methods
    )
    if len(columns) == 1:
        return AttributionMatrix((columns[0].name,), names, (tuple(row[0] for row in rows),))
    return AttributionMatrix(names, tuple(column.name for column in columns), rows)


def _request(
    image: ChosenImage,
    method: str,
    column: Column,
    options: Mapping[str, Any],
    first: bool,
) -> AttributionRequest | None:
    if column.layer is None:
        return AttributionRequest(column.model, image, method, column.target, options)
    keyword = next((each.name for each in METHODS[method].parameters if each.names == "layer"), None)
    if keyword is not None:
        options = {**options, keyword: column.layer}
    elif not first:
        return None
    return AttributionRequest(column.model, image, method, column.target, options)
