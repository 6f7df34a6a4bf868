"""A process beside the server for minutes of heavy work, which would otherwise want the interpreter that pages need.

It starts with the first such work and stays. Frames come back as they are made, those in between are left out where
the server is busy. Networks go there as what loads them, image sets as what makes their images.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from featviz.errors import Busy, FeatvizError
from featviz.models.model import Model
from featviz.models.sources.spec import ModelSpec
from featviz.progress import Progress, yield_now

__all__ = ["WORKER", "Queued", "Request", "Worker", "is_movable"]

T = TypeVar("T")
_LOOK = 0.1
_WORTH_SECONDS = 10.0
_GONE = (
    "The process that does heavy work has ended, perhaps for want of memory: press *Go on*, or choose less."
)


@dataclass(frozen=True, eq=False)
class Queued(Progress[Any]):
    """Work that waits in the worker's queue: its position, from 1."""

    queue_position: int = 0


@dataclass(frozen=True)
class Request:
    """Work for the worker: a function that gives a generator of `Progress`; its networks come as `ModelSpec`."""

    number: int
    function: Callable[..., Iterator[Progress[Any]]]
    arguments: tuple[Any, ...]
    options: dict[str, Any]


def is_movable(model: Model, seconds: Callable[[], float]) -> bool:
    """Whether work with a network may go to the worker, and is worth it.

    `seconds` tells how long it takes, and is asked last. A network that was wrapped, or uploaded, cannot be loaded
    again there; on a GPU a second process would only take memory of it.
    """
    return (
        os.name == "posix"
        and model.origin is not None
        and model.device.type == "cpu"
        and seconds() > _WORTH_SECONDS
    )


class Worker:
    """The process, which is started when it is needed first, or has ended."""

    def __init__(self) -> None:
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._numbers = count()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None
        self._inboxes: dict[int, queue.SimpleQueue[Any]] = {}
        atexit.register(self.stop)

    def steps(
        self, function: Callable[..., Iterator[Progress[T]]], *arguments: object, **options: object
    ) -> Generator[Progress[T], None, None]:
        """Have a generator function run there; the same `Progress`, but for frames that came too fast.

        Closing it, or an end that `yield_now` raises, ends the work there.

        Raises:
            FeatvizError: whatever the function refuses.
            Busy: the process ended.
        """
        given = tuple(ModelSpec.of(each) if isinstance(each, Model) else each for each in arguments)
        number, inbox = next(self._numbers), queue.SimpleQueue[Any]()
        try:
            self._begin(Request(number, function, given, options), inbox)
            yield from _follow(inbox)
        finally:
            self._inboxes.pop(number, None)
            with contextlib.suppress(OSError, ValueError):
                self._send(number)

    def stop(self) -> None:
        """End the process, and whatever runs there."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
                self._process = None

    def _begin(self, request: Request, inbox: queue.SimpleQueue[Any]) -> None:
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._launch()
            self._inboxes[request.number] = inbox
        try:
            self._send(request)
        except OSError as error:
            raise Busy(_GONE, code="worker") from error

    def _launch(self) -> None:
        here, there = Pipe()
        handle = there.fileno()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __package__, str(handle)],
            stdin=subprocess.DEVNULL,
            pass_fds=[handle],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        there.close()
        self._connection = here
        threading.Thread(target=self._read, args=(here,), daemon=True, name="worker").start()

    def _send(self, message: object) -> None:
        with self._sending:
            if self._connection is None:
                raise OSError("never started")
            self._connection.send(message)

    def _read(self, connection: Connection[Any, Any]) -> None:
        """Hand each message to whoever asked; at the end of the process tell all who wait."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                number, message = connection.recv()
                inbox = self._inboxes.get(number)
                if inbox is not None:
                    inbox.put(message)
        if connection is self._connection:
            for inbox in list(self._inboxes.values()):
                inbox.put(Busy(_GONE, code="worker"))


def _follow(inbox: queue.SimpleQueue[Any]) -> Iterator[Progress[Any]]:
    """What comes: progress, an error, or None at the end."""
    while True:
        yield_now()
        with contextlib.suppress(queue.Empty):
            message = inbox.get(timeout=_LOOK)
            if message is None:
                return
            if isinstance(message, FeatvizError):
                raise message
            if isinstance(message, str):
                raise RuntimeError(message)
            yield message


WORKER = Worker()
"""Of this server."""
