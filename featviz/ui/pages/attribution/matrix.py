"""Which maps the Attribution page draws: methods by targets, layers or networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from featviz.explain.attribution.registry import METHODS
from featviz.ui.inputs.columns import Column
from featviz.ui.pages.attribution.compared import options_for
from featviz.ui.pages.attribution.request import AttributionRequest
from featviz.ui.state.chosen_image import ChosenImage

__all__ = ["AttributionMatrix", "build_matrix", "compare_networks"]


@dataclass(frozen=True, eq=False)
class AttributionMatrix:
    """The requested maps, row after row; None where there is none to make.

    `compared` holds both columns where they are those of two networks whose difference is of interest.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    requests: tuple[tuple[AttributionRequest | None, ...], ...]
    compared: tuple[Column, Column] | None = None

    @property
    def unique_requests(self) -> tuple[AttributionRequest, ...]:
        """All of them, each once."""
        by_id = {each.id: each for row in self.requests for each in row if each is not None}
        return tuple(by_id.values())

    def beside(self, request: AttributionRequest) -> AttributionRequest | None:
        """The map of the other network by the same method, where two are compared."""
        if self.compared is None:
            return None
        pairs = [pair for row in self.requests for pair in (row, row[::-1])]
        return next((other for one, other in pairs if one is not None and one.id == request.id), None)


def compare_networks(
    image: ChosenImage,
    methods: Sequence[str],
    columns: tuple[Column, Column],
    options: Mapping[str, Mapping[str, Any]],
) -> AttributionMatrix:
    """Methods in rows, the network and a second one beside each other; arguments as `build_matrix`."""
    first, second = columns

    def requests(method: str) -> tuple[AttributionRequest, AttributionRequest]:
        own = options.get(method, {})
        other = options_for(second.model, first.model, method, own)
        return (
            AttributionRequest(first.model, image, method, first.target, own),
            AttributionRequest(second.model, image, method, second.target, other),
        )

    names = tuple(METHODS[method].name for method in methods)
    rows = tuple(map(requests, methods))
    return AttributionMatrix(names, (first.name, second.name), rows, columns)


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
