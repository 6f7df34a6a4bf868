"""The Feature maps page: which channel is large, what the strip tells, and the heads of an attention layer."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featviz import ImageSet, feature_maps, load_model
from featviz.explain.features.attention import attention_maps
from featviz.explain.features.feature_maps import record_feature_maps
from featviz.ui.state import features
from featviz.ui.state.cache import ByteCache
from tests.ui.components.payloads import unpacked

ROOT = Path(__file__).parents[4]
WEIGHTS = "blocks.1.attention.weights"


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / "_navigation.py"), default_timeout=120)
    app.query_params.update({"image": "shapes/4", **query})
    app.switch_page("../featviz/ui/pages/feature_maps/feature_maps.py").run()
    assert not app.exception
    return app


def grid_of(app: AppTest, label: str) -> tuple[dict[str, Any], dict[str, Any], np.ndarray]:
    """Of the first map grid whose first map is called so: its view, its header and its maps."""
    sent = [element.proto.bytes for element in app.get("bidi_component")]
    views = [json.loads(each) for each in sent if each[:1] == b"{"]
    for payload in (each for each in sent if each[4:5] == b"{"):
        header, arrays = unpacked(payload)
        if header.get("labels", [""])[0].startswith(label):
            view = next(each for each in views if each.get("token") == header["token"])
            return view, header, arrays["maps"]
    raise AssertionError(f"no grid begins with {label}")


def maps_of(model: str, layer: str) -> Any:
    network = load_model(model)
    return feature_maps(network, network.preprocess(ImageSet.bundled("shapes")[4].image), layer)


def test_the_strip_tells_true_positions_and_values() -> None:
    _view, header, levels = grid_of(opened(), "stem.conv, channel")
    for number, label in enumerate(header["labels"]):
        layer, channel = label.split(", channel ")
        true = maps_of("shapes-resnet", layer).maps[int(channel)]
        assert header["grids"][number] == list(true.shape)
        rows, columns = (np.arange(size) * 64 // size for size in true.shape)
        told = header["origin"][number] + header["step"][number] * levels[number].astype(float)
        assert np.abs(told[np.ix_(rows, columns)] - true).max() <= 0.51 * header["step"][number]


def test_a_channel_that_is_zero_to_rounding_is_flat_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def noisy(*given: Any) -> Any:
        made = record_feature_maps(*given)
        for layer, each in made.items():
            maps = each.maps.copy()
            maps[3] = 1e-7 * np.random.default_rng(0).standard_normal(maps[3].shape)
            made[layer] = replace(each, maps=maps)
        return made

    monkeypatch.setattr(features, "record_feature_maps", noisy)
    monkeypatch.setattr(features, "FEATURES", ByteCache(1 << 24))  # what is made here is for nobody else
    app = opened(layer="stage2.0.conv1", channel="3")
    _view, header, levels = grid_of(app, "channel 0")
    assert header["step"][3] == 0
    assert np.ptp(levels[3]) == 0
    assert all(np.ptp(each) > 100 for each in np.delete(levels, 3, axis=0))
    assert any("1 is zero to rounding, and drawn flat" in each.value for each in app.main.caption)


def test_a_channel_of_a_layer_beside_is_opened_like_one_of_the_first() -> None:
    app = opened(layer="stage2.0.relu2", beside="stage3.0", channel="7")
    assert app.main.subheader[-1].value == "Channel 7 of stage2.0.relu2"
    app.session_state["opened"] = "stage3.0"
    app.session_state["channel"] = 5
    app.session_state["_announced_unit"] = "feature_maps"  # as a click on its map does
    for _run in range(3):
        app.run()
        assert app.selectbox(key="layer").value == "stage2.0.relu2", "no layer changes its place"
    assert app.main.subheader[-1].value == "Channel 5 of stage3.0"
    assert "stage3.0" in app.code[-1].value, "the snippet is of what is seen"
    app.session_state["beside"] = ""
    app.run()
    assert app.main.subheader[-1].value == "Channel 5 of stage2.0.relu2", "what is not shown cannot be open"


def test_each_head_is_seen_over_the_image_from_the_query() -> None:
    app = opened(model="shapes-vit", layer=WEIGHTS, query="29", channel="2")
    assert f"Head 2 of {WEIGHTS}" in [each.value for each in app.subheader]
    assert "4 heads" in "".join(each.value for each in app.caption)
    view, _header, matrix = grid_of(app, "head 2")
    assert matrix.shape == (1, 65, 65)
    assert (view["axes"]["across"], view["axes"]["down"]) == ("key", "query")
    assert view["axes"]["names"][29] == "patch 3, 4"
    assert view["box"] == [0, 29, 65, 1]
    view, header, tiles = grid_of(app, "head 0, ")
    assert view["box"] == [4, 3, 1, 1]
    assert header["grids"] == [[8, 8]] * 4
    assert view["selected"] == 2
    image = grid_of(app, "Click a patch")[2][0].astype(float)
    true = attention_maps(maps_of("shapes-vit", WEIGHTS), 29)
    for head in range(4):
        changed = np.abs(tiles[head] - image).sum(2)
        side = changed.shape[0] // 8
        row, column = np.unravel_index(true[head].argmax(), (8, 8))
        block = tiles[head][row * side : (row + 1) * side, column * side : (column + 1) * side]
        assert block[..., 1].mean() > np.median(tiles[head][..., 1]), "the strongest patch is the brightest"


def test_another_query_is_chosen_from_the_list_and_a_wrong_one_is_none() -> None:
    app = opened(model="shapes-vit", layer=WEIGHTS, query="1000", channel="1")
    assert app.selectbox(key="query").value == "0"
    app.selectbox(key="query").set_value("64").run()
    assert not app.exception
    assert grid_of(app, "head 1")[0]["box"] == [0, 64, 65, 1]
