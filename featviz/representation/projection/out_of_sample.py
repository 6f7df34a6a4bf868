"""How finished maps transform vectors they have not seen, stored by name so that a file can be read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from featviz.representation.embeddings import Vectors

__all__ = ["OutOfSample", "Points", "from_arrays", "out_of_sample", "to_arrays"]

Points = NDArray[np.float32]
Arrays = Mapping[str, NDArray[Any]]
Class = TypeVar("Class", bound=type)

_CLASSES: dict[str, Any] = {}
_STORED_NAMES: dict[type, str] = {}
_PREFIX = "placement."
_RENAMED = {"centre": "center"}
"""Parts by the names under which earlier versions stored them."""


class OutOfSample(Protocol):
    """A finished map's transform of vectors it has not seen; a dataclass of arrays and of what JSON can hold."""

    def transform(self, vectors: Vectors) -> Points:
        """(m, d) to (m, dimensions)."""


def out_of_sample(stored_name: str) -> Callable[[Class], Class]:
    """Enter a dataclass under the name that files hold: it stays when the class is renamed."""

    def enter(declared: Class) -> Class:
        if stored_name in _CLASSES:
            raise ValueError(f"Two out-of-sample transforms are stored as {stored_name}.")
        _CLASSES[stored_name], _STORED_NAMES[declared] = declared, stored_name
        return declared

    return enter


def to_arrays(transform: OutOfSample) -> tuple[dict[str, NDArray[Any]], list[Any]]:
    """The arrays of an out-of-sample transform, and its stored name with all else it holds, for JSON."""
    parts = {each.name: getattr(transform, each.name) for each in fields(transform)}  # type: ignore[arg-type]
    arrays = {_PREFIX + name: part for name, part in parts.items() if isinstance(part, np.ndarray)}
    rest = {name: part for name, part in parts.items() if _PREFIX + name not in arrays}
    return arrays, [_STORED_NAMES[type(transform)], rest]


def from_arrays(arrays: Arrays, described: list[Any]) -> OutOfSample:
    """The out-of-sample transform that was stored; arrays of other things are left alone.

    Raises:
        KeyError, TypeError, ValueError: none is stored under this name, or it holds other parts.
    """
    name, rest = described
    stored = (key.removeprefix(_PREFIX) for key in arrays if key.startswith(_PREFIX))
    parts = {_RENAMED.get(part, part): arrays[_PREFIX + part] for part in stored}
    transform: OutOfSample = _CLASSES[name](**parts, **rest)
    return transform
