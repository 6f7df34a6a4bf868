"""Feature maps beside those of a second network: the same of itself, true values, links that reopen the view."""

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featviz import ImageSet, feature_maps, load_model
from tests.test_links import written
from tests.test_pages import assert_sound, open_page, said
from tests.ui.components.payloads import map_grids

LAYER = "stage2.0.relu2"


def opened(**query: str) -> AppTest:
    app = open_page("feature_maps", image="shapes/4", **query)
    assert_sound(app)
    assert not app.error
    return app


def headings(app: AppTest) -> list[str]:
    return [str(each.value) for each in app.main.subheader]


def test_a_network_beside_itself_shows_the_same_maps_twice() -> None:
    app = opened(second="shapes-resnet@trained", layer=LAYER, order="strength")
    (view, header, maps), (view_2, header_2, maps_2) = map_grids(app, "channel 0")[:2]
    assert np.array_equal(maps, maps_2)
    assert (header["origin"], header["step"]) == (header_2["origin"], header_2["step"])
    assert (view["order"], view["selected"]) == (view_2["order"], view_2["selected"])
    assert "Correlation of the two maps below (Pearson): 1.00." in said(app)


def test_both_grids_tell_true_values_on_one_scale() -> None:
    app = opened(second="shapes-resnet@random", layer=LAYER, channel="7")
    grids = map_grids(app, "channel 0")[:2]
    assert len({step for _, header, _ in grids for step in header["step"]}) == 1
    image = ImageSet.bundled("shapes")[4].image
    for weights, (_, header, levels) in zip(("trained", "random"), grids, strict=True):
        model = load_model("shapes-resnet", weights=weights)
        true = feature_maps(model, model.preprocess(image), LAYER).maps
        step = header["step"][0]
        assert np.abs(header["origin"][0] + step * levels.astype(float) - true).max() <= 0.51 * step
    assert headings(app) == [LAYER, LAYER, f"Channel 7 of {LAYER}", f"Channel 7 of {LAYER}"]
    assert app.segmented_control(key="scale").value == "shared"
    app.selectbox(key="second").set_value("none").run()
    assert app.segmented_control(key="scale").value == "channel", (
        "alone, each map is on its own scale as before"
    )
    assert len(map_grids(app, "channel 0")) == 1


def test_another_architecture_has_a_channel_of_its_own_and_the_link_reopens_it() -> None:
    query = {"second": "shapes-vit@trained", "layer": LAYER, "channel": "7", "second_channel": "5"}
    app = opened(**query, matched_layer="blocks.2")
    assert headings(app)[-2:] == [f"Channel 7 of {LAYER}", "Channel 5 of blocks.2"]
    assert "Channels of different layers do not correspond" in said(app)
    address = written(app)
    assert {key: address[key] for key in query} == query
    again = opened(**{key: text for key, text in address.items() if key != "image"})
    assert headings(again) == headings(app)


def test_outputs_for_the_same_classes_correspond_whatever_the_architecture() -> None:
    app = opened(second="shapes-vit@trained", layer="head", matched_layer="head", channel="5")
    assert "The same number is the same class" in said(app)
    assert len([each for each in headings(app) if each.startswith("Unit 5 of head: ")]) == 2
    apart = opened(
        second="digits-cnn@trained", layer="head", matched_layer="head", channel="5", second_channel="7"
    )
    assert "Units of different layers do not correspond" in said(apart)
    assert "Unit 7 of head: 7" in headings(apart)


def test_the_heads_of_both_are_seen_from_one_query() -> None:
    weights = "blocks.1.attention.weights"
    app = opened(model="shapes-vit", second="shapes-vit@trained", layer=weights, query="29")
    sent = [header["labels"] for _, header, _ in map_grids(app, "head 0")]
    assert len([labels for labels in sent if len(labels) == 4]) == 2, "the matrices of both"
    over = [each for each in app.caption if each.value.startswith("From the patch 3, 4; heads 0 to 3")]
    assert len(over) == 2
    assert over[0].value == over[1].value, "a network beside itself looks at the same"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (
            {"second": "digits-cnn@trained"},
            "They see the image differently: 64 × 64 pixels and 32 × 32 pixels.",
        ),
        ({"second": "shapes-vit@trained", "layer": "head", "matched_layer": "blocks.1"}, "has no positions"),
        (
            {"model": "shapes-vit", "second": "shapes-vit@random", "layer": "blocks.1.attention.weights"},
            "same head",
        ),
    ],
)
def test_what_differs_is_said(query: dict[str, str], sentence: str) -> None:
    assert sentence in said(opened(**query))


def test_the_code_on_the_page_makes_both_maps() -> None:
    app = opened(second="shapes-vit@trained", layer=LAYER, matched_layer="blocks.2")
    made: dict[str, Any] = {}
    exec(app.code[-1].value, made)
    second = made["second"].maps
    assert (made["second"].layer, second.shape) == ("blocks.2", (96, 8, 8))
    assert made["highest"] == max(made["maps"].maps.max(), second.max())
