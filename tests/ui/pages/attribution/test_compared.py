"""Attributions of two networks: the same scale, the same target, and a difference that is one."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featviz import Channel, Logit, attribute, load_model, wrap_model
from featviz.data.sets.image_set import ImageSet
from featviz.models.model import Model
from featviz.render.normalization import quantize
from featviz.ui.pages.attribution import compared, tasks
from featviz.ui.pages.attribution.compared import (
    compared_columns,
    compared_sentences,
    difference_cell,
    options_for,
)
from featviz.ui.pages.attribution.display import OverlayLook
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.jobs import end_all
from tests.test_attribution_page import finished
from tests.test_links import written
from tests.test_pages import assert_sound, open_page, said
from tests.ui.components.payloads import unpacked

CHOSEN = ChosenImage("shapes/5", ImageSet.bundled("shapes")[5].image, None)


@pytest.fixture(autouse=True)
def no_checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tasks, "_CHECK_SECONDS", 0.0)
    yield
    end_all()


def with_doubled_logits(model: Model) -> Model:
    module: Any = copy.deepcopy(model.module)
    module.head.weight.data *= 2
    module.head.bias.data *= 2
    return wrap_model(
        module, name="louder", transform=model.transform, classes=model.classes, input_size=model.input_size
    )


def test_with_logits_doubled_the_map_is_twice_as_bright_and_the_difference_is_the_map() -> None:
    model = load_model("shapes-resnet")
    both = [
        attribute(each, each.preprocess(CHOSEN.image), "gradient", target=5).map
        for each in (model, with_doubled_logits(model))
    ]
    assert np.allclose(both[1], 2 * both[0], rtol=1e-3, atol=1e-8)
    cells = {"a": both[0], "b": both[1]}
    scales = OverlayLook(1.0, "blue_white_red", "method", 100.0).scales(
        cells, dict.fromkeys(cells, "gradient")
    )
    assert scales["a"] == scales["b"]
    first, second = (quantize(cells[name][None], [scales[name]])[0].astype(int) - 128 for name in cells)
    assert np.abs(second - 2 * first).max() <= 2
    assert np.abs(second).max() == 127
    cell = difference_cell(0, "Gradient", both[1], both[0])
    assert cell.map is not None
    assert np.allclose(cell.map, both[0], rtol=1e-3, atol=1e-8)
    assert cell.verdict == "Correlation 1.00, of ranks 1.00"


def test_maps_of_two_sizes_have_no_difference_and_correlate_at_the_smaller_one() -> None:
    small = np.random.default_rng(0).normal(size=(8, 8)).astype(np.float32)
    cell = difference_cell(0, "Gradient", np.kron(small, np.ones((4, 4), np.float32)), small)
    assert cell.map is None
    assert "32 × 32 and 8 × 8 pixels. Correlation 1.00" in cell.note
    assert difference_cell(0, "Gradient", small, None).map is None
    assert "No correlation" in difference_cell(0, "Gradient", small, np.zeros_like(small)).verdict


def test_the_same_class_is_explained_where_both_have_it_and_else_each_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        compared, "predictions", lambda model, image: model.predict(model.preprocess(image.image))[0]
    )
    resnet, vit, digits = map(load_model, ("shapes-resnet", "shapes-vit", "digits-cnn"))
    columns = compared_columns(resnet, vit, Logit(7), CHOSEN)
    assert [each.target for each in columns] == [Logit(7), Logit(7)]
    assert compared_sentences(*columns).startswith(f"Both explain {resnet.classes[7]}, on one scale")
    columns = compared_columns(resnet, digits, Logit(7), CHOSEN)
    own = digits.predict(digits.preprocess(CHOSEN.image))[0][0]
    assert columns[1].target == Logit(own.index)
    told = compared_sentences(*columns)
    assert f"Their classes differ: each explains its own, {resnet.classes[7]} and {own.label}." in told
    assert "64 × 64 pixels and 32 × 32 pixels." in told
    unit = Channel("stage2", 3)
    assert (
        compared_columns(resnet, load_model("shapes-resnet", weights="random"), unit, CHOSEN)[1].target
        == unit
    )
    columns = compared_columns(resnet, vit, unit, CHOSEN)
    assert isinstance(columns[1].target, Logit)
    assert "has no channel 3 of stage2" in compared_sentences(*columns)


def test_a_layer_that_the_second_network_lacks_is_the_one_at_the_same_depth() -> None:
    resnet, vit = load_model("shapes-resnet"), load_model("shapes-vit")
    options = {"layer": "stage3.1", "relu": False}
    found = options_for(vit, resnet, "grad_cam", options)
    assert found["relu"] is False
    names = [each.name for each in vit.layers]
    assert abs(names.index(found["layer"]) / len(names) - 0.9) < 0.2
    assert options_for(load_model("shapes-resnet", weights="random"), resnet, "grad_cam", options) == options


def opened(**query: str) -> AppTest:
    app = finished(open_page("attribution", image="shapes/5", methods="gradient", **query))
    assert_sound(app)
    assert not app.error
    return app


def cells_of(app: AppTest) -> tuple[dict[str, Any], list[np.ndarray | None]]:
    """The view of the matrix, and the maps of its only row."""
    sent = [element.proto.bytes for element in app.get("bidi_component")]
    view = next(
        each for each in map(json.loads, (data for data in sent if data[:1] == b"{")) if "mapOnly" in each
    )
    payloads = [unpacked(data) for data in sent if data[4:5] == b"{"]
    maps = {
        header["token"]: header["factor"] * arrays["map"] for header, arrays in payloads if "factor" in header
    }
    return view, [maps[cell["map"]] if cell["map"] else None for cell in view["cells"][0]]


def test_a_network_beside_itself_differs_nowhere_and_the_link_reopens_it() -> None:
    app = opened(second="shapes-resnet@trained")
    view, (first, second, difference) = cells_of(app)
    assert view["columns"] == ["shapes-resnet, trained", "shapes-resnet, trained", "Difference"]
    assert first is not None
    assert difference is not None
    assert np.array_equal(first, second)
    assert np.ptp(first) > 0
    assert not difference.any()
    assert view["cells"][0][2]["verdict"] == "Correlation 1.00, of ranks 1.00"
    assert written(app)["second"] == "shapes-resnet@trained"
    assert app.segmented_control(key="sharing").value == "method", (
        "what shares a scale is told at every level"
    )


def test_an_untrained_twin_is_the_sanity_check_and_the_code_makes_both_maps() -> None:
    app = opened(second="shapes-resnet@random")
    view, (first, second, difference) = cells_of(app)
    assert first is not None
    assert second is not None
    assert difference is not None
    assert np.allclose(difference, first - second, atol=2e-4 * np.abs(first).max())
    assert len({cell["scale"]["limit"] for cell in view["cells"][0]}) == 1
    assert "untrained" in said(app)
    made: dict[str, Any] = {}
    exec(app.code[-1].value, made)
    assert np.allclose(made["difference"], difference, atol=1e-4 * np.abs(difference).max())


def test_without_a_second_network_the_matrix_is_as_it_was() -> None:
    view, maps = cells_of(opened())
    assert len(maps) == 1
    assert view["columns"] == ["Gradient (saliency)"]
