"""Light work never waits behind heavy work, heavy jobs are served alike, and who queues knows the place."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from featviz.ui.state.scheduler import Scheduler, Served


@dataclass
class Clock:
    """A clock that stands until it is set forward, by whatever takes its time."""

    now: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> float:
        return self.now

    def spend(self, seconds: float) -> None:
        with self.lock:
            self.now += seconds


@dataclass
class Worker:
    """A heavy job whose every step takes so many seconds of the clock."""

    scheduler: Scheduler
    clock: Clock
    step: float
    until: Callable[[], bool]
    steps: int = 0

    def __post_init__(self) -> None:
        self.served = self.scheduler.enlist()
        self.thread = threading.Thread(target=self.work)

    def work(self) -> None:
        with self.scheduler.turns(self.served):
            while not self.until():
                self.clock.spend(self.step)
                self.steps += 1
                self.scheduler.yield_now(self.served)
        self.scheduler.dismiss(self.served)


def together(workers: list[Worker]) -> None:
    for worker in workers:
        worker.thread.start()
    for worker in workers:
        worker.thread.join(30)
        assert not worker.thread.is_alive()


@pytest.mark.parametrize("steps", [(0.06, 0.06, 0.06), (0.06, 0.3, 1.5)])
def test_three_jobs_get_the_same_time_whatever_the_length_of_their_steps(
    steps: tuple[float, float, float],
) -> None:
    clock = Clock()
    scheduler = Scheduler(1, clock=clock)
    workers = [Worker(scheduler, clock, step, lambda: clock.now > 90) for step in steps]
    together(workers)
    for worker in workers:
        assert worker.served.seconds == pytest.approx(30, abs=2 * max(steps))
    assert sum(worker.served.seconds for worker in workers) == pytest.approx(clock.now)


def test_a_newcomer_is_owed_nothing_for_the_time_before_it_came() -> None:
    clock = Clock()
    scheduler = Scheduler(1, clock=clock)
    early = Worker(scheduler, clock, 0.1, lambda: clock.now > 20)
    late = list[Worker]()
    yield_now = scheduler.yield_now

    def bring(served: Served, on_wait: Callable[[], None] = lambda: None) -> None:
        if not late and clock.now > 10:
            late.append(Worker(scheduler, clock, 0.1, lambda: clock.now > 20))
            late[0].thread.start()
        yield_now(served, on_wait)

    scheduler.yield_now = bring  # type: ignore[method-assign]
    together([early])
    late[0].thread.join(30)
    assert early.served.seconds == pytest.approx(15, abs=0.5)
    assert late[0].served.seconds == pytest.approx(5, abs=0.5)


def test_two_slots_are_both_used() -> None:
    scheduler = Scheduler(2)
    both = threading.Barrier(2, timeout=10)

    def work() -> None:
        served = scheduler.enlist()
        with scheduler.turns(served):
            both.wait()
        scheduler.dismiss(served)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not both.broken


def test_light_work_is_admitted_while_heavy_work_holds_every_slot() -> None:
    scheduler = Scheduler(1, 1)
    served = scheduler.enlist()
    with scheduler.turns(served), scheduler.light.admitted(lambda _place: pytest.fail("it waited")):
        assert scheduler.light.waiting == 0


def test_heavy_work_rests_while_a_page_is_made_and_has_its_share_of_the_time() -> None:
    clock = Clock()
    scheduler = Scheduler(1, share=0.4, clock=clock, cpu=clock)
    served = scheduler.enlist()
    with scheduler.page():
        with scheduler.turns(served):
            clock.spend(2)
        rests = threading.Event()

        def on_wait() -> None:
            rests.set()
            clock.spend(0.25)

        with scheduler.turns(served, on_wait):
            assert rests.is_set()
            assert clock.now == pytest.approx(2 / 0.4, abs=0.25)


def test_heavy_work_goes_on_as_soon_as_the_page_is_made() -> None:
    clock = Clock()
    scheduler = Scheduler(1, clock=clock, cpu=clock)
    served, began = scheduler.enlist(), threading.Event()

    def work() -> None:
        with scheduler.turns(served):
            began.set()

    with scheduler.page():
        with scheduler.turns(served):
            clock.spend(2)
        thread = threading.Thread(target=work)
        thread.start()
        assert not began.wait(0.3)
    assert began.wait(5)
    thread.join()
    assert clock.now == 2


def test_nobody_rests_for_a_page_that_waits_itself() -> None:
    clock = Clock()
    scheduler = Scheduler(1, clock=clock, cpu=clock)
    served = scheduler.enlist()
    with scheduler.page(), scheduler.aside():
        with scheduler.turns(served):
            clock.spend(2)
        with scheduler.turns(served, lambda: pytest.fail("it rested")):
            assert clock.now == 2


def test_of_many_jobs_a_few_take_turns_and_the_others_know_their_place() -> None:
    scheduler = Scheduler(1, at_once=2)
    jobs = [scheduler.enlist() for _ in range(5)]
    assert [scheduler.queue_position(each) for each in jobs] == [0, 0, 1, 2, 3]
    scheduler.dismiss(jobs[3])
    assert [scheduler.queue_position(jobs[number]) for number in (0, 1, 2, 4)] == [0, 0, 1, 2]
    scheduler.dismiss(jobs[0])
    assert [scheduler.queue_position(jobs[number]) for number in (1, 2, 4)] == [0, 0, 1]
    assert scheduler.taking_turns == 2


def test_who_had_a_quantum_goes_to_the_end_of_the_queue_and_all_are_served_alike() -> None:
    clock = Clock()
    scheduler = Scheduler(1, at_once=2, quantum=3, clock=clock)
    workers = [Worker(scheduler, clock, 0.1, lambda: clock.now > 100) for _ in range(5)]
    together(workers)
    for worker in workers:
        assert worker.served.seconds == pytest.approx(20, abs=4)


def test_a_wait_that_is_given_up_leaves_the_slot_to_others() -> None:
    scheduler = Scheduler(1)
    first, second = scheduler.enlist(), scheduler.enlist()

    def give_up() -> None:
        raise TimeoutError

    with scheduler.turns(first):
        with pytest.raises(TimeoutError), scheduler.turns(second, give_up):
            pass
        scheduler.dismiss(second)
    scheduler.dismiss(first)
    third, started = scheduler.enlist(), time.monotonic()
    with scheduler.turns(third):
        assert time.monotonic() - started < 1
