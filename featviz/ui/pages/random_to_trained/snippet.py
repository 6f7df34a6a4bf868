"""The Python that makes the film."""

from __future__ import annotations

from featviz.training.bundle.runs import RUNS
from featviz.ui.pages.random_to_trained.controls import FilmRequest

__all__ = ["film_code"]


def film_code(request: FilmRequest) -> str:
    """Open or train the run, and follow a layer through its epochs."""
    opened = (
        f"from featviz.training.bundle.runs import bundled_run\n\nepochs = bundled_run({request.name!r}).epochs"
        if request.name in RUNS
        else "epochs = [...]  # the epochs of your run: list(featviz.train(...))"
    )
    return f"""from featviz.analysis.film import film
from featviz.progress import finished
{opened}
frames = finished(film(tuple(epochs), {request.layer!r}, method={request.method!r})).frames
[(frame.number, frame.neighbor_accuracy, frame.similarity_to_end) for frame in frames]
model = epochs[3].model  # the network after three epochs, like any other"""
