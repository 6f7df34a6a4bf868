"""A pass in one thread: the number of this thread changes, and nobody else's."""

import threading

import pytest
import torch

from featviz.models import threads
from featviz.models.threads import one_thread


def numbers(steps):
    """What `steps` gives in a new thread that may use three."""
    seen = []

    def run():
        torch.get_num_threads()
        threads._setters()[0](3)
        seen.extend(steps())

    worker = threading.Thread(target=run)
    worker.start()
    worker.join()
    return seen


@pytest.mark.skipif(
    not threads._function(threads._OPENMP, "omp_set_num_threads"), reason="torch without OpenMP"
)
def test_one_thread_alone_computes_until_the_end_of_the_with():
    def inside():
        yield torch.get_num_threads()
        with one_thread():
            yield torch.get_num_threads()
            yield numbers(lambda: [torch.get_num_threads()])
        yield torch.get_num_threads()

    before = torch.get_num_threads()
    assert numbers(inside) == [3, 1, [3], 3]
    assert torch.get_num_threads() == before


def test_a_failure_inside_gives_the_number_back():
    def failing():
        with pytest.raises(ZeroDivisionError), one_thread():
            1 / 0  # noqa: B018 - fails
        return [torch.get_num_threads()]

    assert numbers(failing) in ([3], [torch.get_num_threads()])


def test_without_the_libraries_nothing_happens(monkeypatch):
    monkeypatch.setattr(threads, "_OPENMP", ("none*",))
    monkeypatch.setattr(threads, "_MKL", ("none*",))
    threads._setters.cache_clear()
    before = torch.get_num_threads()
    with one_thread():
        assert torch.get_num_threads() == before
    threads._setters.cache_clear()
