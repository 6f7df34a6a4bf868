import pytest
import torch
from torch import nn

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput, ModelNotFound
from featviz.models.sources.bundled import BUNDLED, NETWORKS, build_bundled, bundled_card
from featviz.models.sources.load import load_model
from featviz.training.bundle.accuracy import accuracies
from featviz.training.bundle.examples import held_out_digits, held_out_shapes
from featviz.training.bundle.recipes import RECIPES

LEAST = {
    "shapes-resnet": {"shape": 0.97, "texture": 0.97},
    "shapes-vit": {"shape": 0.93, "texture": 0.93},
    "digits-cnn": {"joint": 0.98},
}


@pytest.fixture(scope="module")
def held_out():
    shapes = held_out_shapes()
    return {"shapes-resnet": shapes, "shapes-vit": shapes, "digits-cnn": held_out_digits()}


@pytest.mark.parametrize("name", BUNDLED)
def test_a_trained_network_is_as_good_as_its_card_says(name, held_out):
    measured = accuracies(build_bundled(name), held_out[name], RECIPES[name])
    for what, least in LEAST[name].items():
        assert measured[what] >= least
    for what, stated in bundled_card(name).accuracy.items():
        assert measured[what] == pytest.approx(stated, abs=0.003)


@pytest.mark.parametrize("name", BUNDLED)
def test_stages_run_from_chance_to_trained(name):
    card = bundled_card(name)
    joint = [stage.accuracy["joint"] for stage in card.stages]
    assert (card.stages[0].name, card.stages[-1].name) == ("random", "trained")
    assert joint[0] < 2 / len(card.classes)
    assert joint == sorted(joint)
    assert [stage.step for stage in card.stages] == sorted({stage.step for stage in card.stages})


@pytest.mark.parametrize("name", BUNDLED)
def test_the_card_fits_the_network_and_the_recipe(name):
    card, recipe, network = bundled_card(name), RECIPES[name], build_bundled(name)
    assert type(network).__name__ == card.architecture
    assert sum(parameter.numel() for parameter in network.parameters()) == card.parameters
    assert (card.classes, card.data) == (recipe.classes, recipe.data)
    assert (card.mean[0], card.std[0]) == (recipe.mean, recipe.std)
    assert f"python -m featviz.training {name}" in card.command


@pytest.mark.parametrize("name", BUNDLED)
def test_a_network_comes_frozen_in_float32_and_ready_to_look_at(name):
    network = build_bundled(name)
    assert not any(part.training for part in network.modules())
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    assert all(torch.isfinite(tensor).all() for tensor in network.state_dict().values())
    assert not any(getattr(part, "inplace", False) for part in network.modules())


@pytest.mark.parametrize("name", BUNDLED)
def test_every_module_is_called_once(name):
    network, calls = build_bundled(name), []
    for part_name, part in network.named_modules():
        part.register_forward_hook(lambda *_, part_name=part_name: calls.append(part_name))
    network(torch.zeros(1, 3, *bundled_card(name).input_size))
    assert sorted(calls) == sorted(part_name for part_name, _ in network.named_modules())


def test_attention_can_be_seen():
    seen = []
    network = build_bundled("shapes-vit")
    network.blocks[0].attention.weights.register_forward_hook(lambda *call: seen.append(call[2]))
    network(torch.zeros(2, 3, 64, 64))
    assert seen[0].shape == (2, 4, 65, 65)
    torch.testing.assert_close(seen[0].sum(-1), torch.ones(2, 4, 65))


def test_classes_are_in_the_order_of_the_image_sets():
    assert bundled_card("shapes-vit").classes == ImageSet.bundled("shapes").classes
    assert bundled_card("digits-cnn").classes == ImageSet.bundled("digits").classes


def test_digits_become_gray_first():
    network = build_bundled("digits-cnn")
    assert isinstance(network.gray, nn.Conv2d)
    assert network.gray(torch.zeros(1, 3, 32, 32)).shape == (1, 1, 32, 32)


def test_all_weights_together_stay_small():
    assert sum(path.stat().st_size for path in NETWORKS.rglob("*.*")) <= 10_000_000


def test_unknown_names_are_refused_with_those_there_are():
    with pytest.raises(ModelNotFound, match="shapes-resnet, shapes-vit, digits-cnn"):
        bundled_card("../secrets")
    with pytest.raises(BadInput, match="random, 1-64th"):
        build_bundled("digits-cnn", "../../card")


@pytest.mark.parametrize("name", BUNDLED)
def test_random_weights_depend_on_the_seed_alone(name):
    first, again, other = (load_model(name, weights=None, seed=seed) for seed in (3, 3, 4))
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert (first.weights, other.weights) == ("random, seed 3", "random, seed 4")
    assert first.classes == load_model(name).classes
