"""Old names that still work for one version, with a warning."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = ["renamed_argument"]

P = ParamSpec("P")
T = TypeVar("T")


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
