"""The Filters page: one scale beside each other, true weights under the pointer, a random twin for every network."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featviz import filters, load_model
from featviz.explain.features.filters import Filters
from featviz.ui.pages.filters.tiles import kernel_names, kernel_scale, kernel_tiles, tiles_of
from tests.test_links import written
from tests.ui.components.payloads import map_grids

ROOT = Path(__file__).parents[4]


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / "_navigation.py"), default_timeout=120)
    app.query_params.update(query)
    app.switch_page("../featviz/ui/pages/filters/filters.py").run()
    assert not app.exception
    return app


def of(model: str, weights: str, layer: str) -> Filters:
    return filters(load_model(model, weights=weights), layer)


@pytest.mark.parametrize(
    ("model", "layer"), [("shapes-resnet", "stem.conv"), ("digits-cnn", "conv1"), ("digits-cnn", "conv2")]
)
def test_equal_colors_beside_each_other_are_equal_weights(model: str, layer: str) -> None:
    shown = [of(model, weights, layer) for weights in ("trained", "random")]
    trained, random = tiles_of(shown, "shared")
    assert len({*trained.scales, *random.scales}) == 1
    assert trained.scales[0].high == max(np.abs(each.weights).max() for each in (trained, random))
    each = tiles_of(shown, "filter")[0]
    reach = np.abs(each.weights).reshape(len(each.weights), -1).max(1)
    assert np.allclose([scale.high for scale in each.scales], reach)
    scale = kernel_scale(shown, (0, 0))
    for filters_of in shown:
        told = scale.to_values(kernel_tiles(filters_of, 0, scale))
        assert np.abs(told - filters_of.kernels[0]).max() <= 0.51 * scale.step


def test_the_weight_under_the_pointer_is_the_filter_s() -> None:
    true = of("shapes-resnet", "trained", "stem.conv").kernels.transpose(0, 2, 3, 1)
    app = opened(filter="7")
    (view, header, levels), (other, _, _) = map_grids(app, "filter 0")
    step = np.array(header["step"])[:, None, None, None]
    told = np.array(header["origin"])[:, None, None, None] + step * levels
    assert np.abs(told - true).max() <= 0.51 * step.max()
    assert view["selected"] == other["selected"] == 7
    assert [each[0]["heads"] for each in map_grids(app, "R")] == [["R", "G", "B"]] * 2


def test_the_page_opens_with_filters_that_have_a_pattern_and_counts_a_single_one() -> None:
    app = opened(model="digits-cnn")
    assert app.selectbox(key="convolution").value == "conv1"
    app = opened(model="digits-cnn", convolution="gray")
    (view, _, _), *_ = map_grids(app, "filter 0")
    assert view["order"] == [0]
    assert any(
        each.startswith("gray · 1 filter of 3 × 1 × 1") for each in app.selectbox(key="convolution").options
    )
    assert "Norm 3.3; none dead." in [each.value for each in app.caption]


def test_kernels_are_named_after_what_they_look_at() -> None:
    assert kernel_names(of("shapes-resnet", "trained", "stem.conv")) == ("R", "G", "B")
    names = kernel_names(of("digits-cnn", "trained", "conv2"))
    assert names[0] == "input channel 0"
    assert len(names) == of("digits-cnn", "trained", "conv2").kernels.shape[1]


@pytest.mark.parametrize(
    ("query", "own", "twin"),
    [
        ({"model": "torchvision/squeezenet1_1", "weights": "random"}, "random, seed 0", "random, seed 1"),
        ({"model": "digits-cnn", "weights": "random", "against": "other_seed"}, "random", "random, seed 0"),
        ({"model": "digits-cnn"}, "trained", "random"),
    ],
)
def test_every_network_has_random_weights_to_stand_beside_it(
    query: dict[str, str], own: str, twin: str
) -> None:
    app = opened(**query)
    titles = [each.value for each in app.main.subheader if each.value.startswith("Weights: ")]
    assert titles == [f"Weights: {own}", f"Weights: {twin}"]
    (_, _, first), (_, _, second) = map_grids(app, "filter 0")
    assert not np.array_equal(first, second)


def test_filters_are_kept_as_they_are_in_a_file() -> None:
    import io

    shown = of("digits-cnn", "trained", "conv1")
    kept = np.load(io.BytesIO(shown.to_npz()), allow_pickle=False)
    assert np.array_equal(kept["kernels"], shown.kernels)
    assert np.array_equal(kept["norms"], shown.norms)
    assert (str(kept["model"]), str(kept["layer"])) == ("digits-cnn", "conv1")


def test_filters_of_another_architecture_are_on_the_same_scale_and_chosen_by_themselves() -> None:
    query = {
        "second": "digits-cnn@trained",
        "convolution": "stage2.0.conv1",
        "filter": "5",
        "second_filter": "3",
    }
    app = opened(**query, matched_convolution="conv2")
    grids_shown = map_grids(app, "filter 0")
    assert [view["selected"] for view, _, _ in grids_shown] == [5, 3]
    assert len({step for _, header, _ in grids_shown for step in header["step"]}) == 1
    titles = [each.value for each in app.main.subheader]
    assert titles[:2] == ["shapes-resnet, trained · stage2.0.conv1", "digits-cnn, trained · conv2"]
    assert "Filter 5 of stage2.0.conv1 and filter 3 of conv2" in titles
    made: dict[str, Any] = {}
    exec(app.code[-1].value, made)
    true = of("digits-cnn", "trained", "conv2")
    assert np.array_equal(made["second"].kernels, true.kernels)
    kernels = map_grids(app, "input channel 0")
    assert len(kernels) == 2
    step = np.array(kernels[1][1]["step"])[:, None, None]
    told = np.array(kernels[1][1]["origin"])[:, None, None] + step * kernels[1][2]
    assert np.abs(told - true.kernels[3]).max() <= 0.51 * step.max()
    address = written(app)
    assert {key: address[key] for key in query} == query


def test_the_convolution_at_the_same_depth_stands_beside_until_another_is_chosen() -> None:
    app = opened(second="digits-cnn@trained")
    assert app.selectbox(key="matched_convolution").value == "conv1", "the first beside the first"


def test_filters_beside_those_of_the_same_network_are_the_same() -> None:
    app = opened(second="shapes-resnet@trained")
    (_, header, first), (_, header_2, second) = map_grids(app, "filter 0")
    assert np.array_equal(first, second)
    assert header["step"] == header_2["step"]


@pytest.mark.parametrize(
    ("against", "title"),
    [("nothing", None), ("1-4th", "Weights: after 25% of training"), ("random", "Weights: random")],
)
def test_links_from_before_name_weights_of_the_same_network(against: str, title: str | None) -> None:
    app = opened(against=against)
    titles = [each.value for each in app.main.subheader if each.value.startswith("Weights: ")]
    assert titles == ["Weights: trained", *([title] if title else [])]
    assert not app.warning
