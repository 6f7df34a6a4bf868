"""The choice of a second network: what is on offer, which one stands beside at first, and checkpoints of one's own."""

import pytest
from safetensors.torch import save
from streamlit.testing.v1 import AppTest

import featviz
from featviz.models.isolated_rng import IsolatedRNG
from featviz.models.sources import torchvision as zoo
from featviz.ui.inputs.second_network import described
from featviz.ui.state.cache import MODELS
from tests.test_pages import open_page

SMALL = "squeezenet1_1"


def checkpoint(seed: int) -> bytes:
    """A small architecture that tells the ten digits apart, with weights of its own."""
    with IsolatedRNG(seed):
        return save(zoo.build(SMALL, 10).state_dict())


def opened(**query: str) -> AppTest:
    """The view that asks for nothing but both networks."""
    app = open_page("compare", set="digits", compared_count="100", compare_by="behavior", **query)
    assert not app.exception
    return app


def uploaded(app: AppTest, field: int | str, name: str, data: bytes) -> AppTest:
    fields = app.file_uploader
    (fields(key=field) if isinstance(field, str) else fields[field]).set_value(
        (name, data, "application/octet-stream")
    ).run()
    assert not app.exception
    return app


@pytest.mark.parametrize(
    ("model", "weights", "first"),
    [
        ("shapes-resnet", "trained", "shapes-vit@trained"),
        ("shapes-vit", "1-4th", "shapes-resnet@1-4th"),
        ("digits-cnn", "trained", "digits-cnn@random"),
        ("digits-cnn", "random", "digits-cnn@trained"),
    ],
)
def test_at_first_another_network_trained_as_far_stands_beside_or_the_same_untrained(
    model: str, weights: str, first: str
) -> None:
    app = open_page("compare", model=model, weights=weights, set="digits", compared_count="100")
    assert not app.exception
    assert app.selectbox(key="second").value == first
    options = app.selectbox(key="second").options
    assert len(options) == len(set(options))
    assert sum(each.endswith("itself") for each in options) == 1
    assert {
        "shapes-vit, random",
        "shapes-resnet, trained",
        "resnet18, random",
        "resnet18, pretrained",
        "resnet18, a checkpoint to upload",
    } <= {each.removesuffix(" · itself") for each in options}


def test_of_random_weights_another_seed_is_another_network() -> None:
    app = opened(model="digits-cnn", weights="random", second="digits-cnn@another-seed")
    assert app.selectbox(key="second").value == "digits-cnn@another-seed"
    assert sum("random" in each for each in app.selectbox(key="second").options if "digits-cnn" in each) == 2
    assert not app.error


def test_a_network_of_the_zoo_with_random_weights_is_offered_once() -> None:
    app = opened(model=f"torchvision/{SMALL}", weights="random", second=f"torchvision/{SMALL}@random, seed 0")
    assert app.selectbox(key="second").value == f"torchvision/{SMALL}@random", "an older link means the same"
    assert sum(each.startswith(f"{SMALL}, random") for each in app.selectbox(key="second").options) == 2


def test_two_uploaded_checkpoints_of_one_architecture_stand_side_by_side_and_the_link_says_which() -> None:
    app = opened(model=f"torchvision/{SMALL}", weights="file")
    uploaded(app, 0, "epoch1.safetensors", checkpoint(1))
    app.selectbox(key="second").select(f"torchvision/{SMALL}@file").run()
    uploaded(app, "second_checkpoint", "epoch2.safetensors", checkpoint(2))
    offered = app.selectbox(key="second").options
    assert {f"{SMALL}, epoch1.safetensors · itself", f"{SMALL}, epoch2.safetensors"} <= set(offered)
    assert not app.error, [each.value for each in app.error]
    first, second = app.session_state["checkpoint"], app.session_state["second"]
    assert second.startswith(f"torchvision/{SMALL}@") and not second.endswith(first)
    again = opened(model=f"torchvision/{SMALL}", weights="file", checkpoint=first, second=second)
    assert again.selectbox(key="second").value == second, "another visitor has the link"
    assert not again.error


def test_a_checkpoint_is_uploaded_as_the_second_network_of_any_architecture() -> None:
    app = opened(model="digits-cnn", second=f"torchvision/{SMALL}@file")
    uploaded(app, "second_checkpoint", "mine.safetensors", checkpoint(3))
    assert f"{SMALL}, mine.safetensors" in app.selectbox(key="second").options
    assert app.selectbox(key="second").value.startswith(f"torchvision/{SMALL}@")
    assert not app.error, [each.value for each in app.error]


def test_a_file_that_is_no_checkpoint_is_refused_and_another_network_can_be_chosen() -> None:
    app = opened(model="digits-cnn", second=f"torchvision/{SMALL}@file")
    uploaded(app, "second_checkpoint", "mine.safetensors", b"nothing")
    assert len(app.error) == 1
    app.selectbox(key="second").select("digits-cnn@random").run()
    assert not app.exception and not app.error


def test_a_link_to_a_checkpoint_that_is_gone_says_so_and_shows_no_other_network() -> None:
    MODELS.clear()
    app = opened(model="digits-cnn", second=f"torchvision/{SMALL}@{'a' * 32}")
    assert "not on this server any more" in app.error[0].value
    assert app.selectbox(key="second").value == f"torchvision/{SMALL}@{'a' * 32}"
    assert not app.metric


def test_pretrained_weights_that_are_not_here_are_offered_for_download(monkeypatch) -> None:
    monkeypatch.setattr(zoo, "is_cached", lambda _architecture: False)
    app = opened(model="digits-cnn", second=f"torchvision/{SMALL}@pretrained")
    labels = [button.label for button in app.button]
    assert {"Download them", "Use random weights", "Upload a checkpoint"} <= set(labels)
    next(button for button in app.button if button.label == "Use random weights").click().run()
    assert app.selectbox(key="second").value == f"torchvision/{SMALL}@random"
    assert app.query_params["model"] == "digits-cnn", "the first network stays"


def test_weights_are_said_in_words() -> None:
    model = featviz.load_model("digits-cnn", weights="1-4th")
    assert described(model) == "digits-cnn, after 25% of training"
