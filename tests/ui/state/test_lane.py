import threading
import time

import pytest

from featviz.ui.state.lane import Lane


def test_a_lane_never_admits_more_than_its_slots() -> None:
    lane, inside, most = Lane(slots=2), [0], [0]
    lock = threading.Lock()

    def work() -> None:
        with lane.admitted():
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
    assert lane.waiting == 0


def test_a_slot_comes_free_after_an_error() -> None:
    lane = Lane(slots=1)
    with pytest.raises(ZeroDivisionError), lane.admitted():
        raise ZeroDivisionError
    with lane.admitted():
        assert lane.waiting == 0


class GivenUp(Exception):
    """Of a visitor who waits no longer."""


def test_waiting_is_told_by_place_and_ends_when_one_gives_up() -> None:
    lane, seen = Lane(slots=1), list[int]()

    def on_wait(place: int) -> None:
        seen.append(place)
        if len(seen) == 3:
            raise GivenUp

    with lane.admitted(), pytest.raises(GivenUp), lane.admitted(on_wait):
        pass
    assert seen == [1, 1, 1]
    assert lane.waiting == 0


def test_who_waited_longest_comes_first_and_each_knows_its_place() -> None:
    lane, order, places = Lane(1), list[int](), dict[int, int]()
    threads: list[threading.Thread] = []

    def work(number: int) -> None:
        with lane.admitted(lambda place: places.setdefault(number, place) and None):
            order.append(number)

    with lane.admitted():
        for number in range(5):
            threads.append(threading.Thread(target=work, args=(number,)))
            threads[-1].start()
            while lane.waiting <= number:
                time.sleep(0.001)
        while len(places) < 5:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]
    assert places == {number: number + 1 for number in range(5)}
