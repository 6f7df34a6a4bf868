"""Finished maps' ways to place vectors they have not seen, by name, so that a file can be read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from featviz.representation.embeddings import Vectors

__all__ = ["Placement", "Points", "from_arrays", "placement", "to_arrays"]

Points = NDArray[np.float32]
Arrays = Mapping[str, NDArray[Any]]
Class = TypeVar("Class", bound=type)

_CLASSES: dict[str, Any] = {}
_PREFIX = "placement."


class Placement(Protocol):
    """A finished map's way to place vectors it has not seen; a dataclass of arrays and of what JSON can hold."""

    def place(self, vectors: Vectors) -> Points:
        """(m, d) to (m, dimensions)."""


def placement(declared: Class) -> Class:
    """Enter a dataclass under its name, which files hold: the name stays what it was."""
    if declared.__name__ in _CLASSES:
        raise ValueError(f"Two placements are called {declared.__name__}.")
    _CLASSES[declared.__name__] = declared
    return declared


def to_arrays(given: Placement) -> tuple[dict[str, NDArray[Any]], list[Any]]:
    """The arrays of a placement, and its name with all else it holds, for JSON."""
    parts = {each.name: getattr(given, each.name) for each in fields(given)}  # type: ignore[arg-type]
    arrays = {_PREFIX + name: part for name, part in parts.items() if isinstance(part, np.ndarray)}
    rest = {name: part for name, part in parts.items() if _PREFIX + name not in arrays}
    return arrays, [type(given).__name__, rest]


def from_arrays(arrays: Arrays, described: list[Any]) -> Placement:
    """The placement that was packed; arrays of other things are left alone.

    Raises:
        KeyError, TypeError, ValueError: no placement has this name, or it holds other parts.
    """
    name, rest = described
    parts = {key.removeprefix(_PREFIX): part for key, part in arrays.items() if key.startswith(_PREFIX)}
    found: Placement = _CLASSES[name](**parts, **rest)
    return found
