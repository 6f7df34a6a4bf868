"""A map that was learned loses its pattern with the weights; a planted liar does not."""

from collections.abc import Iterator
from statistics import mean

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from featviz.data.sets.image_set import ImageSet
from featviz.explain.attribution.attribute import attribute
from featviz.explain.attribution.gradients import gradient
from featviz.explain.attribution.registry import METHODS
from featviz.explain.attribution.sanity_baselines import edges
from featviz.explain.evaluation.check import Explanation, check
from featviz.explain.evaluation.random_weights import groups_from_the_top, randomize_weights
from featviz.explain.evaluation.results import Randomization
from featviz.explain.targets.units import Channel, Logit, Target
from featviz.models.model import Model
from featviz.models.sources.load import load_model
from tests.explain.attribution.nets import Transformer, net
from tests.toys import InPlace, Tied, noise, seeded, state_digest, wrapped

PICTURES = (3, 57, 204, 411)


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("shapes-resnet")


@pytest.fixture
def planted() -> Iterator[None]:
    """Two liars among the methods: an edge detector, and one whose signs alone are the network's."""

    def liar(model: Model, x: Tensor, target: Target) -> Tensor:
        return edges(model, x, target)

    def signed_liar(model: Model, x: Tensor, target: Target) -> Tensor:
        return edges(model, x, target) * gradient(model, x, target).sum(0, keepdim=True).sign()

    for function in (liar, signed_liar):
        METHODS.register("Most faithful attribution", reference="none", passes=3)(function)
    yield
    for function in (liar, signed_liar):
        del METHODS._methods[function.__name__]


def randomized(model: Model, method: str, picture: int = 3, **options: int) -> Randomization:
    sample = ImageSet.bundled("shapes")[picture]
    x = model.preprocess(sample.image)
    made = attribute(model, x, method, target=sample.label)
    found = check(Explanation(model, x, made), "randomization", **options)
    assert isinstance(found, Randomization)
    return found


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("method", ["gradient", "grad_cam"])
def test_gradient_and_grad_cam_pass(model: Model, method: str, picture: int) -> None:
    found = randomized(model, method, picture)
    assert found.level == "good" and abs(found.signed[-1]) < 0.5


@pytest.mark.parametrize("picture", PICTURES)
def test_the_planted_liar_fails(model: Model, planted: None, picture: int) -> None:
    found = randomized(model, "liar", picture, stages=2, draws=1)
    assert found.level == "bad" and found.figure == "correlation 1.00"
    assert found.sentence == (
        "With all weights random the map's rank correlation with the trained one is 1.00 (1.00 for absolute values; "
        "an edge detector 1, an unrelated map 0): it draws edges, not reasons."
    )
    np.testing.assert_allclose(found.correlations, 1)


def test_the_liar_that_lends_its_signs_from_the_network_fails(model: Model, planted: None) -> None:
    found = randomized(model, "signed_liar")
    assert abs(found.signed[-1]) < 0.3 and found.correlations[-1] > 0.99
    assert found.level == "bad"


def test_guided_backpropagation_hardly_sees_the_output_layer(model: Model) -> None:
    found = [randomized(model, "guided_backprop", picture, stages=2) for picture in PICTURES]
    assert mean(float(each.signed[0]) for each in found) > 0.9
    assert all(each.level == "doubtful" and "hardly why" in each.sentence for each in found)
    assert mean(float(each.correlations[-1]) for each in found) < 0.7


def test_grad_cam_of_a_random_output_layer_is_unrelated(model: Model) -> None:
    first = [float(randomized(model, "grad_cam", n, stages=2, draws=2).correlations[0]) for n in range(8)]
    assert abs(mean(first)) < 0.4


def test_the_maps_are_those_of_the_network_that_lost_its_weights(model: Model) -> None:
    """Stage one by hand: a copy whose output layer is shuffled by the same generator."""
    found = randomized(model, "gradient", stages=3, draws=1, seed=5)
    assert found.stages[0] == "head" and found.maps.shape == (3, 64, 64)
    copy = load_model("shapes-resnet").replica()
    for parameter in copy.parameters():
        parameter.data = parameter.data.clone()
    randomize_weights(copy, ["head"], torch.Generator().manual_seed(5))
    sample = ImageSet.bundled("shapes")[3]
    x = model.preprocess(sample.image).requires_grad_()
    slope = torch.autograd.grad(copy(x)[0, model.classes.index(str(sample.label))], x)[0]
    np.testing.assert_allclose(found.maps[0], slope[0].sum(0), atol=1e-4)


def test_the_published_network_keeps_its_weights(model: Model) -> None:
    before = state_digest(model.module)
    randomized(model, "gradient")
    assert state_digest(model.module) == before


def test_weights_lose_their_mean_and_biases_keep_theirs() -> None:
    module = nn.Linear(400, 400).requires_grad_(requires_grad=False)
    nn.init.ones_(module.weight)
    nn.init.ones_(module.bias)
    randomize_weights(module, [""], torch.Generator().manual_seed(0))
    assert abs(float(module.weight.mean())) < 0.01 and (module.bias == 1).all()


def test_shuffling_keeps_the_size_of_every_number_and_moves_it() -> None:
    module, before = seeded(InPlace), seeded(InPlace)
    randomize_weights(module, ["conv1"], torch.Generator().manual_seed(0))
    for name, parameter in module.named_parameters():
        old = before.get_parameter(name)
        assert torch.equal(parameter.abs().flatten().sort().values, old.abs().flatten().sort().values)
        assert torch.equal(parameter, old) == (not name.startswith("conv1"))


@pytest.mark.parametrize("stages", [1, 2, 3, 6, 32])
def test_every_layer_with_weights_is_in_one_group_the_last_first(model: Model, stages: int) -> None:
    groups = groups_from_the_top(model, Logit(0), stages)
    names = [name for group in groups for name in group]
    holders = {name.rpartition(".")[0] for name, _ in model.module.named_parameters()}
    assert sorted(names) == sorted(holders) and len(groups) == min(stages, len(holders))
    assert names[0] == "head" and names[-1].startswith("stem")
    assert stages == 1 or len(groups[0]) == 1


def test_what_comes_after_the_target_is_left_alone() -> None:
    model = wrapped(seeded(InPlace))
    assert groups_from_the_top(model, Channel("conv1", 0), 6) == [["conv1"]]
    assert groups_from_the_top(model, Logit(0), 6) == [["head"], ["conv2"], ["conv1"]]


def test_what_is_never_called_goes_with_what_holds_it() -> None:
    """The class token belongs to the network itself, the attention's output layer is called by nobody."""
    names = [group[0] for group in groups_from_the_top(wrapped(seeded(Transformer)), Logit(0), 32)]
    assert names[0] == "head" and set(names[-2:]) == {"", "patches"}
    assert {"attention", "attention.out_proj"} <= set(names)
    assert names.index("up") < names.index("attention.out_proj") < names.index("norm1")


def test_tied_weights_stay_tied() -> None:
    module = seeded(Tied)
    randomize_weights(module, ["second", "first"], torch.Generator().manual_seed(0))
    assert module.second.weight is module.first.weight


def test_a_network_without_weights_has_nothing_to_lose() -> None:
    model = wrapped(nn.Sequential(nn.AvgPool2d(4), nn.Flatten()))
    x = noise(1, 3, 16, 16)
    made = attribute(model, x, "gradient", target=0)
    assert check(Explanation(model, x, made), "randomization").level == "unknown"


def test_the_shuffling_is_the_seeds() -> None:
    model, x = net("residual"), noise(1, 3, 16, 16)
    made = attribute(model, x, "gradient", target=0)
    first, same, other = (
        check(Explanation(model, x, made), "randomization", seed=seed) for seed in (0, 0, 1)
    )
    assert isinstance(first, Randomization) and isinstance(same, Randomization)
    assert isinstance(other, Randomization)
    assert (first.maps == same.maps).all() and (first.maps[-1] != other.maps[-1]).any()
