"""The work behind the page Train: images read and checked, then a run that all who ask for it watch."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from featviz.errors import BadInput
from featviz.progress import Progress
from featviz.store.store import shared_store
from featviz.training.checkpoint import learn_resumed
from featviz.training.cost import expected_seconds
from featviz.training.data import TrainingData, load_training_data
from featviz.training.run import TrainingRun, prepare
from featviz.training.trained_source import keep_trained, trained_name
from featviz.ui.pages.train.controls import TrainRequest
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.live import Policy
from featviz.ui.state.tasks import Task, cached_result

__all__ = [
    "DATA_POLICY",
    "RUN_POLICY",
    "Prepared",
    "data_task",
    "finished_run",
    "known_data",
    "prepared",
    "run_task",
]

DATA_POLICY = Policy(quick=1.5, tick=0.5)
RUN_POLICY = Policy(ask=True, tick=0.7)
_READ_SECONDS = 0.002
_MOST_FOLDERS = 40


@dataclass(frozen=True)
class Prepared:
    """What is known of a run before it begins.

    Attributes:
        seconds: how long it will take.
        learning, parameters: how many parameters learn, of all.
        name: what its network will be called.
    """

    seconds: float
    learning: int
    parameters: int
    name: str


def data_task(request: TrainRequest) -> Task:
    """Read the images."""
    key = ("training data", *_data_key(request))
    count = len(request.chosen)
    return Task(
        "training data", key, "Reading images", partial(_read, request), _data_bytes, _READ_SECONDS * count
    )


def run_task(request: TrainRequest, data: TrainingData, seconds: float) -> Task:
    """Train; a run that was stopped goes on after its last whole epoch, also after the server was restarted."""
    key = ("training run", *request.key)
    return Task("training", key, "Training", partial(_learn, request, data), _run_bytes, seconds)


def prepared(request: TrainRequest, data: TrainingData) -> Prepared:
    """What the run will cost, or why it cannot be.

    Raises:
        BadInput: a setting that does not fit the images.
    """

    def make() -> Prepared:
        run = _prepare(request, data)
        return Prepared(expected_seconds(run), *run.parameter_counts, trained_name(run))

    return FEATURES.compute(("training cost", *request.key), make, lambda _: 256)


def finished_run(request: TrainRequest, data: TrainingData) -> TrainingRun | None:
    """The run, if it is finished and kept."""
    result = cached_result(run_task(request, data, 0.0))
    return result if isinstance(result, TrainingRun) else None


def known_data(request: TrainRequest) -> TrainingData | None:
    """The images, once they are read."""
    result = cached_result(data_task(request))
    return result if isinstance(result, TrainingData) else None


def _data_key(request: TrainRequest) -> tuple[object, ...]:
    return (request.chosen.content or request.chosen.id, request.resolution, request.labels, request.seed)


def _read(request: TrainRequest) -> Iterator[Progress[object]]:
    images = request.chosen.images
    if images is None:
        raise BadInput(
            "Embeddings without their images cannot be learned from: choose an image set.", code="images"
        )
    yield from load_training_data(
        images, resolution=request.resolution, labels=request.labels, seed=request.seed
    )


def _prepare(request: TrainRequest, data: TrainingData) -> TrainingRun:
    return prepare(
        request.network,
        data,
        method=request.method,
        epochs=request.epochs,
        seed=request.seed,
        **request.options,
    )


def _learn(request: TrainRequest, data: TrainingData) -> Iterator[Progress[object]]:
    run = _prepare(request, data)
    yield from cast(Iterator[Progress[object]], learn_resumed(run, _folder(run)))
    keep_trained(run)  # here, for the visitor may have left the page


def _folder(run: TrainingRun) -> Path | None:
    """Where this run's checkpoints lie; the forty used last are kept."""
    store = shared_store().folder
    if store is None:
        return None
    runs = store.parent / "runs"
    name = hashlib.sha256(f"{run.spec.key}{run.data.digest}".encode()).hexdigest()[:32]
    if runs.is_dir():
        others = sorted((each for each in runs.iterdir() if each.name != name), key=os.path.getmtime)
        for old in others[: max(0, len(others) - _MOST_FOLDERS + 1)]:
            shutil.rmtree(old, ignore_errors=True)
    return runs / name


def _data_bytes(result: object) -> int:
    return cast(TrainingData, result).images.nbytes


def _run_bytes(result: object) -> int:
    run = cast(TrainingRun, result)
    weights = sum(value.nbytes for epoch in run.epochs for value in epoch.weights.values())
    return run.data.images.nbytes + weights + 512 * len(run.steps)
