"""Aims as texts: what is written is read again, and what no network has is passed over."""

import pytest

from featviz import Channel, Difference, Logit, Neuron, load_model
from featviz.explain.maximization.objectives import DeepDream, LogProbability
from featviz.models.model import Model
from featviz.ui.pages.maximization.objective_text import ObjectiveSpec, default_objective, read_objective


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("shapes-resnet")


@pytest.mark.parametrize(
    "text",
    ["7", "-7", "7-3", "-7-3", "stage2/5", "-stage2/5", "stage2/5@1,2", "stage2/*", "head/3", "p7", "-p7"],
)
def test_what_is_written_is_read_again(model: Model, text: str) -> None:
    aim = read_objective(text, model)
    assert aim is not None
    assert aim.text == text


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "-",
        "--7",
        "80",
        "7-7",
        "nowhere/1",
        "nowhere/*",
        "/*",
        "stage2/56",
        "stage2/1@99,0",
        "stage2/-1",
        "p80",
        "p",
        "p7-3",
    ],
)
def test_what_this_network_lacks_is_no_aim(model: Model, text: object) -> None:
    assert read_objective(text, model) is None


def test_an_aim_is_the_objective_it_names() -> None:
    assert ObjectiveSpec(Logit(3)).objective == Logit(3)
    assert ObjectiveSpec(Channel("a", 1)).objective == Channel("a", 1)
    assert ObjectiveSpec(Neuron("a", 1, 2, 3)).objective == Neuron("a", 1, 2, 3)
    assert ObjectiveSpec(Difference(3, 4)).objective == Logit(3) - Logit(4)
    assert ObjectiveSpec("a").objective == DeepDream("a")
    assert ObjectiveSpec(Logit(3), down=True).objective == -Logit(3)
    assert ObjectiveSpec(Logit(3), log_probability=True).objective == LogProbability(3)


@pytest.mark.parametrize("name", ["shapes-resnet", "shapes-vit", "digits-cnn"])
def test_the_first_aim_is_one_of_the_networks_own(name: str) -> None:
    model = load_model(name)
    aim = default_objective(model)
    assert read_objective(aim.text, model) == aim
