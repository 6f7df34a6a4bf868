"""Pictures against real images, and before other networks."""

import numpy as np
import pytest
import torch

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput
from featviz.explain.maximization.maximize import maximize
from featviz.explain.maximization.naturalness import (
    Naturalness,
    cross_predictions,
    image_responses,
    naturalness,
    responses_to,
)
from featviz.explain.targets.units import Channel, Logit
from featviz.models.recording import record
from featviz.models.sources.load import load_model

UNITS = [Channel("stage2.1.relu2", 3), Logit(7)]


def test_images_respond_as_recorded() -> None:
    model = load_model("shapes-resnet")
    images = ImageSet.bundled("shapes")
    found = np.concatenate(list(image_responses(model, UNITS, images, max_images=40)))
    x = model.preprocess([images[n].image for n in range(40)])
    expected = torch.stack(
        [record(model, x, "stage2.1.relu2")["stage2.1.relu2"][:, 3].mean((1, 2)), model.logits(x)[:, 7]], 1
    )
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-3, atol=1e-4)


def test_an_image_of_the_set_lies_where_it_ranks() -> None:
    model = load_model("shapes-resnet")
    images = ImageSet.bundled("shapes")
    responses = np.concatenate(list(image_responses(model, UNITS, images, max_images=30)))
    strongest = [int(responses[:, n].argmax()) for n in range(2)]
    pictures = np.stack([np.asarray(images[n].image, np.float32) / 255 for n in strongest])
    for found in naturalness(model, UNITS, pictures, responses):
        assert found.percentile >= 96
        assert found.times_strongest == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("unit", UNITS)
def test_a_run_says_of_its_last_image_what_is_said_of_it_elsewhere(unit: Channel | Logit) -> None:
    """Its steps compute in bfloat16, which would tell 8.02 of an image that scores 8.03."""
    model = load_model("shapes-resnet")
    *_, last = maximize(model, unit, steps=6, every=100, precision="bfloat16")
    np.testing.assert_allclose(last.scores, responses_to(model, [unit], last.image)[:, 0], rtol=1e-5)


def test_how_far_beyond_is_said_in_words() -> None:
    images = np.linspace(0, 2, 2000, dtype=np.float32)
    assert Naturalness(8.4, images).sentence == "4.2 × the strongest of 2,000 images"
    assert Naturalness(1.0, images).sentence == "stronger than 50% of 2,000 images"
    assert Naturalness(1.0, images - 3).times_strongest is None


def test_real_images_persuade_another_network() -> None:
    images = [ImageSet.bundled("shapes")[n] for n in range(6)]
    pictures = np.stack([np.asarray(sample.image, np.float32) / 255 for sample in images])
    found = cross_predictions(load_model("shapes-vit"), pictures)
    assert sum(first[0].label == sample.label for first, sample in zip(found, images, strict=True)) >= 5


def test_pictures_and_objectives_must_match() -> None:
    model = load_model("shapes-resnet")
    pictures = np.zeros((1, 64, 64, 3), np.float32)
    assert responses_to(model, UNITS, pictures).shape == (1, 2)
    with pytest.raises(BadInput):
        naturalness(model, UNITS, pictures, np.zeros((4, 2), np.float32))
