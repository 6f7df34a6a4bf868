"""Work of a library that calls back, turned into pieces: it shows how far it is, and can be stopped between calls."""

import queue
import threading
from collections.abc import Callable, Iterator

from torch import Tensor

from featviz.explain.attribution.registry import Partial

__all__ = ["piecewise"]


class _Ended(BaseException):
    """Nobody wants the result any more. Not an Exception, so that no library catches it."""


def piecewise(
    work: Callable[[Callable[[int], None]], Tensor], total: int, empty: Tensor
) -> Iterator[Partial]:
    """Run work in a thread of its own, which stands still whenever the iterator does; closing it ends the thread.

    Args:
        work: is given a function to call before each piece, with how many came before, and returns the result.
        total: pieces there are, about.
        empty: what is known before the end.

    Yields:
        A `Partial` for each piece, the last with the result.
    """
    told: queue.SimpleQueue[int | Tensor | Exception] = queue.SimpleQueue()
    wanted, ended = threading.Semaphore(0), threading.Event()

    def tell(done: int) -> None:
        told.put(done)
        wanted.acquire()
        if ended.is_set():
            raise _Ended

    def run() -> None:
        try:
            told.put(work(tell))
        except Exception as error:
            told.put(error)
        except _Ended:
            pass

    thread = threading.Thread(target=run, daemon=True, name="attribution")
    thread.start()
    try:
        while isinstance(news := told.get(), int):
            yield Partial(min(news, total - 1), total, empty)
            wanted.release()
        if isinstance(news, Exception):
            raise news
        yield Partial(total, total, news)
    finally:
        ended.set()
        wanted.release()
        thread.join()
