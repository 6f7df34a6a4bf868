"""A method is a function that declares itself: id, name, reference, and the parameters of its signature."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from featviz.deprecation import respelled_with_warning
from featviz.errors import BadInput
from featviz.parameter import Level, Naming, Parameter, Range, read_parameters

__all__ = ["Level", "Method", "Naming", "Parameter", "Passes", "Preset", "Range", "Registry", "SumsTo"]

Function = TypeVar("Function", bound=Callable[..., Any])


Passes = Callable[..., int]
"""(model, x, target, **complete options) -> how often the network runs, a gradient counted as two passes more."""


@dataclass(frozen=True)
class SumsTo:
    """The completeness axiom of an attribution method: what the values of its map sum to.

    Attributes:
        quantity: f(x) - f(baseline), where the method has a baseline; else f(x).
        steps: the option that makes the error smaller, such as the number of integration steps; "" for none.
        drawn: whether a baseline is drawn at random for each sample, so that only their mean is known.
        single: whether a single baseline is drawn, whatever the number of samples.
        unless: the condition under which an error is expected; "" for none.
    """

    quantity: Literal["f(x)", "f(x) - f(baseline)"]
    steps: str = ""
    drawn: bool = False
    single: bool = False
    unless: str = ""

    @property
    def compares(self) -> bool:
        """Whether the baseline's value f(baseline) is subtracted."""
        return self.quantity != "f(x)"


@dataclass(frozen=True)
class Preset:
    """Options of a method that belong together.

    Attributes:
        options: those that differ from the defaults.
        origin: where they come from, where they are somebody's.
    """

    options: Mapping[str, Any]
    origin: str = ""


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
        passes: its cost in forward passes, known before it runs.
        sums_to: what its values sum to, where it satisfies completeness.
        presets: its options by the preset's id; without an entry the defaults are taken.
        lesson: the file of its lesson, "<page>/<file>"; "" where its docstring is all there is.
    """

    id: str
    name: str
    reference: str
    function: Callable[..., Any]
    summary: str
    parameters: tuple[Parameter, ...]
    passes: Passes
    sums_to: SumsTo | None = None
    presets: Mapping[str, Preset] = field(default_factory=dict)
    lesson: str = ""

    def complete(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Options checked, and defaults for those not given.

        Raises:
            BadInput: an option the method does not have, or a value it does not take.
        """
        known = {parameter.name for parameter in self.parameters}
        options = {respelled_with_warning(name, known): value for name, value in options.items()}
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
        self,
        name: str,
        *,
        reference: str,
        passes: Passes | int = 1,
        sums_to: SumsTo | None = None,
        presets: Mapping[str, Preset] | None = None,
        lesson: str = "",
    ) -> Callable[[Function], Function]:
        """Enter a function as a method; its keyword-only arguments become the parameters.

        Args:
            name: as people write it.
            reference: paper or origin.
            passes: how often the network runs, where that does not depend on the options a number.
            sums_to: what its values sum to, where it satisfies completeness.
            presets: its options by the preset's id.
            lesson: the file of its lesson, "<page>/<file>".

        Raises:
            ValueError: the id is taken, a keyword has no default, or a preset or the promise names an option that
                the method does not take. All are mistakes in the program.
        """

        def enter(function: Function) -> Function:
            cost = passes if callable(passes) else lambda *_, **__: passes
            method = replace(
                _declared(function, name, reference, cost),
                sums_to=sums_to,
                presets=presets or {},
                lesson=lesson,
            )
            if method.id in self._methods:
                raise ValueError(f"There is already a {self.kind} called {method.id}.")
            _require_options(method)
            self._methods[method.id] = method
            return function

        return enter

    def discover(self, package: str, first: Sequence[str] = ()) -> None:
        """Import every module of a package: a method is added by adding its file.

        Args:
            package: its full name; called from its own `__init__` when that has imported what it needs.
            first: names of modules in it, whose methods stand in this order before all others.
        """
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}."):
            importlib.import_module(module.name)
        self.arrange([f"{package}.{name}" for name in first])

    def arrange(self, modules: Sequence[str]) -> None:
        """Put the methods in the order of the modules that define them, instead of that of the imports."""
        positions = {name: position for position, name in enumerate(modules)}
        last = len(positions)
        ordered = sorted(
            self._methods.items(), key=lambda each: positions.get(each[1].function.__module__, last)
        )
        self._methods = dict(ordered)

    def __getitem__(self, method: str) -> Method:
        """The method of this id.

        Raises:
            BadInput: with all there are.
        """
        present = respelled_with_warning(method, self._methods) if isinstance(method, str) else ""
        if present not in self._methods:
            raise BadInput(
                f"No {self.kind} is called {method!r}: there are {', '.join(self._methods)}.", code="method"
            )
        return self._methods[present]

    def __iter__(self) -> Iterator[Method]:
        """One method after the other."""
        return iter(self._methods.values())

    def __contains__(self, method: object) -> bool:
        """Whether a method has this id."""
        return method in self._methods

    def __len__(self) -> int:
        """Count the methods."""
        return len(self._methods)


def _declared(function: Callable[..., Any], name: str, reference: str, passes: Passes) -> Method:
    summary = (inspect.getdoc(function) or "").partition("\n")[0]
    return Method(function.__name__, name, reference, function, summary, read_parameters(function), passes)


def _require_options(method: Method) -> None:
    """A preset or a promise that names what the method does not take is a mistake in the program."""
    try:
        for preset in method.presets.values():
            method.complete(preset.options)
        if method.sums_to and method.sums_to.steps:
            method.complete({})[method.sums_to.steps]
    except (BadInput, KeyError) as error:
        raise ValueError(f"{method.id} declares an option that it does not take: {error}") from error
