"""Each measure is invariant to what it declares and to nothing else, symmetric where it says so, and within bounds."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featviz import similarity
from featviz.representation.similarity import MEASURES, measure_of

IDS = [each.id for each in MEASURES]
SAME = {each: 0.0 if measure_of(each).distance else 1.0 for each in IDS}


def sets(n: int, p: int, q: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two sets that share part of what they say, around a mean that is not 0."""
    random = np.random.default_rng(seed)
    shared = random.normal(size=(n, 3))
    first = shared @ random.normal(size=(3, p)) + random.normal(size=(n, p)) + random.normal(size=p)
    second = shared @ random.normal(size=(3, q)) + random.normal(size=(n, q)) + random.normal(size=q)
    return first, second


def rotation(p: int, random: np.random.Generator) -> np.ndarray:
    return np.linalg.qr(random.normal(size=(p, p)))[0]


CHANGES: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "permutation": lambda x, random: x[:, random.permutation(x.shape[1])],
    "orthogonal": lambda x, random: x @ rotation(x.shape[1], random),
    "scaling": lambda x, _: 7.3 * x,
    "translation": lambda x, random: x + 3 * random.normal(size=x.shape[1]),
    "invertible": lambda x, random: (
        x
        @ rotation(x.shape[1], random)
        @ np.diag(np.geomspace(0.1, 10, x.shape[1]))
        @ rotation(x.shape[1], random)
    ),
}


@pytest.mark.parametrize("measure", IDS)
@pytest.mark.parametrize("change", CHANGES)
def test_nothing_else_than_the_declared_changes_leaves_the_score(measure: str, change: str) -> None:
    random = np.random.default_rng(5)
    first, second = sets(60, 8, 6, 1)
    before = similarity(first, second, measure)
    after = [
        similarity(CHANGES[change](first, random), second, measure),
        similarity(first, CHANGES[change](second, random), measure),
    ]
    if change in measure_of(measure).invariances:
        assert after == pytest.approx([before, before], abs=1e-9)
    else:
        assert max(abs(each - before) for each in after) > 1e-6


@settings(max_examples=8, deadline=None)
@given(n=st.integers(14, 40), p=st.integers(3, 50), q=st.integers(3, 50), seed=st.integers(0, 1000))
def test_every_score_is_within_bounds_and_symmetric_where_it_says_so(
    n: int, p: int, q: int, seed: int
) -> None:
    first, second = sets(n, p, q, seed)
    for measure in IDS:
        made = measure_of(measure)
        value, other_way = similarity(first, second, measure), similarity(second, first, measure)
        assert made.bounds[0] <= value <= made.bounds[1] + 1e-12
        if made.symmetric:
            assert value == pytest.approx(other_way, abs=1e-9), measure


@pytest.mark.parametrize("measure", [each for each in IDS if not measure_of(each).symmetric])
def test_what_is_said_to_be_directed_is(measure: str) -> None:
    first, second = sets(60, 8, 6, 1)
    assert abs(similarity(first, second, measure) - similarity(second, first, measure)) > 1e-3


@pytest.mark.parametrize("measure", IDS)
@pytest.mark.parametrize(("n", "p"), [(64, 512), (64, 8)])
def test_a_rotated_copy_is_the_same(measure: str, n: int, p: int) -> None:
    """Of more features than images as well, and never tried on the set itself, whose diagonal libraries set to 1."""
    random = np.random.default_rng(2)
    features = random.normal(size=(n, p))
    invariances = measure_of(measure).invariances
    turned = CHANGES["orthogonal" if "orthogonal" in invariances else "permutation"](features, random)
    same = 2 / n if measure == "information_imbalance" else SAME[measure]
    # an angle or a distance near 0 is the root of what rounding leaves
    assert similarity(features, turned, measure) == pytest.approx(same, abs=1e-6)


@pytest.mark.parametrize("measure", IDS)
@pytest.mark.parametrize("p", [6, 90])
def test_reordering_what_is_prepared_is_preparing_what_is_reordered(measure: str, p: int) -> None:
    first, second = sets(40, p, 7, 3)
    made = measure_of(measure)
    order = np.random.default_rng(0).permutation(40)
    for a, b in ((first, second), (second, first)):
        expected = made.score(made.prepare(a), made.prepare(b[order]))
        assert made.score(made.prepare(a), made.reorder(made.prepare(b), order)) == pytest.approx(
            expected, abs=1e-9
        )


@pytest.mark.parametrize("measure", [each for each in IDS if measure_of(each).inner])
def test_where_it_is_an_inner_product_all_pairs_are_one_matrix_product(measure: str) -> None:
    made = measure_of(measure)
    layers = [made.prepare(each) for each in (*sets(40, 8, 6, 1), *sets(40, 30, 60, 2))]
    flat = np.stack([each.ravel() for each in layers])
    assert flat @ flat.T == pytest.approx(np.array([[made.score(a, b) for b in layers] for a in layers]))


@settings(max_examples=10, deadline=None)
@given(n=st.integers(14, 40), p=st.integers(3, 50), seed=st.integers(0, 1000), scale=st.floats(1e-30, 1e30))
def test_what_is_declared_holds_for_any_shape_and_scale(n: int, p: int, seed: int, scale: float) -> None:
    first, second = sets(n, p, 5, seed)
    random = np.random.default_rng(seed)
    determined = [each for each in IDS if each != "pwcca" or p + 5 < n - 1]
    for measure in determined:
        made = measure_of(measure)
        changed = first
        for change in ("permutation", "orthogonal", "translation"):
            if change in made.invariances:
                changed = CHANGES[change](changed, random)
        if "scaling" in made.invariances:
            changed = scale * changed
        before = similarity(first, second, measure)
        assert similarity(changed, second, measure) == pytest.approx(before, abs=1e-7), measure
