"""The process of `Worker`: runs what it is asked for by turns, and sends back how far it is."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Iterator
from functools import lru_cache, partial
from multiprocessing.connection import Connection
from typing import Any

from featviz.errors import FeatvizError
from featviz.models.model import Model
from featviz.models.sources.spec import ModelSpec
from featviz.progress import Progress
from featviz.ui.state.jobs import Run
from featviz.ui.state.process import prepare_process
from featviz.ui.state.scheduler import SCHEDULER
from featviz.ui.state.worker.worker import Queued, Request

__all__ = ["serve"]

_TICK = 0.1
_MODELS = 4
_NICE = 1
_loading = threading.Lock()


def serve(connection: Connection[Any, Any]) -> None:
    """Do what comes until the server has ended: a `Request` begins work, its number ends it."""
    runs: dict[int, Run[Progress[Any]]] = {}
    sending = threading.Lock()

    def report(number: int, run: Run[Progress[Any]]) -> None:
        for message in _messages(run):
            with sending:
                connection.send((number, message))
        runs.pop(number, None)

    while True:
        try:
            message = connection.recv()
        except EOFError:
            return
        if isinstance(message, Request):
            run = runs[message.number] = Run(partial(_steps, message), SCHEDULER)
            threading.Thread(target=report, args=(message.number, run), daemon=True, name="report").start()
        elif message in runs:
            runs[message].end()


def _messages(run: Run[Progress[Any]]) -> Iterator[Any]:
    """What is new of a run, ten times a second; at its end the error as it was, or its traceback, or None."""
    sent: object = None
    while True:
        ended = run.wait(_TICK)
        latest, position = run.latest, run.queue_position
        if latest is not None and latest is not sent:
            yield latest
            sent = latest
        if position and not ended:
            yield Queued(0, 0, queue_position=position)
        if ended:
            error = run.error
            plain = isinstance(error, FeatvizError) or error is None
            yield error if plain else "".join(traceback.format_exception(error))
            return


def _steps(request: Request) -> Iterator[Progress[Any]]:
    given = (_load(each) if isinstance(each, ModelSpec) else each for each in request.arguments)
    return request.function(*given, **request.options)


def _load(spec: ModelSpec) -> Model:
    with _loading:
        return _loaded(spec)


@lru_cache(maxsize=_MODELS)
def _loaded(spec: ModelSpec) -> Model:
    model = spec.load()
    _ = model.layers
    return model


if __name__ == "__main__":
    os.nice(_NICE)
    prepare_process()
    serve(Connection(int(sys.argv[1])))
