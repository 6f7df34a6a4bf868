"""Alignment undoes what changes nothing about a map."""

import numpy as np
import pytest

from featviz.errors import BadInput
from featviz.representation.projection import procrustes_align


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("mirrored", [False, True])
def test_turning_mirroring_scaling_and_shifting_are_undone(dimensions: int, mirrored: bool) -> None:
    rng = np.random.default_rng(dimensions)
    reference = rng.normal(size=(40, dimensions)) + 7
    turn = np.linalg.qr(rng.normal(size=(dimensions, dimensions)))[0]
    if (np.linalg.det(turn) < 0) != mirrored:
        turn[:, 0] *= -1
    moved = 3.5 * reference @ turn - 20
    np.testing.assert_allclose(procrustes_align(moved, reference), reference, atol=1e-5)


def test_nothing_comes_nearer_to_the_reference() -> None:
    rng = np.random.default_rng(0)
    reference, points = rng.normal(size=(2, 30, 2))
    best = np.square(procrustes_align(points, reference) - reference).sum()
    laid = procrustes_align(points, reference).astype(float)
    for angle, scale, shift in rng.normal(0, 0.05, (100, 3)):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        other = (1 + scale) * (laid - laid.mean(0)) @ turn + laid.mean(0) + shift
        assert np.square(other - reference).sum() >= best - 1e-6


def test_maps_without_extent_or_points() -> None:
    np.testing.assert_array_equal(procrustes_align(np.ones((3, 2)), np.full((3, 2), 5)), np.full((3, 2), 5))
    assert procrustes_align(np.empty((0, 2)), np.empty((0, 2))).shape == (0, 2)
    assert np.isfinite(procrustes_align(np.eye(2), np.zeros((2, 2)))).all()


def test_refusals() -> None:
    with pytest.raises(BadInput, match="of the same points"):
        procrustes_align(np.ones((3, 2)), np.ones((4, 2)))
    with pytest.raises(BadInput, match="not finite"):
        procrustes_align(np.full((3, 2), np.nan), np.ones((3, 2)))
