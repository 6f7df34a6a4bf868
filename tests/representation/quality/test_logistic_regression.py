"""The logistic regression of the linear probe: scikit-learn's optimum, and the derivatives vanish there."""

import tracemalloc

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from featviz.representation.quality.logistic_regression import fit_logistic_regression, product
from tests.representation.quality.features import blobs


def problem(count=400, classes=12, dimensions=20, apart=0.4):
    given = blobs(count, classes=classes, dimensions=dimensions, apart=apart)
    correlated = given.vectors.astype(float) @ np.random.default_rng(1).normal(size=(dimensions, dimensions))
    return StandardScaler().fit_transform(correlated), np.unique(given.labels, return_inverse=True)[1]


@pytest.mark.parametrize("regularisation", [0.1, 1.0, 30.0])
def test_coefficients_and_intercepts_are_scikit_learns_to_a_thousandth(regularisation):
    x, codes = problem()
    theirs = LogisticRegression(C=1 / regularisation, tol=1e-9, max_iter=20_000).fit(x, codes)
    ours = fit_logistic_regression(x, codes, 12, regularisation, tolerance=1e-6)
    assert np.abs(ours.coefficients.T - theirs.coef_).max() < 1e-3 * np.abs(theirs.coef_).max()
    assert np.abs(ours.intercepts - (theirs.intercept_ - theirs.intercept_.mean())).max() < 1e-3
    assert np.array_equal(ours.predict(x), theirs.predict(x))


def test_at_the_default_tolerance_the_derivatives_are_as_small_as_scikit_learn_leaves_them():
    x, codes = problem()
    found = fit_logistic_regression(x, codes, 12, 1.0)
    logits = x @ found.coefficients + found.intercepts
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    shares[np.arange(len(codes)), codes] -= 1
    assert np.abs(x.T @ shares + found.coefficients).max() < 3e-4 * len(codes)
    assert np.abs(shares.sum(0)).max() < 3e-4 * len(codes)


def test_what_is_held_out_gets_the_classes_that_scikit_learn_gives_it():
    x, codes = problem(1200)
    theirs = LogisticRegression(max_iter=2000).fit(x[:600], codes[:600]).predict(x[600:])
    ours = fit_logistic_regression(x[:600], codes[:600], 12, 1.0).predict(x[600:])
    assert 0.3 < (theirs == codes[600:]).mean() < 0.95
    assert (ours == theirs).mean() >= 0.995


def test_units_that_never_change_and_two_that_are_equal_do_no_harm():
    x, codes = problem(120, classes=3, dimensions=4)
    x = np.concatenate([x, x[:, :1], np.zeros((120, 2))], 1)
    theirs = LogisticRegression(tol=1e-9, max_iter=5000).fit(x, codes)
    ours = fit_logistic_regression(x, codes, 3, 1.0, tolerance=1e-6)
    assert np.abs(ours.coefficients.T - theirs.coef_).max() < 1e-3


@pytest.mark.parametrize("count", [60, 150])
def test_features_with_more_numbers_than_images_are_fitted_as_scikit_learns(count):
    """The fit is in the space of the rows, and the coefficients are those of the whole."""
    x, codes = problem(count, classes=3, dimensions=200)
    theirs = LogisticRegression(tol=1e-9, max_iter=5000).fit(x, codes)
    ours = fit_logistic_regression(x, codes, 3, 1.0, tolerance=1e-6)
    assert np.abs(ours.coefficients.T - theirs.coef_).max() < 1e-3
    assert np.abs(ours.intercepts - (theirs.intercept_ - theirs.intercept_.mean())).max() < 1e-3


@pytest.mark.parametrize(
    "shape",
    [
        (1, 1, 1),
        (7, 3, 2),
        (1000, 40, 33),
        (40, 1000, 33),
        (5000, 60, 80),
        (2, 9000, 70),
        (300, 200, 333),
        (129, 700, 65),
        (40, 900, 900),
    ],
)
def test_products_in_parts_are_the_product(shape):
    rows, inner, columns = shape
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(rows, inner)), generator.normal(size=(inner, columns))
    assert np.allclose(product(a, b), a @ b)
    assert np.allclose(product(np.ascontiguousarray(a.T).T, b), a @ b)


@pytest.mark.parametrize("shape", [(700, 900, 800), (800, 700, 900)])
def test_products_of_wide_features_take_no_more_memory_than_they_need(shape):
    """Features with more numbers than there are images, such as HOG's, once took gigabytes."""
    rows, inner, columns = shape
    a, b = np.ones((rows, inner)), np.ones((inner, columns))
    tracemalloc.start()
    result = product(a, b)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (result == inner).all()
    assert peak < 2 * result.nbytes
