"""The work behind the page From random to trained."""

from __future__ import annotations

from functools import partial
from typing import cast

from featviz.analysis.film import Film, film
from featviz.ui.pages.random_to_trained.controls import FilmRequest
from featviz.ui.state.live import Policy
from featviz.ui.state.tasks import Task

__all__ = ["POLICY", "film_task"]

POLICY = Policy(quick=2.0, tick=0.5)


def film_task(request: FilmRequest) -> Task:
    """Run the probe set through the network of each epoch."""
    epochs = tuple(request.run.epochs)
    return Task(
        "film",
        ("film", *request.key, request.method),
        "The features of each epoch",
        partial(film, epochs, request.layer, method=request.method),
        _bytes,
    )


def _bytes(result: object) -> int:
    return sum(frame.points.nbytes + 512 for frame in cast(Film, result).frames)
