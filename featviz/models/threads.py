"""Computing in one thread: a small network's pass is so short that several threads mostly wait for each other."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import torch

__all__ = ["one_thread"]

_OPENMP = ("libgomp*", "libomp*", "libiomp5*")
_MKL = ("libtorch_cpu.so", "libtorch_cpu.dylib")


@contextmanager
def one_thread() -> Iterator[None]:
    """Have this thread's passes use no other thread during the `with`; passes of other threads keep theirs.

    OpenMP and MKL keep the number of each thread, where `torch.set_num_threads` is one setting for the process.
    Where neither library is with torch nothing changes, and passes take as many threads as before.
    """
    before = torch.get_num_threads()  # a new thread takes over torch's number here, not later
    openmp, mkl = _setters()
    openmp(1)
    before_mkl = mkl(1)
    try:
        yield
    finally:
        mkl(before_mkl)
        openmp(before)


@cache
def _setters() -> tuple[Callable[[int], object], Callable[[int], int]]:
    """What sets the calling thread's number in OpenMP, and in MKL, which gives the number before."""
    return (
        _function(_OPENMP, "omp_set_num_threads") or (lambda _count: None),
        _function(_MKL, "MKL_Set_Num_Threads_Local") or (lambda _count: 0),
    )


def _function(libraries: tuple[str, ...], name: str) -> Callable[[int], int] | None:
    """A function of the first of some libraries of torch that has it."""
    for path in (each for pattern in libraries for each in sorted(_folder().glob(pattern))):
        with suppress(OSError, AttributeError):
            function: Callable[[int], int] = getattr(ctypes.CDLL(str(path)), name)
            return function
    return None


def _folder() -> Path:
    return Path(torch.__file__).parent / "lib"
