"""Which maps the Attribution page draws: methods by targets, layers or networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from featviz.explain.attribution.registry import METHODS
from featviz.ui.inputs.columns import Column
from featviz.ui.pages.attribution.request import Request
from featviz.ui.state.chosen_image import ChosenImage

__all__ = ["Matrix", "plan"]


@dataclass(frozen=True, eq=False)
class Matrix:
    """The maps wanted, row after row; None where there is none to make."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    requests: tuple[tuple[Request | None, ...], ...]

    @property
    def wanted(self) -> tuple[Request, ...]:
        """All of them, each once."""
        found = {each.id: each for row in self.requests for each in row if each is not None}
        return tuple(found.values())


def plan(
    picture: ChosenImage,
    methods: Sequence[str],
    columns: Sequence[Column],
    options: Mapping[str, Mapping[str, Any]],
) -> Matrix:
    """Methods stand in rows and columns beside each other; a single column is laid down, methods side by side.

    Args:
        picture: what the networks look at.
        methods: ids.
        columns: what to compare.
        options: by method, those that differ from the defaults.
    """
    names = tuple(METHODS[method].name for method in methods)
    rows = tuple(
        tuple(
            _request(picture, method, column, options.get(method, {}), column is columns[0])
            for column in columns
        )
        for method in methods
    )
    if len(columns) == 1:
        return Matrix((columns[0].name,), names, (tuple(row[0] for row in rows),))
    return Matrix(names, tuple(column.name for column in columns), rows)


def _request(
    picture: ChosenImage,
    method: str,
    column: Column,
    options: Mapping[str, Any],
    first: bool,
) -> Request | None:
    if column.layer is None:
        return Request(column.model, picture, method, column.target, options)
    keyword = next((each.name for each in METHODS[method].parameters if each.names == "layer"), None)
    if keyword is not None:
        options = {**options, keyword: column.layer}
    elif not first:
        return None
    return Request(column.model, picture, method, column.target, options)
