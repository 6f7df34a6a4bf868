"""What was trained here is a network like any other, with the weights of each epoch."""

from pathlib import Path
from typing import Any

import pytest
import torch

import featviz
from featviz import ImageSet
from featviz.errors import ModelNotFound
from featviz.models.sources.registry import SOURCES
from featviz.progress import finished
from featviz.training.checkpoint import learn_resumed
from featviz.training.cost import expected_seconds
from featviz.training.data import load_training_data
from featviz.training.export import loading_code, weights_file
from featviz.training.learning import learn
from featviz.training.networks import NETWORKS, rebuilds_images
from featviz.training.run import prepare
from featviz.training.trained_source import keep_trained


@pytest.fixture(scope="module")
def data():
    return finished(load_training_data(ImageSet.bundled("digits", 200), resolution=16))


@pytest.fixture(scope="module")
def run(data):
    return finished(learn(prepare("cnn", data, epochs=2, batch=32, width=8)))


def test_every_epoch_is_a_set_of_weights(run):
    name = keep_trained(run)
    assert name == keep_trained(run)
    card = next(each for each in featviz.list_models() if each.name == name)
    assert card.accuracy == run.epochs[-1].metrics["held_out_accuracy"]
    last, middle, first = (
        featviz.load_model(name, weights=each) for each in ("trained", "epoch-1", "random")
    )
    assert last.name == name
    assert len({each.fingerprint for each in (last, middle, first)}) == 3
    x = last.preprocess(ImageSet.bundled("digits", 200)[0].image)
    for model, epoch in ((last, run.epochs[2]), (middle, run.epochs[1]), (first, run.epochs[0])):
        torch.testing.assert_close(model.replica()(x), epoch.model.replica()(x))
        assert featviz.record(model, x, ["features.block1"])["features.block1"].shape[1] == 8
    assert featviz.attribute(last, x, method="gradient").map.shape == (16, 16)


def test_what_is_not_kept_is_said():
    with pytest.raises(ModelNotFound):
        featviz.load_model("trained/cnn-0000000000")


def test_a_run_goes_on_where_its_checkpoint_is(data, run, tmp_path):
    stream = learn_resumed(prepare("cnn", data, epochs=2, batch=32, width=8), tmp_path)
    for progress in stream:
        if len(progress.result.epochs) == 2:
            stream.close()
            break
    resumed = prepare("cnn", data, epochs=2, batch=32, width=8)
    steps = list(learn_resumed(resumed, tmp_path))
    assert len(steps) < len(run.steps) + 3
    assert [step.loss for step in resumed.steps] == [step.loss for step in run.steps]
    again = list(learn_resumed(prepare("cnn", data, epochs=2, batch=32, width=8), tmp_path))
    assert len(again) == 1
    assert again[0].result.epochs[-1].metrics == run.epochs[-1].metrics


def test_the_time_of_a_run_is_told_from_a_few_images(data):
    short, long = (prepare("cnn", data, epochs=epochs, batch=32) for epochs in (1, 100))
    before = {name: value.clone() for name, value in short.task.module.state_dict().items()}
    assert expected_seconds(short) > 0
    assert expected_seconds(long) > 10 * expected_seconds(short)
    assert all(torch.equal(value, before[name]) for name, value in short.task.module.state_dict().items())


def test_autoencoders_are_told_by_what_they_give():
    assert [each.id for each in NETWORKS if rebuilds_images(each.id)] == [
        each.id for each in NETWORKS if "autoencoder" in each.id
    ]


def test_random_weights_of_a_seed_are_others_than_those_it_began_with(run):
    name = keep_trained(run)
    began, first, again, second = (
        featviz.load_model(name, weights=weights, seed=seed)
        for weights, seed in (("random", 0), (None, 0), (None, 0), (None, 1))
    )
    assert first.fingerprint == again.fingerprint
    assert len({each.fingerprint for each in (began, first, second)}) == 3
    assert began.weights == "random"
    assert first.weights == "random, seed 0"


def test_another_process_is_not_asked_for_it(run):
    assert featviz.load_model(keep_trained(run)).origin is None


def test_its_line_of_python_trains_it_again(run):
    name = keep_trained(run)
    for weights in ("trained", "epoch-1"):
        model = featviz.load_model(name, weights=weights)
        names: dict[str, Any] = {"featviz": featviz}
        exec(SOURCES.of(model.card).code(model), names)
        x = model.preprocess(ImageSet.bundled("digits", 200)[0].image)
        torch.testing.assert_close(names["model"].replica()(x), model.replica()(x), atol=0, rtol=0)


@pytest.mark.parametrize(
    ("network", "method"),
    [
        *((each.id, "supervised") for each in NETWORKS if not rebuilds_images(each.id)),
        *((each.id, "simclr") for each in NETWORKS if not rebuilds_images(each.id)),
        *((each.id, "reconstruction") for each in NETWORKS if rebuilds_images(each.id)),
    ],
)
def test_the_downloaded_code_loads_the_downloaded_weights(network, method, data, tmp_path, monkeypatch):
    run = finished(learn(prepare(network, data, method=method, epochs=1, batch=80)))
    monkeypatch.chdir(tmp_path)
    Path("weights.safetensors").write_bytes(weights_file(run))
    names: dict[str, Any] = {}
    exec(loading_code(run).decode(), names)
    x = run.epochs[-1].model.preprocess(ImageSet.bundled("digits", 200)[0].image)
    torch.testing.assert_close(names["model"].replica()(x), run.epochs[-1].model.replica()(x))
