"""Old names that still work for one version, with a warning."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Container
from functools import wraps
from typing import Any, ParamSpec, TypeVar

__all__ = ["renamed_argument", "renamed_attribute", "respelled", "respelled_with_warning"]

P = ParamSpec("P")
T = TypeVar("T")

_SPELLINGS = {
    "colours": "colors",
    "localisation": "localization",
    "neighbour_overlap": "neighbor_overlap",
    "randomisation": "randomization",
}
"""Words of calls and links as they were spelled, and as torch, scikit-learn and plotly spell them."""


def renamed_argument(old: str, new: str, kind: type = object) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let a function take a keyword argument under its old name as well.

    Args:
        old: the name that ends.
        new: the name in the signature.
        kind: what the old argument was, where its name is now that of an argument of another kind.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def call(*args: P.args, **options: P.kwargs) -> T:
            if old in options and isinstance(options[old], kind):
                text = f"{function.__name__}({old}=...) is called {new} now."
                warnings.warn(text, DeprecationWarning, stacklevel=2)
                options[new] = options.pop(old)
            return function(*args, **options)

        return call

    return decorate


def renamed_attribute(old: str, new: str) -> property:
    """An attribute that is still read under its old name."""

    def read(self: Any) -> Any:
        warnings.warn(f"{type(self).__name__}.{old} is called {new} now.", DeprecationWarning, stacklevel=2)
        return getattr(self, new)

    return property(read, doc=f"The old name of `{new}`.")


def respelled(word: str, known: Container[str]) -> str:
    """A word that is not known in the spelling in which it is; any other as it stands."""
    today = _SPELLINGS.get(word, word)
    return today if word not in known and today in known else word


def respelled_with_warning(word: str, known: Container[str]) -> str:
    """The same for a word out of somebody's program, who is told the new spelling."""
    today = respelled(word, known)
    if today != word:
        warnings.warn(f"{word!r} is spelled {today!r} now.", DeprecationWarning, stacklevel=3)
    return today
