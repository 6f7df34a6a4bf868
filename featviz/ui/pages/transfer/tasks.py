"""The work behind the page Transfer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from featviz.analysis.label_efficiency import label_efficiency, usual_labels
from featviz.errors import BadInput
from featviz.progress import Progress, within
from featviz.training.data import load_training_data
from featviz.ui.pages.transfer.controls import TransferRequest
from featviz.ui.state.live import Policy
from featviz.ui.state.tasks import Task

__all__ = ["POLICY", "transfer_task"]

POLICY = Policy(ask=True, tick=1.0)
_APPROACHES, _BATCH = 3, 32
_PIXEL_SECONDS = 6e-7
_BYTES = 16_384


def transfer_task(request: TransferRequest) -> Task:
    """Read the images, then train with few labels, approach by approach."""
    images = request.seeds * _APPROACHES * 4 * request.steps * _BATCH
    seconds = images * request.model.input_size**2 * _PIXEL_SECONDS
    return Task(
        "transfer",
        ("transfer", *request.key),
        "Transfer",
        partial(_measure, request),
        lambda _: _BYTES,
        seconds,
    )


def _measure(request: TransferRequest) -> Iterator[Progress[object]]:
    images = request.chosen.images
    if images is None:
        raise BadInput(
            "Embeddings without their images cannot be learned from: choose an image set.", code="images"
        )
    data = yield from within(
        load_training_data(images, resolution=request.model.input_size, labels=request.labels, held_out=0.4),
        lambda step: Progress(0, 1, step.note),
    )
    yield from label_efficiency(
        request.model,
        data,
        labels=usual_labels(data),
        seeds=request.seeds,
        steps=request.steps,
        rate=0.01,
    )
