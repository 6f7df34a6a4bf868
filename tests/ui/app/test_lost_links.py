"""Links that name what is gone: the page says what was named and what it shows instead, and so does its address."""

from __future__ import annotations

import pytest
from safetensors.torch import save
from streamlit.testing.v1 import AppTest

from featviz.models.sources.torchvision import build_seeded
from tests.test_links import written
from tests.test_pages import assert_sound, open_page, script_of

GONE = "0123456789abcdef" * 2
LOST: dict[str, tuple[str, dict[str, str], list[str], dict[str, str | None]]] = {
    "a network": (
        "feature_maps",
        {"model": "torchvision/resnet1999", "weights": "pretrained", "layer": "layer9"},
        ["**Network: torchvision/resnet1999**, which is not here. shapes-resnet is shown instead"],
        {"model": "shapes-resnet", "weights": "trained", "layer": "stage1.1"},
    ),
    "weights": (
        "network",
        {"weights": "1-1000th"},
        ["**Weights: 1-1000th**, which is not here. Trained is shown instead"],
        {"weights": "trained"},
    ),
    "a layer, a channel and a layer beside it": (
        "feature_maps",
        {"layer": "stage9.<b>*", "channel": "100000", "beside": "stem,stage8"},
        [
            "**Layer: stage9.",
            "stage1.1 is shown",
            "**Channel: 100000**",
            "**Other layers: stem,stage8**, of which not",
        ],
        {"layer": "stage1.1", "channel": "30", "beside": "stem"},
    ),
    "a convolution and a filter": (
        "filters",
        {"convolution": "fc", "filter": "77777", "against": "yesterday"},
        [
            "**Convolution: fc**",
            "stem.conv is shown",
            "**Filter: 77777**",
            "15 is shown",
            "**Compare with: yesterday**",
        ],
        {"convolution": "stem.conv", "filter": "15", "second": "shapes-resnet@random"},
    ),
    "an upload": (
        "network",
        {"image": f"upload/{GONE}"},
        ["uploaded and is not on this server any more", "Shapes world, 0", "is shown instead"],
        {"image": "shapes/0"},
    ),
    "an image": (
        "network",
        {"image": "shapes/999999"},
        ["**Image: shapes/999999**, which is not here", "Shapes world, 0"],
        {"image": "shapes/0"},
    ),
    "a target": (
        "attribution",
        {"target": "First choice: rippled ring · 96%"},
        ["**Target: First choice: rippled ring · 96%**", "rippled ring is shown instead"],
        {"target": None},
    ),
    "an objective": (
        "maximization",
        {"objective": "layer4.1/12"},
        ["**Objective: layer4.1/12**", "channel 0 of stage3.0 is shown instead"],
        {"objective": None},
    ),
    "a checkpoint": (
        "network",
        {"model": "torchvision/squeezenet1_1", "weights": "file", "checkpoint": GONE},
        ["names a checkpoint that is not on this server any more. Upload"],
        {"model": "torchvision/squeezenet1_1", "weights": "file"},
    ),
}


def warned(app: AppTest) -> str:
    """What is warned of, without the marks that Markdown needs."""
    return "\n".join(str(each.value).replace("\\", "") for each in app.warning)


@pytest.mark.parametrize("name", LOST)
def test_a_link_says_what_is_gone_and_what_is_shown_instead(name: str) -> None:
    page, query, sentences, shown = LOST[name]
    app = open_page(page, **query)
    assert_sound(app)
    assert not app.error
    assert [each for each in sentences if each not in warned(app)] == []
    address = written(app)
    assert {key: address.get(key) for key in shown} == shown
    app.run()
    assert [each for each in sentences if each not in warned(app)] == [], "it stays"


def test_nothing_is_said_where_all_is_here_or_no_link_named_it() -> None:
    app = open_page("feature_maps", model="digits-cnn", image="digits/3", layer="relu2", channel="4")
    assert not app.warning
    app.selectbox(key="model").set_value("shapes-resnet").run()
    assert not app.warning, "the layer of another network was not asked for here"


def test_a_link_that_asks_for_nothing_in_particular_loses_nothing() -> None:
    app = open_page("attribution", model="digits-cnn", weights="trained", source="drawing", image="")
    assert_sound(app)
    assert not app.warning


def test_what_is_said_goes_once_something_else_is_chosen() -> None:
    app = open_page("feature_maps", layer="gone", image=f"upload/{GONE}")
    app.selectbox(key="layer").set_value("stem").run()
    assert "gone" not in warned(app)
    assert "uploaded" in warned(app)
    app.selectbox(key="source").set_value("digits").run()
    assert not app.warning


def test_what_was_chosen_before_its_control_was_met_is_not_mourned() -> None:
    app = open_page("network", layer="gone")
    app.session_state["layer"] = "stage2"
    app.switch_page(script_of("feature_maps")).run()
    assert app.selectbox(key="layer").value == "stage2"
    assert not app.warning


def test_a_first_prompt_for_a_checkpoint_is_no_error() -> None:
    app = open_page("network", model="torchvision/squeezenet1_1", weights="file")
    assert not app.error
    assert not app.warning
    assert "Upload a checkpoint of this architecture" in app.info[0].value
    assert written(app) == {"model": "torchvision/squeezenet1_1", "weights": "file"}


def test_a_checkpoint_is_named_where_the_field_has_forgotten_it() -> None:
    data = save(build_seeded("squeezenet1_1", 3).state_dict())
    app = open_page("network", model="torchvision/squeezenet1_1", weights="file")
    app.file_uploader[0].set_value(("mine.safetensors", data, "application/octet-stream")).run()
    assert not app.error
    assert not app.info
    app.switch_page(script_of("filters")).run()
    assert_sound(app)
    assert any("In use: mine.safetensors" in each.value for each in app.sidebar.caption)
