"""Training as a stream: equal seeds give equal runs, resumed ones too, and what goes wrong is said."""

import math
from dataclasses import replace

import pytest
import torch

import featviz
from featviz import ImageSet
from featviz.errors import BadCheckpoint, BadInput
from featviz.progress import finished
from featviz.training.checkpoint import resume, save_checkpoint
from featviz.training.data import load_training_data
from featviz.training.learning import learn, rate_factor
from featviz.training.run import prepare
from featviz.training.train import train

OPTIONS = {
    "network": "cnn",
    "epochs": 3,
    "seed": 5,
    "width": 8,
    "dropout": 0.2,
    "augmentation": "crop_and_recolor",
}


@pytest.fixture(scope="module")
def digits():
    return finished(load_training_data(ImageSet.bundled("digits", 400), resolution=16))


def trained(data, **options):
    return finished(learn(prepare(data=data, **{**OPTIONS, **options})))


def equal(first, second):
    return all(torch.equal(value, second[name]) for name, value in first.items())


def test_a_network_learns_digits_it_has_not_seen():
    *_, last = train(
        "cnn", ImageSet.bundled("digits", 1797), epochs=10, resolution=16, augmentation="shift", batch=32
    )
    assert last.number == 10
    assert last.metrics["held_out_accuracy"] > 0.95
    samples = [ImageSet.bundled("digits", 1797)[index] for index in range(100)]
    named = last.model.predict(last.model.preprocess([each.image for each in samples]), top=1)
    right = sum(name[0].label == each.label for name, each in zip(named, samples, strict=True))
    assert right > 90


def test_equal_seeds_give_equal_runs_and_others_do_not(digits):
    first, second, other = trained(digits), trained(digits), trained(digits, seed=6)
    assert [step.loss for step in first.steps] == [step.loss for step in second.steps]
    assert equal(first.epochs[-1].weights, second.epochs[-1].weights)
    assert first.steps[0].loss != other.steps[0].loss


def test_training_draws_nothing_from_the_generator_that_everybody_shares(digits):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    trained(digits, epochs=1)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_resumed_run_equals_the_uninterrupted_one(digits, tmp_path, optimizer):
    whole = trained(digits, optimizer=optimizer)
    stopped = prepare(data=digits, **OPTIONS, optimizer=optimizer)
    for _ in learn(stopped):
        if len(stopped.epochs) == 2:
            save_checkpoint(stopped, tmp_path)
            break
    # cancelled in the middle of the next epoch: the checkpoint of the last whole one counts
    stream = learn(stopped)
    next(stream), next(stream)
    resumed = resume(prepare(data=digits, **OPTIONS, optimizer=optimizer), tmp_path)
    assert len(resumed.epochs) == 2
    finished(learn(resumed))
    assert [step.loss for step in resumed.steps] == [step.loss for step in whole.steps]
    assert equal(resumed.epochs[-1].weights, whole.epochs[-1].weights)
    assert equal(resumed.epochs[1].weights, whole.epochs[1].weights)


def test_checkpoints_of_others_and_damaged_ones_are_refused(digits, tmp_path):
    run = trained(digits, epochs=1)
    save_checkpoint(run, tmp_path)
    with pytest.raises(BadCheckpoint, match="another run"):
        resume(prepare(data=digits, **{**OPTIONS, "epochs": 1, "seed": 6}), tmp_path)
    state = tmp_path / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-9])
    with pytest.raises(BadCheckpoint, match="no whole checkpoint"):
        resume(prepare(data=digits, **{**OPTIONS, "epochs": 1}), tmp_path)


def test_a_loss_that_is_no_number_ends_the_run_and_keeps_the_weights(digits):
    run = trained(digits, network="mlp", rate=1000.0, optimizer="sgd", width=32, dropout=0.0)
    assert run.ended.startswith("The loss is no longer a number at step ")
    assert run.epochs[-1].ended.endswith("are kept.")
    assert all(torch.isfinite(value).all() for value in run.epochs[-1].weights.values())
    assert all(math.isfinite(step.loss) for step in run.steps)
    assert run.is_finished


def test_gradient_norms_are_those_of_the_loss(digits):
    run = prepare(
        "mlp", digits, epochs=1, depth=1, width=4, batch=len(digits.training), rate=0.0, augmentation="none"
    )
    finished(learn(run))
    module = run.task.module.train()
    images, labels = digits.normalized(digits.images[digits.training]), digits.labels[digits.training]
    loss = torch.nn.functional.cross_entropy(module(images), labels)
    for name, norm in zip(run.layers, run.steps[0].gradient_norms, strict=True):
        parameters = list(module.get_submodule(name).parameters(recurse=False))
        expected = math.sqrt(
            sum(
                float(each.square().sum())
                for each in torch.autograd.grad(loss, parameters, retain_graph=True)
            )
        )
        assert norm == pytest.approx(expected, rel=1e-4)


def test_what_is_given_stays_as_it_is(digits):
    model = featviz.load_model("digits-cnn")
    before = {name: value.clone() for name, value in model.module.state_dict().items()}
    data = replace(finished(load_training_data(ImageSet.bundled("digits", 200), resolution=32)))
    run = finished(learn(prepare(model, data, epochs=1)))
    assert equal(before, model.module.state_dict())
    assert not equal(before, run.epochs[-1].weights)
    assert run.epochs[0].metrics["held_out_accuracy"] > 0.95


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"batch": 322}, "larger than the 321 training images"),
        ({"epochs": 0}, "whole number from 1"),
        ({"depht": 3}, "no option depht"),
        ({"method": "osmosis"}, "No training method is called"),
        ({"network": "brain"}, "No network to train is called"),
    ],
)
def test_bad_settings_are_refused(digits, options, sentence):
    with pytest.raises(BadInput, match=sentence):
        prepare(data=digits, **{**OPTIONS, **options})


def test_images_of_one_class_and_one_image_are_refused():
    ones = ImageSet.bundled("photos")
    with pytest.raises(BadInput, match="two classes or more; no labels came"):
        next(train("cnn", ones))
    with pytest.raises(BadInput, match="at least two images"):
        next(train("cnn", ImageSet.bundled("photos", 1)))


def test_schedules_begin_and_end_as_their_papers_say():
    assert rate_factor("constant", 0.7) == 1
    assert rate_factor("cosine", 0) == 1
    assert rate_factor("cosine", 0.5) == pytest.approx(0.5)
    assert rate_factor("one_cycle", 0) == pytest.approx(1 / 25)
    assert rate_factor("one_cycle", 0.2) == pytest.approx(1)
    assert rate_factor("one_cycle", 1) <= 1e-3
