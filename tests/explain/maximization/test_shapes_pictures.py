"""Pictures of the bundled network's units: never grey, beyond real images, and understood by another network."""

from functools import cache

import numpy as np
import pytest

from featviz.data.sets.image_set import ImageSet
from featviz.data.shapes.shapes import TEXTURE_NAMES
from featviz.explain.maximization.frames import Frame
from featviz.explain.maximization.maximize import maximize
from featviz.explain.maximization.naturalness import cross_predictions, image_responses, naturalness
from featviz.explain.maximization.objectives import Direction, LogProbability, each
from featviz.explain.targets.units import Channel, Objective
from featviz.models.sources.load import load_model

IMAGES = 480
# how many steps it takes: channels of the stem want whole pictures black or white, which no start is near
STEPS = {"stem.relu": 400, "stage1.1.relu2": 80, "stage2.0.relu1": 80, "stage3.1.relu2": 128}


@cache
def responses(layer: str) -> np.ndarray:
    """Every channel of a layer for each image, (IMAGES, C)."""
    model = load_model("shapes-resnet")
    units = [Channel(layer, channel) for channel in range(model.layer(layer).channels)]
    return np.concatenate(list(image_responses(model, units, ImageSet.bundled("shapes"), max_images=IMAGES)))


def pictures(objectives: list[Objective], steps: int, **options: object) -> Frame:
    run = maximize(load_model("shapes-resnet"), each(objectives), steps=steps, every=steps, **options)
    *_, frame = run
    return frame


@pytest.mark.parametrize("layer", STEPS)
def test_no_picture_of_a_live_channel_is_gray(layer: str) -> None:
    found = responses(layer)
    live = np.flatnonzero((found > 0).mean(0) >= 0.01)[::10]
    units = [Channel(layer, int(channel)) for channel in live]
    frame = pictures(list(units), steps=STEPS[layer])
    natural = naturalness(load_model("shapes-resnet"), units, frame.image, found[:, live])
    assert frame.moved.all()
    assert frame.image.std((1, 2, 3)).min() > 0.04
    assert min(each_one.percentile for each_one in natural) >= 99


def test_a_network_gives_its_classes_pictures_their_class() -> None:
    classes = range(0, 80, 7)
    frame = pictures([LogProbability(index) for index in classes], steps=128)
    named = [first[0].index for first in cross_predictions(load_model("shapes-resnet"), frame.image)]
    assert np.mean([a == b for a, b in zip(named, classes, strict=True)]) >= 0.9


def test_an_independent_network_sees_the_texture_a_direction_stands_for() -> None:
    layer = "stage2.0.relu2"
    images = ImageSet.bundled("shapes")
    textures = np.array([images[n].factors.texture for n in range(IMAGES)])  # type: ignore[union-attr]
    means = np.stack([responses(layer)[textures == texture].mean(0) for texture in TEXTURE_NAMES])
    directions = [Direction(layer, mean) for mean in means - means.mean(0)]
    frame = pictures(list(directions), steps=256, colors="shapes", strength=2.0, decay=1.5)
    names = cross_predictions(load_model("shapes-vit"), frame.image, top=80)
    seen = [np.bincount([p.index % 8 for p in row], [p.probability for p in row]).argmax() for row in names]
    assert sum(a == b for a, b in enumerate(seen)) >= 7
