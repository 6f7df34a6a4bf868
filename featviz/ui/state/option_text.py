"""Options of methods as a text that fits into a link, such as `attribution.rise.masks=500;projection.umap.epochs=90`.

The registry stands in front, for two may hold a method of one id. Links of before named the method alone; they
mean the first registry that has it, in the order of `REGISTRIES`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.attribution.registry import METHODS
from featviz.explain.maximization.config import OPTIMIZERS
from featviz.explain.maximization.parameterizations import PARAMETERIZATIONS
from featviz.explain.maximization.transform_presets import TRANSFORM_PRESETS
from featviz.registry import Method, Parameter, Registry
from featviz.representation.clusters import CLUSTERINGS
from featviz.representation.extraction.pooling import POOLINGS
from featviz.representation.projection import PROJECTIONS
from featviz.representation.search.registry import INDEXES
from featviz.ui.state.view_state import Entry, whole_parts

__all__ = [
    "LARGEST",
    "LONGEST_TEXT",
    "NO_PICTURE",
    "REGISTRIES",
    "OptionTexts",
    "OwnPicture",
    "place_of",
    "places",
    "read_options",
    "write_options",
]

LARGEST = 2**53 - 1
"""The largest whole number that a browser counts exactly."""

REGISTRIES: dict[str, Registry] = {
    "attribution": METHODS,
    "parameterization": PARAMETERIZATIONS,
    "transforms": TRANSFORM_PRESETS,
    "maximization": OPTIMIZERS,
    "pooling": POOLINGS,
    "projection": PROJECTIONS,
    "clustering": CLUSTERINGS,
    "index": INDEXES,
}
"""All whose methods have options here, by the name that stands in front of them in a link."""

LONGEST_TEXT = 4000
"""How many characters of options are read."""

_LONGEST_VALUE = 200
_PICTURE_ID = re.compile(r"own|upload/[0-9a-f]{32}")
_WORDS = {"true": True, "false": False}


@dataclass(frozen=True)
class OwnPicture:
    """A visitor's picture as the value of an option, by its id; "own" before there is one."""

    id: str


NO_PICTURE = OwnPicture("own")


class OptionTexts(Entry):
    """The options of all methods as one choice of a view."""

    def read(self, text: str) -> str | None:
        """The options out of an address, written anew: what makes no sense is left out."""
        return write_options(read_options(whole_parts(text, ";", self.longest))) or None


def places() -> Iterator[tuple[str, Method]]:
    """All methods that have options here, each with its place: its registry and its id, such as "index.ivf"."""
    for name, registry in REGISTRIES.items():
        yield from ((f"{name}.{method.id}", method) for method in registry if method.parameters)


def place_of(method: Method) -> str:
    """Where the options of a method stand: its registry and its id."""
    return next(
        f"{name}.{method.id}"
        for name, registry in REGISTRIES.items()
        if method.id in registry and registry[method.id] == method
    )


def read_options(text: object) -> dict[str, dict[str, Any]]:
    """The options a text names, by place. It may come from an address: what makes no sense is passed over.

    A layer's name is taken as it stands, for a text knows no network.
    """
    found: dict[str, dict[str, Any]] = {}
    for entry in str(text or "")[:LONGEST_TEXT].split(";"):
        named, _, value = entry.partition("=")
        place, _, name = named.rpartition(".")
        place = place if "." in place else _first_place(place)
        parameter = _parameter(place, name)
        if parameter is None:
            continue
        try:
            found.setdefault(place, {})[name] = _read(parameter, unquote(value))
        except (BadInput, KeyError, ValueError):
            continue
    return {place: options for place, options in found.items() if options}


def write_options(options: Mapping[str, Mapping[str, Any]]) -> str:
    """Options by place as a text, without those that are the methods' defaults."""
    entries = (
        f"{place}.{parameter.name}={quote(_written(options[place][parameter.name]), safe='/: ')}"
        for place, method in places()
        for parameter in method.parameters
        if options.get(place, {}).get(parameter.name, parameter.default) != parameter.default
    )
    return ";".join(entries)


def _first_place(method: str) -> str:
    """The place that a link of before means, which names the method alone."""
    return next((f"{name}.{method}" for name, registry in REGISTRIES.items() if method in registry), "")


def _parameter(place: str, name: str) -> Parameter | None:
    registry, _, method = place.partition(".")
    if method not in REGISTRIES.get(registry, ()):
        return None
    return next((each for each in REGISTRIES[registry][method].parameters if each.name == name), None)


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
