"""Heavy work in a process beside the server: the same results, an end when it is asked for, plain errors."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput, Busy
from featviz.models.model import Model
from featviz.models.sources.load import load_model
from featviz.models.wrapping import wrap_model
from featviz.progress import Progress, finished
from featviz.representation.extraction.extract import stream
from featviz.store.store import Store
from featviz.ui.state.jobs import Job, Runs
from featviz.ui.state.tasks import RunningTask, Task, run_tasks
from featviz.ui.state.worker.worker import Queued, Worker, is_movable

PLANTED = """
import time
from pathlib import Path
from featviz.progress import Progress

def beat(file):
    for number in range(10_000):
        time.sleep(0.01)
        Path(file).write_text(str(number))
        yield Progress(number, 10_000)

def stumble():
    yield Progress(0, 1)
    raise ZeroDivisionError("planted")
"""


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    folder = tmp_path_factory.mktemp("planted")
    (folder / "planted_work.py").write_text(PLANTED)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        made = Worker()
        yield made
        made.stop()


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("digits-cnn")


def planted(name: str):
    import planted_work  # type: ignore[import-not-found]

    return getattr(planted_work, name)


def beats_on(file: Path) -> bool:
    before = file.read_text()
    time.sleep(0.5)
    return file.read_text() != before


def test_the_same_embeddings_come_back(worker: Worker, model: Model, tmp_path: Path) -> None:
    images, layer = ImageSet.bundled("digits", 40), model.layers[-1].name
    there = finished(worker.steps(stream, model, images, layer, batch=7))
    here = finished(stream(model, images, layer, store=Store(tmp_path / "here")))
    np.testing.assert_allclose(there[layer].vectors, here[layer].vectors, rtol=1e-5, atol=1e-6)
    assert there[layer].ids == here[layer].ids


def test_a_refusal_is_the_same_one(worker: Worker, model: Model) -> None:
    with pytest.raises(BadInput) as refused:
        finished(worker.steps(stream, model, ImageSet.bundled("digits", 2), []))
    assert refused.value.code == "layers"


def test_another_error_is_told_with_where_it_arose(worker: Worker) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)in stumble.*ZeroDivisionError: planted"):
        finished(worker.steps(planted("stumble")))


def test_work_that_is_closed_ends_there(worker: Worker, tmp_path: Path) -> None:
    file = tmp_path / "beat"
    run = worker.steps(planted("beat"), str(file))
    next(run)
    assert beats_on(file)
    run.close()
    time.sleep(0.5)
    assert not beats_on(file)


def test_a_job_nobody_watches_ends_there_too(worker: Worker, tmp_path: Path) -> None:
    file = tmp_path / "beat"
    job = Job("beat", lambda: worker.steps(planted("beat"), str(file)), None, Runs())
    while job.latest is None:
        time.sleep(0.01)
    job.cancel()
    assert job.wait(2)
    time.sleep(0.5)
    assert not beats_on(file)


def test_who_waits_in_the_worker_knows_the_position(worker: Worker, tmp_path: Path) -> None:
    beating = [worker.steps(planted("beat"), str(tmp_path / str(number))) for number in range(4)]
    for each in beating:
        next(each)

    def run() -> Iterator[Progress[object]]:
        return worker.steps(planted("beat"), str(tmp_path / "last"))

    task = Task("beat", ("beat", str(tmp_path)), "Beating", run, lambda _: 0, moved=True)
    running = run_tasks([task])
    first = next(running)
    assert isinstance(first, RunningTask)
    assert first.queue_position == 1
    beating[0].close()
    while next(running).queue_position:
        pass
    running.close()
    for each in beating:
        each.close()


def test_when_the_process_dies_those_who_wait_are_told_and_the_next_work_starts_another(
    worker: Worker, tmp_path: Path
) -> None:
    run = worker.steps(planted("beat"), str(tmp_path / "beat"))
    next(run)
    worker.stop()
    with pytest.raises(Busy, match="has ended"):
        for _ in run:
            pass
    again = worker.steps(planted("beat"), str(tmp_path / "beat"))
    assert not isinstance(next(again), Queued)
    again.close()


def test_short_work_and_networks_that_cannot_be_loaded_again_stay(model: Model) -> None:
    own = wrap_model(
        torch.nn.Flatten(), name="own", transform=lambda _: torch.zeros(3, 8, 8), input_size=8, classes=[]
    )
    assert is_movable(model, lambda: 60)
    assert not is_movable(model, lambda: 1)
    assert not is_movable(own, lambda: 60)
