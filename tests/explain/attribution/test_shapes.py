"""Where the truth is known: the highest point of a map lies on the shape that the network names."""

import numpy as np
import pytest

from featviz.data.sets.image_set import ImageSet, Sample
from featviz.explain.evaluation.pointing_game import Game, pointing_game
from featviz.models.model import Model
from featviz.models.sources.load import load_model
from featviz.progress import finished

IMAGES = 100
LOOKED_AT = 60
"""The pictures on which the default baseline of integrated gradients was chosen; none of them is used here."""


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("shapes-resnet")


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    images = ImageSet.bundled("shapes")
    looked_at = np.random.default_rng(0).choice(len(images), LOOKED_AT, replace=False)
    others = np.setdiff1d(np.arange(len(images)), looked_at)
    return [images[number] for number in np.random.default_rng(1).choice(others, IMAGES, replace=False)]


def played(model: Model, samples: list[Sample], method: str, **options: object) -> Game:
    game = finished(pointing_game(model, samples, method, **options))
    assert game.played == IMAGES
    return game


@pytest.mark.parametrize(
    ("method", "options"), [("integrated_gradients", {"steps": 12}), ("grad_cam", {}), ("layer_cam", {})]
)
def test_pointing_game(model: Model, samples: list[Sample], method: str, options: dict[str, object]) -> None:
    assert played(model, samples, method, **options).rate >= 0.9


def test_the_random_map_hits_by_chance_alone(model: Model, samples: list[Sample]) -> None:
    """Each map has a seed of its own: the same noise would point to the same place in every picture."""
    games = [played(model, samples, "random", seed=IMAGES * number) for number in range(3)]
    deviation = (games[0].chance * (1 - games[0].chance) / (IMAGES * len(games))) ** 0.5
    assert abs(float(np.mean([game.rate for game in games])) - games[0].chance) < 3 * deviation
    assert games[0].interval[0] < games[0].chance < games[0].interval[1]


def test_finding_the_shape_needs_no_network(model: Model, samples: list[Sample]) -> None:
    """The game is easy on even backgrounds: an edge detector wins it, and so it cannot tell who is right alone."""
    assert played(model, samples, "edges").rate > 0.95
