"""Long work: what is found is kept, refusals too; what was stopped starts anew only when asked."""

import time
from collections.abc import Iterator

import pytest

from featviz.errors import BadInput
from featviz.progress import Progress
from featviz.ui.state import tasks as work
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.jobs import Jobs
from featviz.ui.state.tasks import (
    Refusal,
    RunningTask,
    Task,
    cached_result,
    current,
    duration,
    run_tasks,
    start,
)


@pytest.fixture(autouse=True)
def jobs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    own = Jobs()
    monkeypatch.setattr(work, "jobs", lambda: own)
    yield own
    own.close()
    FEATURES.clear()


def task(name: str, steps: int = 3, pause: float = 0.0, error: Exception | None = None) -> Task:
    def run() -> Iterator[Progress[str]]:
        for step in range(1, steps + 1):
            time.sleep(pause)
            yield Progress(step, steps, result=f"{name} {step}")
        if error is not None:
            raise error

    return Task("kind", ("test", name), name, run, lambda _found: 10, seconds=1.0)


def test_the_last_result_is_kept_for_everybody() -> None:
    tasks = [task("first"), task("second")]
    seen = list(run_tasks(tasks))
    assert [cached_result(each) for each in tasks] == ["first 3", "second 3"]
    assert [(doing.number, doing.done) for doing in seen] == [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)]
    assert list(run_tasks(tasks)) == []


def test_a_refusal_is_kept_and_the_others_are_made() -> None:
    tasks = [task("bad", error=BadInput("No such layer.", code="layer")), task("good")]
    list(run_tasks(tasks))
    assert cached_result(tasks[0]) == Refusal("No such layer.")
    assert cached_result(tasks[1]) == "good 3"


def test_time_left_counts_what_comes_after() -> None:
    tasks = [task("first", steps=2, pause=0.02), task("second")]
    doing = next(run_tasks(tasks))
    left = doing.seconds_left
    assert left is not None
    assert 1.0 < left < 2.0


def test_what_comes_before_the_first_piece_is_no_pace() -> None:
    def run() -> Iterator[Progress[None]]:
        for done in (0, 0, 1):
            time.sleep(0.3 if not done else 0.01)
            yield Progress(done, 11)

    *_, last = run_tasks([Task("kind", ("test", "late"), "late", run, lambda _found: 10)])
    assert last.seconds_left is not None
    assert last.seconds_left < 2


def test_nothing_runs_where_everything_is_there(jobs: Jobs) -> None:
    tasks = [task("there")]
    list(run_tasks(tasks))
    assert start(tasks) is None
    assert jobs.get("kind") is None


def test_what_was_stopped_starts_anew_only_when_asked(jobs: Jobs) -> None:
    tasks = [task("long", steps=10_000, pause=0.002)]
    job = start(tasks)
    assert job is not None
    while current(tasks[0]) is None:
        time.sleep(0.001)
    job.cancel()
    assert job.wait(1)
    assert start(tasks) is job
    assert cached_result(tasks[0]) is None
    assert isinstance(current(tasks[0]), RunningTask)
    jobs.restart("kind")
    assert jobs.get("kind") is not job


def test_other_work_supersedes_it(jobs: Jobs) -> None:
    first = start([task("long", steps=10_000, pause=0.002)])
    assert first is not None
    second = start([task("other")])
    assert second is not None
    assert first.wait(1)
    assert second.wait(1)
    assert first.cancelled
    assert jobs.get("kind") is second


def test_an_error_that_is_no_refusal_ends_the_job_and_is_told() -> None:
    job = start([task("broken", error=ZeroDivisionError())])
    assert job is not None
    assert job.wait(1)
    assert isinstance(job.error, ZeroDivisionError)


@pytest.mark.parametrize(("seconds", "words"), [(3.6, "4 s"), (89, "89 s"), (600, "10 min")])
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
