"""Loops compiled to machine code by numba, run without the interpreter's lock."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["compiled", "is_cached"]


@cache
def compiled(loop: Callable[..., None]) -> Callable[..., None]:
    """A function of arrays and numbers, compiled at its first call and cached on disk if possible.

    Args:
        loop: the function. It is compiled with `fastmath`, so all its numbers must be finite, and with NumPy's
            error model, so dividing by 0 raises nothing.
    """
    import numba

    options: dict[str, Any] = {"nogil": True, "fastmath": True, "error_model": "numpy"}
    try:
        function: Callable[..., None] = numba.njit(cache=True, **options)(loop)
    except RuntimeError:  # no folder to cache it in
        function = numba.njit(**options)(loop)
    return function


def is_cached(loop: Callable[..., None]) -> bool:
    """Whether the machine code of a loop is cached on disk, so that its first call need not compile it."""
    function: Any = compiled(loop)
    folder = function.stats.cache_path
    name = f"{Path(loop.__code__.co_filename).stem}.{loop.__qualname__}-*.nbi"
    return folder is not None and any(Path(folder).glob(name))
