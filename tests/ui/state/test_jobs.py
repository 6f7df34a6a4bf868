import threading
import time
from collections.abc import Callable, Iterator

import pytest

from featviz.progress import yield_now
from featviz.ui.state.jobs import Job, Jobs, Runs, end_all
from featviz.ui.state.scheduler import Scheduler


def _until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_a_long_job_lets_others_in_between_its_steps() -> None:
    scheduler, closed = Scheduler(1), threading.Event()
    job = Job("long", lambda: _count(closed), scheduler)
    _until(lambda: job.latest is not None)
    for _ in range(5):
        served = scheduler.enlist()
        with scheduler.turns(served):
            assert job.running
        scheduler.dismiss(served)
    job.cancel()
    assert job.wait(1)


def test_a_long_step_lets_others_in_where_it_gives_way() -> None:
    scheduler, go_on = Scheduler(1, turn_length=0.001), threading.Event()

    def steps() -> Iterator[int]:
        while not go_on.is_set():
            time.sleep(0.002)
            yield_now()
        yield 1

    job, other = Job("one step", steps, scheduler), scheduler.enlist()
    with scheduler.turns(other):
        go_on.set()
    scheduler.dismiss(other)
    assert job.wait(5)
    assert (job.latest, job.error) == (1, None)


def _count(closed: threading.Event, steps: int = 10**6) -> Iterator[int]:
    try:
        for step in range(steps):
            time.sleep(0.001)
            yield step
    finally:
        closed.set()


def test_a_job_runs_to_its_end_and_keeps_the_last_frame() -> None:
    closed = threading.Event()
    job = Job("count", lambda: _count(closed, steps=5), scheduler=None)
    assert job.wait(5)
    assert (job.latest, job.error, job.running) == (4, None, False)


def test_a_canceled_job_stops_at_its_next_step_and_releases_what_it_holds() -> None:
    closed = threading.Event()
    job = Job("count", lambda: _count(closed), scheduler=Scheduler(1))
    while job.latest is None:
        time.sleep(0.001)
    started = time.monotonic()
    job.cancel()
    assert job.wait(1)
    assert time.monotonic() - started < 1
    assert closed.is_set()
    assert job.error is None


def test_a_job_canceled_within_a_step_stops_where_it_gives_way() -> None:
    closed = threading.Event()

    def steps() -> Iterator[int]:
        try:
            while True:
                try:
                    time.sleep(0.001)
                    yield_now()
                except Exception:
                    pytest.fail("what keeps errors keeps no end")
        finally:
            yield_now()
            closed.set()
        yield 1

    job = Job("one step", steps, Scheduler(1))
    job.cancel()
    assert job.wait(1)
    assert job.error is None


def test_a_job_canceled_while_it_waits_never_starts() -> None:
    scheduler, started = Scheduler(1), threading.Event()

    def steps() -> Iterator[int]:
        started.set()
        yield 1

    served = scheduler.enlist()
    with scheduler.turns(served):
        job = Job("late", steps, scheduler)
        job.cancel()
        assert job.wait(2)
    scheduler.dismiss(served)
    assert not started.is_set()
    assert job.error is None


def test_a_job_in_the_queue_knows_its_place_and_is_not_refused() -> None:
    scheduler, closed = Scheduler(1, at_once=1), [threading.Event() for _ in range(3)]
    jobs = [
        Job(("queue", number), lambda number=number: _count(closed[number]), scheduler) for number in range(3)
    ]  # type: ignore[misc]
    assert [job.queue_position for job in jobs] == [0, 1, 2]
    jobs[0].cancel()
    _until(lambda: [job.queue_position for job in jobs[1:]] == [0, 1])
    jobs[2].cancel()
    assert jobs[2].wait(1)
    assert not closed[2].is_set()
    jobs[1].cancel()
    assert jobs[1].wait(1)


def test_equal_jobs_are_one_that_all_who_asked_watch() -> None:
    runs, started, closed = Runs(), list[int](), threading.Event()

    def steps() -> Iterator[int]:
        started.append(1)
        yield from _count(closed)

    first, second = (Job("same", steps, None, runs) for _ in range(2))
    _until(lambda: first.latest is not None)
    assert second.latest is not None
    assert started == [1]
    first.cancel()
    assert (first.running, first.cancelled) == (False, True)
    at_leaving, now = first.latest, second.latest
    _until(lambda: (second.latest or 0) > (now or 0) + 5)
    assert second.running
    assert first.latest == at_leaving
    first.cancel()
    assert not closed.is_set()
    second.cancel()
    assert second.wait(1)
    assert closed.is_set()


def test_one_that_ends_is_not_joined_and_an_error_reaches_all_who_watch() -> None:
    runs, fail = Runs(), threading.Event()

    def steps() -> Iterator[int]:
        assert fail.wait(5)
        raise ValueError("broken")
        yield 1

    jobs = [Job("same", steps, None, runs) for _ in range(3)]
    jobs[2].cancel()
    fail.set()
    assert all(job.wait(5) for job in jobs)
    assert [type(job.error) for job in jobs] == [ValueError, ValueError, type(None)]
    again = Job("same", lambda: _count(threading.Event(), steps=3), None, runs)
    assert again.wait(5)
    assert (again.latest, again.error) == (2, None)


def test_a_closed_tab_counts_as_leaving() -> None:
    mine, yours, closed = Jobs(), Jobs(), threading.Event()
    first = mine.submit("kind", "shared", lambda: _count(closed), scheduler=None)
    second = yours.submit("kind", "shared", lambda: _count(closed), scheduler=None)
    _until(lambda: second.latest is not None)
    mine.close()
    assert second.running
    assert not closed.is_set()
    yours.close()
    assert second.wait(1)
    assert closed.is_set()
    assert first.wait(1)


def test_an_error_ends_a_job_and_is_kept() -> None:
    def steps() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    job = Job("broken", steps, scheduler=None)
    assert job.wait(2)
    assert isinstance(job.error, ValueError)
    assert job.latest == 1


def test_a_new_job_supersedes_the_old_one_of_its_kind_and_an_equal_one_joins_it() -> None:
    jobs, closed = Jobs(), threading.Event()
    first = jobs.submit("kind", "a", lambda: _count(closed), scheduler=None)
    assert jobs.submit("kind", "a", lambda: _count(threading.Event()), scheduler=None) is first
    second = jobs.submit("kind", "b", lambda: _count(threading.Event()), scheduler=None)
    assert first.wait(1)
    assert closed.is_set()
    assert jobs.get("kind") is second
    jobs.close()
    assert second.wait(1)


def test_all_jobs_end_before_the_process_does() -> None:
    closed = [threading.Event(), threading.Event()]
    jobs = [Job(number, lambda number=number: _count(closed[number]), scheduler=None) for number in range(2)]  # type: ignore[misc]
    while any(job.latest is None for job in jobs):
        time.sleep(0.001)
    end_all()
    assert not any(job.running for job in jobs)
    assert all(each.is_set() for each in closed)
