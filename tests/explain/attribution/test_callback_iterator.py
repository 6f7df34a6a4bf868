"""Work that calls back, piece by piece."""

import threading

import pytest
import torch

from featviz.errors import BadInput
from featviz.explain.attribution.attribute import steps
from featviz.explain.attribution.callback_iterator import iterate_callbacks
from tests.explain.attribution.nets import net, picture

EMPTY = torch.zeros(2)


def alive():
    return [each for each in threading.enumerate() if each.name == "attribution"]


def test_pieces_come_in_turn_and_the_result_last():
    met = []

    def work(tell):
        for piece in range(3):
            tell(piece)
            met.append(piece)
        return torch.ones(2)

    found = iterate_callbacks(work, 3, EMPTY)
    for expected in range(3):
        part = next(found)
        assert (part.done, part.total, met) == (expected, 3, list(range(expected)))
        assert part.raw is EMPTY
    (last,) = found
    assert (last.done, last.raw.tolist()) == (3, [1, 1])
    assert not alive()


def test_closing_ends_the_work():
    met = []

    def work(tell):
        for piece in range(100):
            try:
                tell(piece)
            except Exception:  # as a library might
                met.append("caught")
            met.append(piece)
        return EMPTY

    found = iterate_callbacks(work, 100, EMPTY)
    next(found), next(found)
    found.close()
    assert not alive()
    assert met == [0]


def test_an_error_reaches_whoever_iterates():
    def work(tell):
        tell(0)
        raise BadInput("no such thing", code="none")

    with pytest.raises(BadInput, match="no such thing"):
        list(iterate_callbacks(work, 2, EMPTY))
    assert not alive()


@pytest.mark.parametrize("method", ["lime", "kernel_shap"])
def test_surrogates_show_how_far_they_are_and_stop(method):
    found = steps(net("biased"), picture(), method, target=1, samples=4000, cells=4)
    done = [next(found).done for _ in range(4)]
    assert done == sorted(set(done)) and done[-1] < 200
    found.close()
    assert not alive()
