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

from featviz.deprecation import respelled
from featviz.errors import BadInput
from featviz.explain.attribution.registry import METHODS
from featviz.explain.maximization.config import OPTIMIZERS
from featviz.explain.maximization.parameterizations import PARAMETERIZATIONS
from featviz.explain.maximization.transform_presets import TRANSFORM_PRESETS
from featviz.parameter import reaches
from featviz.registry import Method, Parameter, Registry
from featviz.representation.clusters import CLUSTERINGS
from featviz.representation.descriptors import DESCRIPTORS
from featviz.representation.extraction.pooling import POOLINGS
from featviz.representation.fusion import FUSIONS
from featviz.representation.projection import PROJECTIONS
from featviz.representation.search.registry import INDEXES
from featviz.representation.similarity import MEASURES
from featviz.training.methods import TRAINING_METHODS
from featviz.training.networks import NETWORKS
from featviz.training.settings import SETTINGS
from featviz.ui.state.view_state import Entry, whole_parts

__all__ = [
    "LARGEST",
    "LONGEST_TEXT",
    "NO_IMAGE",
    "REGISTRIES",
    "OptionTexts",
    "UploadedImage",
    "method_key",
    "methods_with_options",
    "read_options",
    "shown_parameters",
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
    "similarity": MEASURES,
    "descriptor": DESCRIPTORS,
    "fusion": FUSIONS,
    "network": NETWORKS,
    "training": TRAINING_METHODS,
    "run": SETTINGS,
}
"""All whose methods have options here, by the name that stands in front of them in a link."""

LONGEST_TEXT = 4000
"""How many characters of options are read."""

_LONGEST_VALUE = 200
_IMAGE_ID = re.compile(r"own|upload/[0-9a-f]{32}")
_WORDS = {"true": True, "false": False}


@dataclass(frozen=True)
class UploadedImage:
    """A user's image as the value of an option, by its id; "own" before there is one."""

    id: str


NO_IMAGE = UploadedImage("own")


class OptionTexts(Entry):
    """The options of all methods as one choice of a view."""

    def read(self, text: str) -> str | None:
        """The options out of an address, written anew: what makes no sense is left out."""
        return write_options(read_options(whole_parts(text, ";", self.longest))) or None


def methods_with_options() -> Iterator[tuple[str, Method]]:
    """All methods that have options here, each with its key: its registry and its id, such as "index.ivf"."""
    for name, registry in REGISTRIES.items():
        yield from ((f"{name}.{method.id}", method) for method in registry if method.parameters)


def method_key(method: Method) -> str:
    """The key of a method's options: its registry and its id."""
    return next(
        f"{name}.{method.id}"
        for name, registry in REGISTRIES.items()
        if method.id in registry and registry[method.id] == method
    )


def shown_parameters(method: Method, level: str, text: str) -> list[Parameter]:
    """The parameters that have a control at a level: first shown there or before, or changed in a text of options."""
    changed = read_options(text).get(method_key(method), {})
    return [
        each
        for each in method.parameters
        if reaches(level, each.level) or changed.get(each.name, each.default) != each.default
    ]


def read_options(text: object) -> dict[str, dict[str, Any]]:
    """The options a text names, by key. It may come from an address: what makes no sense is passed over.

    A layer's name is taken as it stands, for a text knows no network.
    """
    chosen: dict[str, dict[str, Any]] = {}
    for entry in str(text or "")[:LONGEST_TEXT].split(";"):
        named, _, value = entry.partition("=")
        key, _, name = named.rpartition(".")
        key = key if "." in key else _first_key(key)
        parameter = _parameter(key, name)
        if parameter is None:
            continue
        try:
            chosen.setdefault(key, {})[parameter.name] = _read(parameter, unquote(value))
        except (BadInput, KeyError, ValueError):
            continue
    return {key: options for key, options in chosen.items() if options}


def write_options(options: Mapping[str, Mapping[str, Any]]) -> str:
    """Options by key as a text, without those that are the methods' defaults."""
    entries = (
        f"{key}.{parameter.name}={quote(_written(options[key][parameter.name]), safe='/: ')}"
        for key, method in methods_with_options()
        for parameter in method.parameters
        if options.get(key, {}).get(parameter.name, parameter.default) != parameter.default
    )
    return ";".join(entries)


def _first_key(method: str) -> str:
    """The key that a link of before means, which names the method alone."""
    return next((f"{name}.{method}" for name, registry in REGISTRIES.items() if method in registry), "")


def _parameter(key: str, name: str) -> Parameter | None:
    registry, _, method = key.partition(".")
    if method not in REGISTRIES.get(registry, ()):
        return None
    known = {each.name: each for each in REGISTRIES[registry][method].parameters}
    return known.get(respelled(name, known))


def _read(parameter: Parameter, text: str) -> Any:
    text = respelled(text, parameter.choices)
    if text in parameter.choices:
        return text
    if Tensor in parameter.types and _IMAGE_ID.fullmatch(text):
        return UploadedImage(text)
    if text == "" and type(None) in parameter.types:
        return None
    if len(text) > _LONGEST_VALUE:
        raise ValueError(f"{len(text)} characters are no option.")
    kind = next((kind for kind in _READERS if kind in parameter.types), None)
    if kind is None:
        raise ValueError(f"{parameter.name} takes {parameter.expected}.")
    return parameter.check(_READERS[kind](text))


def _integer(text: str) -> int:
    number = int(text)
    if abs(number) > LARGEST:
        raise ValueError(f"{text} is beyond what a browser counts.")
    return number


_READERS: dict[type, Callable[[str], Any]] = {bool: _WORDS.__getitem__, float: float, int: _integer, str: str}


def _written(value: Any) -> str:
    if isinstance(value, UploadedImage):
        return value.id
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)
