"""A method is a function that declares itself: id, name, reference, and the parameters of its signature."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from featviz.errors import BadInput

__all__ = ["Method", "Naming", "Parameter", "Passes", "Range", "Registry"]

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Range:
    """The numbers a parameter takes, both ends included."""

    low: float
    high: float


@dataclass(frozen=True)
class Naming:
    """What a text names, such as "layer": a control can then offer what there is."""

    noun: str


Passes = Callable[..., int]
"""(model, x, target, **complete options) -> how often the network runs, a gradient counted as two passes more."""


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
    """

    name: str
    types: tuple[type, ...]
    default: Any
    range: Range | None = None
    choices: tuple[str, ...] = ()
    names: str = ""
    help: str = ""

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
        if isinstance(value, str) and value in self.choices:
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


@dataclass(frozen=True)
class Method:
    """A registered function and what it says about itself.

    Attributes:
        id: the function's name.
        name: as people write it.
        reference: paper or origin.
        function: what computes.
        summary: the first line of its docstring.
        parameters: its keyword-only parameters, in order.
        passes: its cost, known before it runs.
    """

    id: str
    name: str
    reference: str
    function: Callable[..., Any]
    summary: str
    parameters: tuple[Parameter, ...]
    passes: Passes

    def complete(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Options checked, and defaults for those not given.

        Raises:
            BadInput: an option the method does not have, or a value it does not take.
        """
        known = {parameter.name for parameter in self.parameters}
        unknown = sorted(set(options) - known)
        if unknown:
            takes = f"takes {', '.join(sorted(known))}" if known else "takes no options"
            raise BadInput(f"{self.id} has no option {', '.join(unknown)}: it {takes}.", code="option")
        return {
            parameter.name: parameter.check(options.get(parameter.name, parameter.default))
            for parameter in self.parameters
        }


class Registry:
    """Methods of one kind by id, in the order in which they were registered.

    Args:
        kind: what they are, in the singular, such as "attribution method".
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._methods: dict[str, Method] = {}

    def register(
        self, name: str, *, reference: str, passes: Passes | int = 1
    ) -> Callable[[Function], Function]:
        """Enter a function as a method; its keyword-only arguments become the parameters.

        Args:
            name: as people write it.
            reference: paper or origin.
            passes: how often the network runs, where that does not depend on the options a number.

        Raises:
            ValueError: the id is taken, or a keyword has no default. Both are mistakes in the program.
        """

        def enter(function: Function) -> Function:
            cost = passes if callable(passes) else lambda *_, **__: passes
            method = _declared(function, name, reference, cost)
            if method.id in self._methods:
                raise ValueError(f"There is already a {self.kind} called {method.id}.")
            self._methods[method.id] = method
            return function

        return enter

    def arrange(self, modules: Sequence[str]) -> None:
        """Put the methods in the order of the modules that define them, instead of that of the imports."""
        places = {name: place for place, name in enumerate(modules)}
        last = len(places)
        ordered = sorted(
            self._methods.items(), key=lambda each: places.get(each[1].function.__module__, last)
        )
        self._methods = dict(ordered)

    def __getitem__(self, method: str) -> Method:
        """The method of this id.

        Raises:
            BadInput: with all there are.
        """
        if not isinstance(method, str) or method not in self._methods:
            raise BadInput(
                f"No {self.kind} is called {method!r}: there are {', '.join(self._methods)}.", code="method"
            )
        return self._methods[method]

    def __iter__(self) -> Iterator[Method]:
        """One method after the other."""
        return iter(self._methods.values())

    def __contains__(self, method: object) -> bool:
        """Whether a method has this id."""
        return method in self._methods

    def __len__(self) -> int:
        """Count the methods."""
        return len(self._methods)


_WORDS: dict[type, str] = {
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    str: "a text",
    type(None): "None",
}


def _declared(function: Callable[..., Any], name: str, reference: str, passes: Passes) -> Method:
    identity = function.__name__
    text = inspect.getdoc(function) or ""
    hints, helps = get_type_hints(function, include_extras=True), _helps(text)
    keywords = [
        argument
        for argument in inspect.signature(function).parameters.values()
        if argument.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    bare = [argument.name for argument in keywords if argument.default is inspect.Parameter.empty]
    if bare:
        raise ValueError(f"{identity} needs a default for {', '.join(bare)}.")
    parameters = tuple(
        _parameter(argument.name, hints[argument.name], argument.default, helps.get(argument.name, ""))
        for argument in keywords
    )
    return Method(identity, name, reference, function, text.partition("\n")[0], parameters, passes)


def _parameter(name: str, hint: Any, default: Any, help_text: str) -> Parameter:
    notes: list[Any] = []
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
    bounds = next((note for note in notes if isinstance(note, Range)), None)
    names = next((note.noun for note in notes if isinstance(note, Naming)), "")
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    literals = [part for part in parts if get_origin(part) is Literal]
    choices = tuple(word for literal in literals for word in get_args(literal))
    kinds = tuple(part for part in parts if part not in literals)
    return Parameter(name, kinds, default, bounds, choices, names, help_text)


def _helps(text: str) -> dict[str, str]:
    """What a Google-style docstring says about each argument, on one line."""
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)*)", text, re.MULTILINE)
    found = re.findall(r"^ {4}(\w+): ((?:.*\n?)(?: {5,}.*\n?)*)", section[1] if section else "", re.MULTILINE)
    return {name: " ".join(words.split()) for name, words in found}
