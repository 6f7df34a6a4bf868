"""Options of methods as a text that fits into a link, such as `rise.masks=500;fourier.decay=1.5`."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.attribution.registry import METHODS
from featviz.explain.maximization.config import ASCENTS
from featviz.explain.maximization.parameterizations import IMAGES
from featviz.explain.maximization.transform_presets import RECIPES
from featviz.registry import Method, Parameter
from featviz.representation.clusters import CLUSTERINGS
from featviz.representation.extraction.pooling import POOLINGS
from featviz.representation.projection import PROJECTIONS
from featviz.representation.search.registry import INDEXES

__all__ = ["LARGEST", "NO_PICTURE", "OwnPicture", "declared", "read_options", "write_options"]

LARGEST = 2**53 - 1
"""The largest whole number that a browser counts exactly."""

_REGISTRIES = (METHODS, IMAGES, RECIPES, ASCENTS, POOLINGS, PROJECTIONS, CLUSTERINGS, INDEXES)
_LONGEST_TEXT = 4000
_LONGEST_VALUE = 200
_PICTURE_ID = re.compile(r"own|upload/[0-9a-f]{32}")
_WORDS = {"true": True, "false": False}


@dataclass(frozen=True)
class OwnPicture:
    """A visitor's picture as the value of an option, by its id; "own" before there is one."""

    id: str


NO_PICTURE = OwnPicture("own")


def declared() -> Iterator[Method]:
    """All methods that have options here, whatever their kind: no two share an id."""
    return (method for registry in _REGISTRIES for method in registry if method.parameters)


def read_options(text: object) -> dict[str, dict[str, Any]]:
    """The options a text names, by method. It may come from an address: what makes no sense is passed over.

    A layer's name is taken as it stands, for a text knows no network.
    """
    found: dict[str, dict[str, Any]] = {}
    for entry in str(text or "")[:_LONGEST_TEXT].split(";"):
        place, _, value = entry.partition("=")
        method, _, name = place.partition(".")
        parameter = _parameter(method, name)
        if parameter is None:
            continue
        try:
            found.setdefault(method, {})[name] = _read(parameter, unquote(value))
        except (BadInput, KeyError, ValueError):
            continue
    return {method: options for method, options in found.items() if options}


def write_options(options: Mapping[str, Mapping[str, Any]]) -> str:
    """Options by method as a text, without those that are the methods' defaults."""
    entries = (
        f"{method.id}.{parameter.name}={quote(_written(options[method.id][parameter.name]), safe='/: ')}"
        for method in declared()
        for parameter in method.parameters
        if options.get(method.id, {}).get(parameter.name, parameter.default) != parameter.default
    )
    return ";".join(entries)


def _parameter(method: str, name: str) -> Parameter | None:
    registry = next((each for each in _REGISTRIES if method in each), None)
    if registry is None:
        return None
    return next((each for each in registry[method].parameters if each.name == name), None)


def _read(parameter: Parameter, text: str) -> Any:
    if text in parameter.choices:
        return text
    if Tensor in parameter.types and _PICTURE_ID.fullmatch(text):
        return OwnPicture(text)
    if text == "" and type(None) in parameter.types:
        return None
    if len(text) > _LONGEST_VALUE:
        raise ValueError(f"{len(text)} characters are no option.")
    kind = next((kind for kind in _READERS if kind in parameter.types), None)
    if kind is None:
        raise ValueError(f"{parameter.name} takes {parameter.expected}.")
    return parameter.check(_READERS[kind](text))


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) > LARGEST:
        raise ValueError(f"{text} is beyond what a browser counts.")
    return number


_READERS: dict[type, Callable[[str], Any]] = {bool: _WORDS.__getitem__, float: float, int: _whole, str: str}


def _written(value: Any) -> str:
    if isinstance(value, OwnPicture):
        return value.id
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)
