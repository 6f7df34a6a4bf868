"""A library function with a callback as an iterator: it reports progress and can be stopped between calls."""

import queue
import threading
from collections.abc import Callable, Iterator

from torch import Tensor

from featviz.explain.attribution.registry import Partial

__all__ = ["iterate_callbacks"]


class _Ended(BaseException):
    """The iterator was closed. Not an Exception, so that no library catches it."""


def iterate_callbacks(
    work: Callable[[Callable[[int], None]], Tensor], total: int, empty: Tensor
) -> Iterator[Partial]:
    """Run work in its own thread, which waits whenever the iterator is not advanced; closing it ends the thread.

    Args:
        work: is given a function to call before each piece, with how many came before, and returns the result.
        total: pieces there are, about.
        empty: what is known before the end.

    Yields:
        A `Partial` for each piece, the last with the result.
    """
    messages: queue.SimpleQueue[int | Tensor | Exception] = queue.SimpleQueue()
    resume, ended = threading.Semaphore(0), threading.Event()

    def tell(done: int) -> None:
        messages.put(done)
        resume.acquire()
        if ended.is_set():
            raise _Ended

    def run() -> None:
        try:
            messages.put(work(tell))
        except Exception as error:
            messages.put(error)
        except _Ended:
            pass

    thread = threading.Thread(target=run, daemon=True, name="attribution")
    thread.start()
    try:
        while isinstance(message := messages.get(), int):
            yield Partial(min(message, total - 1), total, empty)
            resume.release()
        if isinstance(message, Exception):
            raise message
        yield Partial(total, total, message)
    finally:
        ended.set()
        resume.release()
        thread.join()
