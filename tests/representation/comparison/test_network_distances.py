"""Distances between many networks are metrics, and the map of them is right where the right one is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import featviz
from featviz import ImageSet, similarity
from featviz.errors import BadInput
from featviz.representation.comparison.multidimensional_scaling import metric_mds
from featviz.representation.comparison.network_distances import METRICS, distances_between, layer_at
from featviz.representation.similarity import measure_of

STAGES = ("random", "1-64th", "1-16th", "1-4th", "trained")


def features(seed: int, p: int, shared: np.ndarray) -> np.ndarray:
    random = np.random.default_rng(seed)
    return shared @ random.normal(size=(3, p)) + random.normal(size=(len(shared), p))


@pytest.mark.parametrize("measure", METRICS)
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(5, 40), p=st.integers(1, 30))
def test_no_detour_is_shorter_than_the_direct_way(measure: str, seed: int, n: int, p: int) -> None:
    shared = np.random.default_rng(seed).normal(size=(n, 3))
    a, b, c = (features(seed + each, p + each, shared) for each in range(3))
    way = similarity(a, b, measure) + similarity(b, c, measure)
    assert similarity(a, c, measure) <= way + 1e-9
    assert similarity(a, b, measure) == pytest.approx(similarity(b, a, measure), abs=1e-9)


@pytest.mark.parametrize("measure", METRICS)
@pytest.mark.parametrize("p", [3, 60], ids=["n > p", "n < p"])
def test_a_rotated_and_scaled_copy_is_at_distance_0(measure: str, p: int) -> None:
    random = np.random.default_rng(p)
    x = random.normal(size=(30, p))
    turned = 5 * x @ np.linalg.qr(random.normal(size=(p, p)))[0] + 2
    assert similarity(x, turned, measure) == pytest.approx(0, abs=1e-6)
    assert similarity(x, random.normal(size=(30, p)), measure) > 0.1


def test_angular_cka_is_the_angle_of_the_golden_value() -> None:
    np.random.seed(0)
    x, y = np.random.uniform(size=(30, 25)), np.random.uniform(size=(30, 25))
    assert similarity(x, y, "cka_angular") == pytest.approx(np.arccos(0.4893427391), abs=1e-8)
    assert measure_of("cka_angular").bounds[1] == pytest.approx(np.pi / 2)


def test_points_of_a_plane_come_back_but_for_a_turn() -> None:
    planted = np.random.default_rng(0).normal(size=(9, 2))
    distances = np.linalg.norm(planted[:, None] - planted, axis=2)
    found = metric_mds(distances)
    assert found.stress < 1e-6
    drawn = np.linalg.norm(found.points[:, None] - found.points, axis=2)
    assert np.allclose(drawn, distances, atol=1e-5)
    assert np.allclose(metric_mds(distances).points, found.points), "nothing is random"


def test_stress_says_what_does_not_fit_into_a_plane() -> None:
    """Four points that are equally far apart are the corners of a tetrahedron."""
    found = metric_mds(1 - np.eye(4))
    assert 0.1 < found.stress < 0.3
    drawn = np.linalg.norm(found.points[:, None] - found.points, axis=2)
    by_hand = np.sqrt(np.square(drawn - (1 - np.eye(4))).sum() / 12)
    assert found.stress == pytest.approx(by_hand)


def test_one_network_twice_two_and_the_same_have_a_map() -> None:
    assert np.allclose(metric_mds(np.zeros((3, 3))).points, 0)
    assert np.ptp(metric_mds(np.array([[0, 1.5], [1.5, 0]])).points[:, 0]) == pytest.approx(1.5)


@pytest.mark.parametrize(
    "distances", [np.ones((2, 2)), np.array([[0, 1], [2, 0]]), np.array([[0, np.nan], [np.nan, 0]])]
)
def test_what_are_no_distances_is_refused(distances: np.ndarray) -> None:
    with pytest.raises(BadInput, match="symmetric"):
        metric_mds(distances)


@pytest.mark.parametrize("measure", METRICS)
def test_the_stages_of_a_training_lie_in_their_order(measure: str) -> None:
    networks = [featviz.load_model("shapes-resnet", weights=stage) for stage in STAGES]
    given = [(model, layer_at(model, 0.5)) for model in networks]
    found = distances_between(given, ImageSet.bundled("shapes", 120), measure)
    assert found.weights == STAGES
    assert found.count == 120
    to_the_end, from_the_start = found.distances[:, -1], found.distances[0]
    assert (np.diff(to_the_end) < -0.05).all()
    assert (np.diff(from_the_start) > 0.02).all()
    assert np.allclose(found.distances, found.distances.T)


def test_layers_are_counted_by_their_order_in_the_pass() -> None:
    model = featviz.load_model("digits-cnn")
    layers = featviz.compare(model, model, ImageSet.bundled("digits", 8), permutations=0).layers_a
    assert layer_at(model, 0) == layers[0]
    assert layer_at(model, 1) == layers[-1]
    assert layer_at(model, 0.5) == layers[round((len(layers) - 1) / 2)]


def test_bad_input_is_refused_in_words() -> None:
    model = featviz.load_model("digits-cnn")
    images = ImageSet.bundled("digits", 8)
    pair = [(model, "conv1"), (model, "conv2")]
    with pytest.raises(BadInput, match="is no metric: procrustes_angular"):
        distances_between(pair, images, "cka_debiased")
    with pytest.raises(BadInput, match="at least two"):
        distances_between(pair[:1], images)
    with pytest.raises(BadInput, match="Fewer than 4 images"):
        distances_between(pair, images.subset([0, 1]))
