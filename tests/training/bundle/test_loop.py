from dataclasses import replace

import pytest
import torch
from torch import Generator

from featviz.models.networks.bundled import DigitsCNN
from featviz.training.bundle.accuracy import accuracies
from featviz.training.bundle.examples import held_out_digits, training_digits
from featviz.training.bundle.loop import steps_of, train
from featviz.training.bundle.recipes import RECIPES
from featviz.training.initialize import initialize

SHORT = replace(RECIPES["digits-cnn"], epochs=3)


@pytest.fixture(scope="module")
def digits():
    return training_digits()


def fresh(seed=0):
    return initialize(DigitsCNN(), Generator().manual_seed(seed))


def test_a_few_epochs_teach_to_read_digits_never_seen(digits):
    network, held_out = fresh(), held_out_digits()
    before = accuracies(network.eval(), held_out, SHORT)["joint"]
    reports = list(train(network, digits, SHORT))
    assert [report.epoch for report in reports] == [1, 2, 3]
    assert reports[-1].loss < reports[0].loss
    assert before < 0.3
    assert accuracies(network.eval(), held_out, SHORT)["joint"] > 0.9


def test_reports_come_after_epochs_and_where_asked(digits):
    steps = steps_of(SHORT, len(digits.labels))
    stream = train(fresh(), digits, SHORT, reports={7})
    assert next(stream).step == 7
    second = next(stream)
    assert (second.step, second.steps) == (steps // 3, steps)


def test_the_same_seed_learns_the_same_and_leaves_the_global_generator_alone(digits):
    networks, before = [fresh(), fresh(), fresh()], torch.get_rng_state()
    for network, seed in zip(networks, (0, 0, 1), strict=True):
        next(train(network, digits, replace(SHORT, seed=seed), reports={5}))
    one, same, other = (network.head.weight for network in networks)
    torch.testing.assert_close(one, same)
    assert not torch.allclose(one, other)
    assert torch.equal(before, torch.get_rng_state())
