import threading
import time
from collections.abc import Iterator

import pytest

from featviz.errors import Busy
from featviz.ui.state.jobs import Gate, Job, Jobs, end_all


def test_a_gate_never_admits_more_than_its_slots() -> None:
    gate, inside, most = Gate(slots=2), [0], [0]
    lock = threading.Lock()

    def work() -> None:
        with gate.admitted():
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(0.01)
            with lock:
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [2]
    assert gate.waiting == 0


def test_a_slot_comes_free_after_an_error() -> None:
    gate = Gate(slots=1)
    with pytest.raises(ZeroDivisionError), gate.admitted():
        raise ZeroDivisionError
    with gate.admitted():
        assert gate.waiting == 0


def test_waiting_is_reported_and_ends_with_a_refusal() -> None:
    gate, seen = Gate(slots=1, patience=0.25), []
    with gate.admitted(), pytest.raises(Busy), gate.admitted(seen.append):
        pass
    assert seen
    assert set(seen) == {1}
    assert gate.waiting == 0


def test_a_long_job_lets_others_in_between_its_steps() -> None:
    gate, closed = Gate(1, patience=5), threading.Event()
    job = Job("long", lambda: _count(closed), gate=gate)
    while job.latest is None:
        time.sleep(0.001)
    for _ in range(5):
        with gate.admitted():
            assert job.running
    job.cancel()
    assert job.wait(1)


def test_who_waited_longest_comes_first() -> None:
    gate, order = Gate(1), []
    threads: list[threading.Thread] = []

    def work(number: int) -> None:
        with gate.admitted():
            order.append(number)

    with gate.admitted():
        for number in range(5):
            threads.append(threading.Thread(target=work, args=(number,)))
            threads[-1].start()
            while gate.waiting <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def _count(closed: threading.Event, steps: int = 10**6) -> Iterator[int]:
    try:
        for step in range(steps):
            time.sleep(0.001)
            yield step
    finally:
        closed.set()


def test_a_job_runs_to_its_end_and_keeps_the_last_frame() -> None:
    closed = threading.Event()
    job = Job("count", lambda: _count(closed, steps=5), gate=None)
    assert job.wait(5)
    assert (job.latest, job.error, job.running) == (4, None, False)


def test_a_cancelled_job_stops_at_its_next_step_and_releases_what_it_holds() -> None:
    closed = threading.Event()
    job = Job("count", lambda: _count(closed), gate=Gate(1))
    while job.latest is None:
        time.sleep(0.001)
    started = time.monotonic()
    job.cancel()
    assert job.wait(1)
    assert time.monotonic() - started < 1
    assert closed.is_set()
    assert job.error is None


def test_a_job_cancelled_while_it_waits_never_starts() -> None:
    gate, started = Gate(1), threading.Event()

    def steps() -> Iterator[int]:
        started.set()
        yield 1

    with gate.admitted():
        job = Job("late", steps, gate=gate)
        job.cancel()
        assert job.wait(2)
    assert not started.is_set()
    assert job.error is None


def test_an_error_ends_a_job_and_is_kept() -> None:
    def steps() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    job = Job("broken", steps, gate=None)
    assert job.wait(2)
    assert isinstance(job.error, ValueError)
    assert job.latest == 1


def test_a_new_job_supersedes_the_old_one_of_its_kind_and_an_equal_one_joins_it() -> None:
    jobs, closed = Jobs(), threading.Event()
    first = jobs.submit("kind", "a", lambda: _count(closed), gate=None)
    assert jobs.submit("kind", "a", lambda: _count(threading.Event()), gate=None) is first
    second = jobs.submit("kind", "b", lambda: _count(threading.Event()), gate=None)
    assert first.wait(1)
    assert closed.is_set()
    assert jobs.get("kind") is second
    jobs.close()
    assert second.wait(1)


def test_all_jobs_end_before_the_process_does() -> None:
    closed = [threading.Event(), threading.Event()]
    jobs = [Job(number, lambda number=number: _count(closed[number]), gate=None) for number in range(2)]  # type: ignore[misc]
    while any(job.latest is None for job in jobs):
        time.sleep(0.001)
    end_all()
    assert not any(job.running for job in jobs)
    assert all(each.is_set() for each in closed)
