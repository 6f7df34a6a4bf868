"""Transfer: what is frozen stays bit by bit, what learns does so at its own rate."""

import pytest
import torch

import featviz
from featviz import ImageSet
from featviz.errors import BadInput
from featviz.progress import finished
from featviz.training.cutting import find_head
from featviz.training.data import load_training_data
from featviz.training.learning import learn
from featviz.training.methods.transfer import blocks_of
from featviz.training.run import prepare


@pytest.fixture(scope="module")
def model():
    return featviz.load_model("shapes-resnet")


@pytest.fixture(scope="module")
def digits():
    return finished(load_training_data(ImageSet.bundled("digits", 160), resolution=64))


def changed(run, model):
    before = dict(model.module.state_dict())
    return {name for name, value in run.epochs[-1].weights.items() if not torch.equal(value, before[name])}


def trained(model, data, **options):
    return finished(learn(prepare(model, data, method="transfer", epochs=1, batch=32, **options)))


def test_a_frozen_backbone_stays_bit_by_bit_and_its_statistics_too(model, digits):
    run = trained(model, digits)
    assert changed(run, model) == {"head.weight", "head.bias"}
    assert run.parameter_counts == (96 * 10 + 10, 456_352 - 96 * 80 - 80 + 96 * 10 + 10)
    assert run.epochs[-1].metrics["loss"] < run.steps[0].loss


def test_the_last_block_learns_at_its_own_rate_and_the_rest_stays(model, digits):
    run = trained(model, digits, tune="last_blocks", last=1, backbone_rate=0.25, rate=4e-3)
    assert all(name.startswith(("stage3", "head")) for name in changed(run, model))
    assert any(name.startswith("stage3") for name in changed(run, model))
    rates = [group["lr"] for group in run.optimizer.param_groups]
    assert rates[1] == pytest.approx(rates[0] / 4)
    sizes = [sum(each.numel() for each in group["params"]) for group in run.optimizer.param_groups]
    stage3 = sum(each.numel() for each in model.module.get_submodule("stage3").parameters())
    assert sizes == [970, stage3]


def test_in_two_phases_the_head_learns_first(model, digits):
    run = prepare(model, digits, method="transfer", epochs=2, batch=64, tune="all", head_epochs=1)
    counts = []
    for _ in learn(run):
        if len(run.steps) in (1, 3):
            counts.append(run.parameter_counts[0])
        if len(run.epochs) == 2 and len(run.steps) == 2:
            assert changed(run, model) == {"head.weight", "head.bias"}
    assert counts[0] == 970
    assert counts[-1] == run.parameter_counts[1]
    assert len(changed(run, model)) > 50


def test_blocks_are_the_parts_that_the_network_is_made_of(model, digits):
    x = digits.normalized(digits.images[:2])
    head = find_head(model.replica(), x)
    assert head.name == "head"
    assert [name for name, _ in blocks_of(model.module, "head")] == ["stem", "stage1", "stage2", "stage3"]
    vit = featviz.load_model("shapes-vit").module
    assert [name for name, _ in blocks_of(vit, "head")] == ["embedding", "blocks", "norm"]
    with pytest.raises(BadInput, match="has 4 blocks"):
        prepare(model, digits, method="transfer", batch=32, tune="last_blocks", last=5)


def test_equal_seeds_give_equal_heads(model, digits):
    first, second, other = (trained(model, digits, seed=seed).epochs[-1].weights for seed in (0, 0, 1))
    assert torch.equal(first["head.weight"], second["head.weight"])
    assert not torch.equal(first["head.weight"], other["head.weight"])


@pytest.mark.parametrize("tune", ["frozen", "all"])
def test_batch_normalization_of_one_image_is_refused(model, digits, tune):
    with pytest.raises(BadInput, match="choose a batch of two or more"):
        prepare(model, digits, method="transfer", batch=1, tune=tune)
