"""What is usual of real pictures: measured, told from what is not, and a pull towards it."""

from functools import cache

import numpy as np
import pytest
import torch

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput, LayerNotFound
from featviz.explain.maximization.activation_prior import ActivationPrior, typical
from featviz.explain.maximization.image_statistics import read_images
from featviz.explain.maximization.maximize import maximize
from featviz.explain.maximization.naturalness import responses_to
from featviz.explain.maximization.objectives import LogProbability, each
from featviz.models.sources.load import load_model
from tests.toys import noise

LAYERS = ["stage1.0.relu2", "stage2.0.relu2"]


@cache
def usual() -> ActivationPrior:
    return typical(load_model("shapes-resnet"), ImageSet.bundled("shapes"), LAYERS, most=300)


def scores(pictures: torch.Tensor) -> np.ndarray:
    found = responses_to(load_model("shapes-resnet"), [usual()], pictures.movedim(1, -1).numpy())
    return found[:, 0]


def test_pictures_not_measured_are_usual_and_noise_is_not() -> None:
    unseen = read_images(list(ImageSet.bundled("shapes"))[300:340], (64, 64))
    assert scores(unseen).min() > -2
    assert -1 < scores(unseen).mean() < -0.3
    assert scores(noise(8, 3, 64, 64).sigmoid()).max() < -5
    assert scores(torch.zeros(1, 3, 64, 64)).max() < scores(unseen).min()


def test_classes_are_painted_nearer_to_real_pictures_with_it() -> None:
    model, classes = load_model("shapes-resnet"), each([LogProbability(0), LogProbability(33)])
    found = []
    for objective in (classes, classes + usual()):
        *_, frame = maximize(model, objective, steps=48, every=48)
        found.append(scores(torch.from_numpy(frame.image.copy()).movedim(-1, 1)))
    assert (found[1] > found[0]).all()


def test_what_cannot_be_measured_is_refused() -> None:
    model, images = load_model("shapes-resnet"), ImageSet.bundled("shapes")
    with pytest.raises(BadInput, match="64 images"):
        typical(model, images, LAYERS, most=10)
    with pytest.raises(BadInput, match="name the layers"):
        typical(model, images, [])
    with pytest.raises(LayerNotFound):
        typical(model, images, ["nowhere"])
