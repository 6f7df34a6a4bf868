"""Where the truth is known: the highest point of a map lies on the shape that the network names."""

import numpy as np
import pytest

from featviz.data.image_set import ImageSet, Sample
from featviz.explain.attribution.attribute import attribute
from featviz.models.loading import load_model
from featviz.models.model import Model

IMAGES = 60


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("shapes-resnet")


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    images = ImageSet.bundled("shapes")
    chosen = np.random.default_rng(0).choice(len(images), IMAGES, replace=False)
    return [images[number] for number in chosen]


def hits(model: Model, samples: list[Sample], method: str, **options: object) -> float:
    """The pointing game (Zhang et al. 2016) with no margin: how often the highest point is on the mask."""
    found = 0
    for sample in samples:
        shown = attribute(model, model.preprocess(sample.image), method, target=sample.label, **options).map
        assert sample.mask is not None
        found += bool(sample.mask[np.unravel_index(shown.argmax(), shown.shape)])
    return found / len(samples)


@pytest.mark.parametrize(
    ("method", "options"), [("integrated_gradients", {"steps": 12}), ("grad_cam", {}), ("layer_cam", {})]
)
def test_pointing_game(model: Model, samples: list[Sample], method: str, options: dict[str, object]) -> None:
    assert hits(model, samples, method, **options) >= 0.9


def test_the_random_map_hits_by_chance_alone(model: Model, samples: list[Sample]) -> None:
    """Each map has a seed of its own: the same noise would point to the same place in every picture."""
    games = [
        hits(model, samples[n : n + 1], "random", seed=n + 1000 * k) for n in range(IMAGES) for k in range(5)
    ]
    chance = float(np.mean([np.mean(sample.mask) for sample in samples if sample.mask is not None]))
    deviation = (chance * (1 - chance) / len(games)) ** 0.5
    assert abs(float(np.mean(games)) - chance) < 3 * deviation
