"""Failures that were planted are named within ten steps, and a sound run is called one."""

from dataclasses import replace

import pytest

from featviz import ImageSet
from featviz.progress import finished
from featviz.training.data import load_training_data
from featviz.training.health import diagnose
from featviz.training.learning import learn
from featviz.training.run import prepare


@pytest.fixture(scope="module")
def digits():
    return finished(load_training_data(ImageSet.bundled("digits", 300), resolution=16))


def kinds_after(steps, data, network, **options):
    run = prepare(network, data, epochs=20, batch=32, **options)
    for _ in learn(run):
        if run.ended or len(run.steps) >= steps:
            break
    return [(each.kind, each.layer) for each in diagnose(run)]


@pytest.mark.parametrize(
    ("network", "options", "expected"),
    [
        ("mlp", {"rate": 10.0, "optimizer": "adam", "schedule": "constant"}, ("rate_too_high", "")),
        ("cnn", {"rate": 10.0, "optimizer": "sgd", "schedule": "constant"}, ("rate_too_high", "")),
        ("mlp", {"rate": 1000.0, "optimizer": "sgd", "schedule": "constant"}, ("diverged", "")),
        ("mlp", {"activation": "sigmoid", "depth": 20}, ("vanishing", "hidden1.linear")),
        ("mlp", {"initialization": "zeros"}, ("no_gradient", "hidden1.linear")),
        ("cnn", {"initialization": "zeros"}, ("no_gradient", "features.block1.conv")),
    ],
)
def test_planted_failures_are_named_within_ten_steps(digits, network, options, expected):
    assert kinds_after(10, digits, network, **options)[0] == expected


@pytest.mark.parametrize("network", ["cnn", "resnet", "mbconv", "vit", "mlp"])
def test_sound_runs_are_called_learning(digits, network):
    assert kinds_after(10, digits, network) == [("learning", "")]


def test_labels_learned_by_heart_are_called_overfitting(digits):
    labels = digits.labels.clone()
    labels[digits.training] = labels[digits.training].flip(0)  # they mean nothing any more
    data = replace(digits, labels=labels)
    run = finished(learn(prepare("mlp", data, epochs=12, batch=16, schedule="constant", width=256)))
    assert run.epochs[-1].metrics["accuracy"] > 0.5
    assert run.epochs[-1].metrics["held_out_accuracy"] < 0.3
    assert [each.kind for each in diagnose(run)] == ["overfitting"]
