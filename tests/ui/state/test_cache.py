import threading
import time

import pytest

from featviz.models.sources.load import list_models
from featviz.ui.state.cache import MODELS, ByteCache


def test_keeps_at_most_its_limit_and_drops_what_was_used_longest_ago() -> None:
    cache = ByteCache(limit=100)
    for key in "abc":
        cache.put(key, key.upper(), 40)
    assert cache.get("a") is None
    assert cache.get("b") == "B"
    cache.put("d", "D", 40)
    assert cache.get("c") is None, "b was used later than c"
    assert cache.get("b") == "B"
    assert cache.used == 80


def test_a_value_over_the_limit_is_handed_over_but_not_kept() -> None:
    cache = ByteCache(limit=10)
    assert cache.compute("k", lambda: "large", lambda _: 11) == "large"
    assert cache.get("k") is None
    assert cache.used == 0


def test_replacing_a_value_counts_its_bytes_once() -> None:
    cache = ByteCache(limit=100)
    for _ in range(5):
        cache.put("k", "v", 60)
    assert cache.used == 60


def test_many_threads_that_ask_for_one_key_compute_it_once() -> None:
    cache, made, got = ByteCache(limit=100), [], []

    def make() -> str:
        made.append(1)
        time.sleep(0.05)
        return "value"

    threads = [
        threading.Thread(target=lambda: got.append(cache.compute("k", make, lambda _: 1))) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), got) == (1, ["value"] * 12)


def test_a_failure_is_not_kept_and_the_next_call_computes_again() -> None:
    cache = ByteCache(limit=100)

    def fail() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cache.compute("k", fail, lambda _: 1)
    assert cache.compute("k", lambda: "yes", lambda _: 1) == "yes"
    assert not cache._computing


def test_who_waits_may_give_up() -> None:
    cache, release = ByteCache(limit=100), threading.Event()
    first = threading.Thread(target=lambda: cache.compute("k", lambda: release.wait(5), lambda _: 1))
    first.start()

    def give_up() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        cache.compute("k", lambda: None, lambda _: 1, on_wait=give_up)
    release.set()
    first.join()
    assert cache.get("k") is True


def test_every_network_of_the_zoo_fits_into_the_cache() -> None:
    assert max(card.parameters for card in list_models()) * 4 < MODELS.limit


def test_one_at_a_time_computes_a_key_after_failures_too() -> None:
    cache, free, met = ByteCache(limit=100), threading.Lock(), []

    def fail() -> str:
        met.append(not free.acquire(blocking=False))
        time.sleep(0.02)
        if not met[-1]:
            free.release()
        raise ValueError("no value")

    def ask(place: int) -> None:
        time.sleep(0.005 * place)
        with pytest.raises(ValueError, match="no value"):
            cache.compute("k", fail, len)

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert met == [False] * 12
    assert not cache._computing
