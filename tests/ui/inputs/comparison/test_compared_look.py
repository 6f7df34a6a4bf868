"""Maps of two networks in the same colors: one scale is one scale, and equal colors are equal values."""

import copy
from typing import Any

import numpy as np
import pytest

from featviz import ImageSet, feature_maps, load_model, wrap_model
from featviz.explain.features.feature_maps import FeatureMaps
from featviz.render.normalization import quantize
from featviz.ui.inputs.comparison.compared_look import compare_look
from featviz.ui.inputs.display import Look


def with_doubled_weights() -> tuple[FeatureMaps, FeatureMaps]:
    """The first layer of a network, and of the same with its weights doubled."""
    model = load_model("digits-cnn")
    module: Any = copy.deepcopy(model.module)
    module.conv1.weight.data *= 2
    module.conv1.bias.data *= 2
    louder = wrap_model(module, name="louder", transform=model.transform, input_size=model.input_size)
    image = ImageSet.bundled("digits")[3].image
    first, second = (feature_maps(each, each.preprocess(image), "conv1") for each in (model, louder))
    return first, second


@pytest.mark.parametrize("scale", ["shared", "channel"])
@pytest.mark.parametrize("colors", ["fitting", "viridis"])
def test_with_weights_doubled_the_maps_are_twice_as_bright(scale: str, colors: str) -> None:
    both = with_doubled_weights()
    assert np.allclose(both[1].maps, 2 * both[0].maps, rtol=1e-4, atol=1e-6)
    look = compare_look(Look("index", scale, colors), both, corresponding=True)
    assert look.scales(both[0].maps) == look.scales(both[1].maps)
    assert look.colormap(both[0].maps) is look.colormap(both[1].maps)
    scales = look.scales(both[0].maps)
    assert len(set(scales)) == (1 if scale == "shared" else len(scales))
    assert scales[3] == look.scale_of(both[1].maps, 3)
    told = [
        np.stack(
            [each.to_values(levels) for each, levels in zip(scales, quantize(maps.maps, scales), strict=True)]
        )
        for maps in both
    ]
    steps = np.array([each.step for each in scales])[:, None, None]
    assert (np.abs(told[1] - 2 * told[0]) <= 1.6 * steps).all()
    assert look.span() == (min(0, both[1].maps.min()), both[1].maps.max())


def test_maps_without_a_counterpart_are_on_one_scale_only_if_it_is_asked_for() -> None:
    first, second = with_doubled_weights()
    shared = compare_look(Look("index", "shared", "fitting"), (first, second), corresponding=False)
    assert set(shared.scales(first.maps)) == set(shared.scales(second.maps))
    assert "on one scale" in shared.note
    alone = Look("index", "channel", "viridis")
    each = compare_look(alone, (first, second), corresponding=False)
    assert each.scales(first.maps) == alone.scales(first.maps) != each.scales(second.maps)
    assert "a scale of its own" in each.note


def test_corresponding_channels_stand_in_the_order_of_the_first() -> None:
    model, other = load_model("digits-cnn"), load_model("digits-cnn", weights="random")
    image = model.preprocess(ImageSet.bundled("digits")[3].image)
    both = feature_maps(model, image, "relu2"), feature_maps(other, image, "relu2")
    look = Look("strength", "shared", "fitting")
    order, unlike = (look.channels_in_order(maps) for maps in both)
    assert order != unlike, "else this test says nothing"
    pair = compare_look(look, both, corresponding=True)
    assert [pair.channels_in_order(maps) for maps in both] == [order, order]
    apart = compare_look(look, both, corresponding=False)
    assert [apart.channels_in_order(maps) for maps in both] == [order, unlike]
