"""What a keyword of a method takes, read from its signature and its docstring."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from featviz.deprecation import respelled_with_warning
from featviz.errors import BadInput

__all__ = ["LEVELS", "Level", "Naming", "Parameter", "Range", "reaches", "read_parameters"]

LEVELS = ("basic", "more", "all")
"""How many controls are shown: those one needs, those that are changed most, and all there are."""


@dataclass(frozen=True)
class Range:
    """The numbers a parameter takes, both ends included."""

    low: float
    high: float


@dataclass(frozen=True)
class Naming:
    """What a text option names, such as "layer", so that a control can offer the existing names."""

    noun: str


@dataclass(frozen=True)
class Level:
    """The first of `LEVELS` at which there is a control for a parameter; another word for none: in Python alone."""

    name: str


@dataclass(frozen=True)
class Parameter:
    """One keyword of a method.

    Attributes:
        name: the keyword.
        types: what a value may be an instance of; a parameter of choices alone has none.
        default: used where the keyword is not given.
        range: of a number, where it is bounded.
        choices: the words it takes, where it is a choice.
        names: what it names, such as "layer", where it is the name of something.
        help: what the method's docstring says about it.
        level: the first of `LEVELS` at which there is a control for it.
    """

    name: str
    types: tuple[type, ...]
    default: Any
    range: Range | None = None
    choices: tuple[str, ...] = ()
    names: str = ""
    help: str = ""
    level: str = LEVELS[0]

    @property
    def expected(self) -> str:
        """What it takes, in words."""
        kinds = [_WORDS.get(kind, kind.__name__) for kind in self.types]
        bounds = f" from {self.range.low:g} to {self.range.high:g}" if self.range else ""
        return " or ".join([*map(repr, self.choices), *kinds]) + bounds

    def check(self, value: Any) -> Any:
        """The value as the method takes it: a whole number where a real one is expected becomes real.

        Raises:
            BadInput: another kind of value, or one outside the range.
        """
        if isinstance(value, str):
            value = respelled_with_warning(value, self.choices)
            if value in self.choices:
                return value
        if float in self.types and type(value) is int:
            value = float(value)
        if not self._fits(value):
            raise BadInput(f"{self.name} takes {self.expected}; {value!r} came.", code="option")
        return value

    def _fits(self, value: Any) -> bool:
        if isinstance(value, bool) and bool not in self.types:
            return False
        if not isinstance(value, self.types):
            return False
        if isinstance(value, float) and not math.isfinite(value):
            return False
        return not isinstance(value, (int, float)) or self._within(value)

    def _within(self, value: float) -> bool:
        return self.range is None or self.range.low <= value <= self.range.high


_WORDS: dict[type, str] = {
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    str: "a text",
    type(None): "None",
}


def read_parameters(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The keyword-only arguments of a function, in order.

    Raises:
        ValueError: one has no default, which is a mistake in the program.
    """
    hints, helps = get_type_hints(function, include_extras=True), _helps(inspect.getdoc(function) or "")
    keywords = [
        argument
        for argument in inspect.signature(function).parameters.values()
        if argument.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    bare = [argument.name for argument in keywords if argument.default is inspect.Parameter.empty]
    if bare:
        raise ValueError(f"{function.__name__} needs a default for {', '.join(bare)}.")
    return tuple(
        _parameter(argument.name, hints[argument.name], argument.default, helps.get(argument.name, ""))
        for argument in keywords
    )


def reaches(level: str, first: str) -> bool:
    """Whether one of `LEVELS` is the one at which something is first shown, or a later one."""
    return first in LEVELS[: LEVELS.index(level) + 1]


def _parameter(name: str, hint: Any, default: Any, help_text: str) -> Parameter:
    notes: list[Any] = []
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
    bounds = next((note for note in notes if isinstance(note, Range)), None)
    names = next((note.noun for note in notes if isinstance(note, Naming)), "")
    level = next((note.name for note in notes if isinstance(note, Level)), LEVELS[0])
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    literals = [part for part in parts if get_origin(part) is Literal]
    choices = tuple(word for literal in literals for word in get_args(literal))
    kinds = tuple(part for part in parts if part not in literals)
    return Parameter(name, kinds, default, bounds, choices, names, help_text, level)


def _helps(text: str) -> dict[str, str]:
    """What a Google-style docstring says about each argument, on one line."""
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)*)", text, re.MULTILINE)
    entries = re.findall(
        r"^ {4}(\w+): ((?:.*\n?)(?: {5,}.*\n?)*)", section[1] if section else "", re.MULTILINE
    )
    return {name: " ".join(words.split()) for name, words in entries}
