"""Loops in machine code, off the interpreter's lock."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["compiled", "is_kept"]


@cache
def compiled(loop: Callable[..., None]) -> Callable[..., None]:
    """A function of arrays and numbers as machine code, made at its first call and kept on disk if possible.

    Args:
        loop: the function; its numbers are finite, and nothing is divided by a 0 that an error should tell of.
    """
    import numba

    options: dict[str, Any] = {"nogil": True, "fastmath": True, "error_model": "numpy"}
    try:
        made: Callable[..., None] = numba.njit(cache=True, **options)(loop)
    except RuntimeError:  # no folder to keep it in
        made = numba.njit(**options)(loop)
    return made


def is_kept(loop: Callable[..., None]) -> bool:
    """Whether the machine code of a loop lies on disk, so that its first call need not compile it."""
    made: Any = compiled(loop)
    folder = made.stats.cache_path
    name = f"{Path(loop.__code__.co_filename).stem}.{loop.__qualname__}-*.nbi"
    return folder is not None and any(Path(folder).glob(name))
