from dataclasses import replace

import numpy as np
import pytest

from featviz.data.shapes.backgrounds import BACKGROUNDS
from featviz.data.shapes.outlines import OUTLINES
from featviz.data.shapes.shapes import (
    HELD_OUT_SEED,
    SHAPES,
    SHAPES_CLASSES,
    SHAPES_SIZE,
    TEXTURE_NAMES,
    TRAINING_SEED,
    render_shapes,
    shapes_factors,
    shapes_image,
)
from featviz.errors import BadInput

FEW = range(0, 400, 19)
SUM_OF_EIGHTY_IMAGES = 132_635_227


def test_there_are_eighty_classes_with_names_of_their_own():
    assert (len(SHAPES), len(TEXTURE_NAMES)) == (10, 8)
    assert len(set(SHAPES_CLASSES)) == 80
    assert "striped star" in SHAPES_CLASSES


def test_each_run_of_eighty_images_shows_every_class_once():
    for start in (0, 80, 1920):
        labels = [shapes_factors(HELD_OUT_SEED, index).label for index in range(start, start + 80)]
        assert sorted(labels) == sorted(SHAPES_CLASSES)


def test_an_image_does_not_depend_on_what_was_asked_before():
    forwards = [shapes_image(5, index) for index in range(10)]
    backwards = [shapes_image(5, index) for index in reversed(range(10))][::-1]
    for one, other in zip(forwards, backwards, strict=True):
        assert one.factors == other.factors
        np.testing.assert_array_equal(one.pixels, other.pixels)
        np.testing.assert_array_equal(one.mask, other.mask)


def test_the_world_is_frozen():
    """Trained weights belong to these pictures: who changes the world must train again."""
    total = sum(int(shapes_image(HELD_OUT_SEED, index).pixels.sum()) for index in range(80))
    assert total == pytest.approx(SUM_OF_EIGHTY_IMAGES, rel=1e-4)


def test_training_and_held_out_images_differ():
    training = {shapes_image(TRAINING_SEED, index).pixels.tobytes() for index in range(300)}
    held_out = {shapes_image(HELD_OUT_SEED, index).pixels.tobytes() for index in range(300)}
    assert len(training) == len(held_out) == 300
    assert not training & held_out


@pytest.mark.parametrize("index", FEW)
def test_outside_the_mask_nothing_but_the_background_shows(index):
    picture = shapes_image(TRAINING_SEED, index)
    for change in (
        {"texture": "dotted"},
        {"color": (1.0, 0.0, 1.0), "accent": (0.0, 1.0, 0.0)},
        {"period": 7.0, "phase": 0.3, "tilt": 4.0},
    ):
        changed, mask = render_shapes(replace(picture.factors, **change))
        np.testing.assert_array_equal(mask, picture.mask)
        np.testing.assert_array_equal(changed[~mask], picture.pixels[~mask])
    changed, _ = render_shapes(replace(picture.factors, color=(1.0, 0.0, 1.0), accent=(0.0, 1.0, 0.0)))
    assert (changed[picture.mask] != picture.pixels[picture.mask]).any(axis=1).mean() > 0.9


@pytest.mark.parametrize("index", FEW)
def test_a_shape_covers_a_fair_part_of_the_picture_and_never_touches_its_border(index):
    mask = shapes_image(HELD_OUT_SEED, index).mask
    assert mask.shape == (SHAPES_SIZE, SHAPES_SIZE)
    assert not np.any([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    assert 0.08 < mask.mean() < 0.7


@pytest.mark.parametrize("index", FEW)
def test_the_fill_stands_out_from_the_background_and_the_texture_from_itself(index):
    factors = replace(shapes_factors(HELD_OUT_SEED, index), background="flat")
    ground, fill, accent = (
        np.array(each) for each in (factors.background_colors[0], factors.color, factors.accent)
    )
    assert np.abs(fill - ground).max() > 0.2
    assert np.abs(accent - ground).max() > 0.4
    assert np.abs(fill - accent).max() > 0.2


@pytest.mark.parametrize("shape", SHAPES)
def test_an_outline_is_a_distance_within_the_unit_circle(shape):
    y, x = np.mgrid[-1.2:1.2:241j, -1.2:1.2:241j].astype(np.float32)
    distance = OUTLINES[shape](x, y)
    assert np.hypot(x, y)[distance < 0].max() <= 1.001
    slope = np.hypot(*np.gradient(distance, 0.01))[np.abs(distance) < 0.03]
    assert np.median(slope) == pytest.approx(1, abs=0.02)


def test_stripes_run_upright_and_bands_lie():
    factors = replace(shapes_factors(1, 0), shape="square", rotation=0.0, size=28.0, x=31.5, y=31.5, tilt=0.0)
    striped, _ = render_shapes(replace(factors, texture="striped"))
    banded, _ = render_shapes(replace(factors, texture="banded"))
    changes = [
        [np.abs(np.diff(picture[16:48, 16:48].astype(int), axis=axis)).mean() for axis in (0, 1)]
        for picture in (striped, banded)
    ]
    assert changes[0][1] > 5 * changes[0][0]
    assert changes[1][0] > 5 * changes[1][1]


@pytest.mark.parametrize("texture", [name for name in TEXTURE_NAMES if name != "plain"])
def test_both_colors_of_a_texture_are_seen_in_fair_parts(texture):
    factors = shapes_factors(1, 3)
    factors = replace(factors, texture=texture, shape="square", size=28.0, x=31.5, y=31.5)
    factors = replace(factors, color=(1.0, 1.0, 1.0), accent=(0.0, 0.0, 0.0))
    picture, mask = render_shapes(factors)
    assert 0.2 < (picture[mask].mean() / 255) < 0.8


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_backgrounds_stay_between_their_two_colors(background):
    factors = replace(shapes_factors(1, 0), background=background)
    factors = replace(factors, background_colors=((0.2, 0.2, 0.2), (0.4, 0.4, 0.4)))
    picture, mask = render_shapes(factors)
    assert picture[~mask].min() >= 0.2 * 255 - 8
    assert picture[~mask].max() <= 0.4 * 255 + 8


@pytest.mark.parametrize(("seed", "index"), [(-1, 0), (0, -1)])
def test_negative_seeds_and_indices_are_refused(seed, index):
    with pytest.raises(BadInput, match="must be 0 or more"):
        shapes_image(seed, index)
