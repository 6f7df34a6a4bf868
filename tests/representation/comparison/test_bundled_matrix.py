"""The matrix that comes with featviz is what a comparison gives, and stands there without one."""

import numpy as np
import pytest

import featviz
from featviz import ImageSet
from featviz.representation.comparison import SimilarityMatrix, steps
from featviz.representation.comparison.execution_order import layers_with_weights
from featviz.store.store import Store


def sample() -> ImageSet:
    """The images that the page compares at first."""
    return ImageSet.bundled("shapes", 2000).subset(
        sorted(np.random.default_rng(0).choice(2000, 400, replace=False).tolist())
    )


@pytest.fixture(scope="module")
def networks() -> list[featviz.Model]:
    return [featviz.load_model(name) for name in ("shapes-resnet", "shapes-vit")]


@pytest.fixture(scope="module")
def bundled(networks, tmp_path_factory) -> SimilarityMatrix:
    """Of a fresh machine: the first step has the result."""
    run = steps(*networks, sample(), store=Store(tmp_path_factory.mktemp("store")))
    first = next(run)
    assert first.result is not None, (
        "no such matrix comes with featviz: make it with `python -m featviz.representation.comparison`"
    )
    return first.result


def test_it_is_the_pages_own_comparison(bundled: SimilarityMatrix, networks: list[featviz.Model]) -> None:
    assert (bundled.layers_a, bundled.layers_b) == tuple(layers_with_weights(each) for each in networks)
    assert (bundled.measure, bundled.count, bundled.permutations) == ("cka_debiased", 400, 200)
    assert (bundled.weights_a, bundled.weights_b) == ("trained", "trained")
    assert bundled.biased is not None and bundled.p_values is not None


def test_computed_again_some_of_its_cells_are_the_same(
    bundled: SimilarityMatrix, networks: list[featviz.Model]
) -> None:
    rows, columns = [3, len(bundled.layers_a) - 1], [2, len(bundled.layers_b) - 1]
    layers = [bundled.layers_a[each] for each in rows], [bundled.layers_b[each] for each in columns]
    again = featviz.compare(
        *networks, sample(), layers_a=layers[0], layers_b=layers[1], store=Store(None), permutations=200
    )
    cells = np.ix_(rows, columns)
    assert np.allclose(again.values, bundled.values[cells], atol=1e-4)
    assert np.allclose(again.biased, bundled.biased[cells], atol=1e-4)
    assert np.allclose(again.p_values, bundled.p_values[cells], atol=0.02)


def test_other_images_are_computed(networks: list[featviz.Model], tmp_path) -> None:
    run = steps(*networks, sample().subset(range(399)), store=Store(tmp_path))
    assert next(run).result is None
    run.close()
