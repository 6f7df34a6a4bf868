import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featviz.errors import BadInput
from featviz.render import (
    COLORMAPS,
    Scale,
    channel_scales,
    describe,
    format_number,
    quantize,
    shared_scale,
    without_non_finite,
)
from featviz.render.colormaps import CENTER
from featviz.render.normalization import is_rounding, without_rounding

finite = st.floats(-1e30, 1e30)


@settings(max_examples=60, deadline=None)
@given(values=st.lists(finite, min_size=1, max_size=20), symmetric=st.booleans())
def test_levels_and_back_are_right_to_half_a_step(values, symmetric):
    values = np.array(values)
    scale = shared_scale(values, symmetric=symmetric)
    error = np.abs(scale.to_values(scale.to_uint8(values)) - values)
    assert error.max() <= 0.5 * scale.step * (1 + 1e-6) + 1e-6 * np.abs(values).max() + 1e-38


def test_a_map_that_is_not_negative_starts_at_zero():
    scale = shared_scale(np.array([2.0, 5.0]))
    assert (scale.low, scale.high, scale.symmetric) == (0, 5, False)
    assert scale.to_uint8(np.array([0.0, 5.0])).tolist() == [0, 255]


def test_a_signed_map_is_symmetric_and_zero_is_the_neutral_color():
    scale = shared_scale(np.array([-1.0, 0.0, 4.0]))
    assert (scale.low, scale.high) == (-4, 4)
    assert scale.to_uint8(np.array([-4.0, 0.0, 4.0])).tolist() == [1, COLORMAPS["blue_white_red"].zero, 255]
    assert scale.to_values(np.array([128], np.uint8))[0] == 0


def test_equal_and_opposite_values_are_equally_far_from_the_center():
    scale = Scale(-3, 3, symmetric=True)
    levels = scale.to_uint8(np.linspace(-3, 3, 101)).astype(int)
    assert (levels + levels[::-1] == 256).all()


@pytest.mark.parametrize(("value", "level"), [(0.0, 0), (7.0, 255), (1e-3, 255)])
def test_a_constant_map_is_flat_and_not_noise(value, level):
    flat = np.full((8, 8), value)
    assert (shared_scale(flat).to_uint8(flat) == level).all()


def test_a_constant_map_with_rounding_noise_stays_flat():
    nearly = 5 + np.random.default_rng(0).normal(0, 1e-6, (8, 8))
    assert np.ptp(shared_scale(nearly).to_uint8(nearly)) <= 1


def test_a_dead_channel_among_signed_ones_shows_the_neutral_color():
    maps = np.stack([np.zeros((2, 2)), np.array([[-1.0, 1.0], [0.5, 0.0]])])
    levels = quantize(maps, channel_scales(maps))
    assert (levels[0] == 128).all()


def test_a_shared_scale_keeps_the_order_between_channels_and_a_channel_scale_does_not():
    maps = np.stack([np.full((2, 2), 1.0), np.full((2, 2), 4.0)])
    shared = shared_scale(maps)
    assert quantize(maps, [shared, shared])[:, 0, 0].tolist() == [64, 255]
    assert quantize(maps, channel_scales(maps))[:, 0, 0].tolist() == [255, 255]


def test_one_negative_channel_makes_all_scales_symmetric():
    scales = channel_scales(np.array([[[1.0, 2.0]], [[-1.0, 0.5]]]))
    assert [scale.symmetric for scale in scales] == [True, True]
    assert [scale.high for scale in scales] == [2, 1]


def test_quantise_equals_each_scale_by_itself():
    maps = np.random.default_rng(1).normal(size=(5, 4, 6)).astype(np.float32)
    scales = channel_scales(maps)
    alone = np.stack([scale.to_uint8(one) for scale, one in zip(scales, maps, strict=True)])
    assert np.array_equal(quantize(maps, scales), alone)


def test_a_percentile_clips_the_extremes_and_nothing_else():
    values = np.concatenate([np.linspace(0, 1, 999), [100.0]])
    scale = shared_scale(values, percentile=99)
    assert 0.9 < scale.high < 1.1
    assert scale.to_uint8(values)[-1] == 255


def test_a_percentile_does_not_hide_a_sparse_map():
    sparse = np.zeros(10_000)
    sparse[0] = 3.0
    assert shared_scale(sparse, percentile=99).high == 3
    signed = -sparse
    assert shared_scale(signed, percentile=99).high == 3


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_a_number_has_no_color(bad):
    values = np.array([1.0, bad])
    for refused in (lambda: shared_scale(values), lambda: Scale(0, 1).to_uint8(values)):
        with pytest.raises(BadInput, match="1 of 2 values are not finite") as caught:
            refused()
        assert caught.value.code == "not_finite"


def test_replaced_values_are_counted_in_the_note():
    maps, note = without_non_finite(np.array([1.0, np.nan, np.inf]))
    assert maps.tolist() == [1, 0, 0]
    assert note.startswith("2 of 3 values")
    untouched = np.ones(3)
    assert without_non_finite(untouched) == (pytest.approx(untouched), "")


@pytest.mark.parametrize("limits", [(1, 0, False), (0, np.inf, False), (np.nan, 1, False), (-1, 2, True)])
def test_limits_that_are_no_scale_are_refused(limits):
    with pytest.raises(BadInput):
        Scale(*limits)


def test_an_empty_array_a_wrong_count_and_a_wrong_percentile_are_refused():
    for code, call in {
        "no_values": lambda: shared_scale(np.zeros((0, 3))),
        "scale_count": lambda: quantize(np.zeros((2, 3)), [Scale(0, 1)]),
        "percentile": lambda: shared_scale(np.zeros(3), percentile=50),
    }.items():
        with pytest.raises(BadInput) as caught:
            call()
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (3.2, "3.2"),
        (0.12345, "0.123"),
        (1234.5, "1230"),
        (-0.5, "-0.5"),
        (-0.0, "0"),
        (1e-7, "1e-07"),
    ],
)
def test_numbers_have_three_significant_digits(value, text):
    assert format_number(value) == text


def test_a_scale_says_what_it_is():
    assert describe(Scale(0, 3.2)) == "0 to 3.2"
    assert describe(Scale(-1, 1, symmetric=True)) == "-1 to 1"
    assert describe(Scale(0, 0)) == "all 0"


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("signed", [False, True])
def test_narrow_floats_take_the_levels_of_wide_ones(dtype, signed):
    maps = np.random.default_rng(2).normal(size=(20, 30, 30)).astype(dtype)
    maps = maps if signed else np.maximum(maps, 0)
    scales = channel_scales(maps)
    levels = quantize(maps, scales)
    back = np.stack([scale.to_values(one) for scale, one in zip(scales, levels, strict=True)])
    steps = np.array([scale.step for scale in scales])[:, None, None]
    assert (np.abs(back - maps) <= 0.5002 * steps).all()


def test_what_rounding_leaves_of_a_zero_is_flat_and_a_weak_map_is_not() -> None:
    noise = 1e-7 * np.random.default_rng(0).standard_normal((3, 8, 8)).astype(np.float32)
    maps = np.stack([noise[0], 1e-3 * noise[1] / noise.max(), np.zeros((8, 8), np.float32), 5 + noise[2]])
    assert is_rounding(maps).tolist() == [True, False, False, False]
    assert is_rounding(noise).all()
    assert is_rounding(1e7 * maps[:2]).tolist() == [False, False]
    scales = without_rounding(channel_scales(maps, symmetric=True), maps)
    levels = quantize(maps, scales)
    assert np.unique(levels[0]).tolist() == [CENTER]
    assert np.ptp(levels[1]) > 200
