"""What the page says of a map follows from the numbers."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from featviz.render.point_colors import by_category, by_value
from featviz.representation.projection import PROJECTIONS, project
from featviz.representation.projection.quality import baseline, map_quality
from featviz.representation.projection.registry import STOCHASTIC
from featviz.representation.projection.stability import stability
from featviz.ui.components.legend.legend import legend
from featviz.ui.pages.embeddings.map_quality import verdict
from featviz.ui.pages.embeddings.map_stability import stability_words
from featviz.ui.pages.embeddings.names import names_on_map
from featviz.ui.pages.embeddings.pinned import near
from featviz.ui.pages.embeddings.scree import scree_words
from featviz.ui.pages.embeddings.selection import PAGE, page_of
from featviz.ui.pages.embeddings.tasks import Honesty


def vectors(count=120, dimensions=6):
    return np.random.default_rng(0).normal(size=(count, dimensions)).astype(np.float32)


def test_a_perfect_map_is_told_from_a_random_one():
    flat = vectors(dimensions=2)
    wide = np.concatenate([flat, np.zeros((len(flat), 40), np.float32)], axis=1)
    perfect = Honesty(map_quality(wide, flat), baseline(wide))
    assert "ten nearest images the map shows **10.0**" in verdict(perfect)
    assert "together are alike, and distances across the map can roughly be believed" in verdict(perfect)
    chance = Honesty(map_quality(vectors(dimensions=50), flat), baseline(vectors(dimensions=50)))
    assert "together are often not alike, and distances across the map mean l" in verdict(chance)


@pytest.mark.parametrize(
    ("shepard", "random", "words"),
    [
        (0.584, 0.500, "mean little"),
        (0.70, 0.2, "mean little"),
        (0.72, 0.500, "can roughly be believed"),
        (0.72, 0.75, "mean less than on a random one"),
        (-0.9, -0.95, "mean little"),
    ],
)
def test_distances_are_believed_where_the_map_explains_half_of_them(shepard, random, words):
    """A random projection reaches 0.65 by the seed alone: 0.584 beside 0.500 says nothing."""
    flat = vectors(dimensions=2)
    measured = map_quality(flat, flat)
    honesty = Honesty(replace(measured, shepard=shepard), replace(measured, shepard=random))
    assert f"distances across the map {words}." in verdict(honesty)


@pytest.mark.parametrize("method", [method.id for method in PROJECTIONS])
def test_another_seed_gives_another_map_where_the_method_is_said_to_draw(method):
    space = vectors(count=60)
    labels = ["a", "b", "c"] * 20
    maps = [project(space, method, seed=seed, labels=labels).points for seed in (0, 1)]
    assert np.array_equal(*maps) == (method not in STOCHASTIC)


def test_categories_are_named_beside_a_point_of_their_own_the_most_frequent_first():
    places = np.array([[0, 0], [1, 0], [9, 9], [10, 10], [11, 11], [5, 5]], np.float32)
    colors = by_category(["a", "a", "b", "b", "b", None], "Label")
    assert names_on_map(places, colors) == [("b", 3), ("a", 0)]
    assert names_on_map(places, by_value(np.arange(6.0), "v")) == []


def test_the_same_map_is_stable_and_a_mirrored_one_too():
    places = vectors(dimensions=2)
    words = stability_words(stability([places, places * [-1, 1]]))
    assert "keeps **10.0** of its ten neighbors" in words
    assert "the maps put it 0% of" in words


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_the_true_neighbors_of_a_pin_are_those_of_scikit_learn(metric):
    space = vectors()
    places = space[:, :2]
    found = near(space, places, 7, metric)
    measured, rows = NearestNeighbors(n_neighbors=11, metric=metric).fit(space).kneighbors(space[7:8])
    assert found.rows.tolist() == rows[0, 1:].tolist()
    expected = measured[0, 1:] if metric == "euclidean" else 1 - measured[0, 1:]
    assert found.likeness == pytest.approx(expected, abs=1e-5)
    drawn = NearestNeighbors(n_neighbors=11).fit(places).kneighbors(places[7:8], return_distance=False)[0, 1:]
    assert 0 < sum(found.on_map) < 10
    assert found.on_map.tolist() == [row in drawn for row in found.rows]


def test_few_points_and_zeros_have_neighbors_too():
    found = near(np.zeros((3, 2), np.float32), np.zeros((3, 2), np.float32), 1, "cosine")
    assert found.rows.tolist() == [0, 2]
    assert found.likeness.tolist() == [0, 0]


def test_the_scree_counts_components():
    assert scree_words([0.5, 0.3, 0.15, 0.05], [0.5, 0.3]) == (
        "The 2 components shown hold **80%** of all variation; nine tenths need 3."
    )
    assert scree_words([0.2, 0.1], [0.2]).endswith("the first 2 hold 30%.")


def test_pages_of_a_selection_hold_everything_once():
    rows = np.arange(3 * PAGE - 7)
    pages = [page_of(rows, number) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [PAGE, PAGE, PAGE - 7]
    assert np.array_equal(np.concatenate(pages), rows)


def test_the_legend_tells_counts_colors_and_what_is_off():
    told = legend(by_category(["a", "b", None, "b"], "Label"), {1})
    assert [(each["name"], each["count"]) for each in told["entries"]] == [("a", 1), ("b", 2), ("none", 1)]
    assert told["entries"][0]["color"] == "#0072b2"
    assert told["hidden"] == [1]
    assert "bar" not in told
    bar = legend(by_value(np.append(np.linspace(0, 1, 999), 50), "v"), ())["bar"]
    assert bar["high"].startswith("≥ 0.9")
    assert bar["colors"][0] == "#440154"
