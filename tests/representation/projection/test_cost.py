"""What a map costs is known before it is made."""

import pytest

from featviz.errors import BadInput
from featviz.representation.projection import PROJECTIONS
from featviz.representation.projection.cost import expected_seconds


def test_more_points_and_more_steps_cost_more():
    for method, steps in (("tsne", "iterations"), ("umap", "epochs")):
        few, many = (expected_seconds(method, count, 64) for count in (2000, 50_000))
        assert 0 < few < 5 < many
        assert expected_seconds(method, 50_000, 64, {steps: 2000}) > 2 * many


def test_t_sne_looks_for_neighbors_among_fifty_components_at_most():
    assert expected_seconds("tsne", 9000, 50) == expected_seconds("tsne", 9000, 2048)
    assert expected_seconds("umap", 9000, 50) < expected_seconds("umap", 9000, 2048)


def test_methods_without_steps_cost_nothing_worth_saying():
    free = [each.id for each in PROJECTIONS if each.id not in ("autoencoder", "tsne", "umap", "umap_learn")]
    assert {expected_seconds(method, 50_000, 512) for method in free} == {0.0}


def test_what_no_method_takes_is_refused():
    with pytest.raises(BadInput):
        expected_seconds("tsne", 100, 10, {"nonsense": 1})
    with pytest.raises(BadInput):
        expected_seconds("nonsense", 100, 10)
