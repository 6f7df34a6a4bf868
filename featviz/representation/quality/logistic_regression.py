"""Multinomial logistic regression by L-BFGS, in one thread: scikit-learn's objective, optimum and stopping rule.

scikit-learn's products are so small that the threads of its linear algebra mostly wait for each other. Here a product
is computed in parts below the size from which OpenBLAS divides one, and L-BFGS (Liu & Nocedal 1989,
doi:10.1007/BF01589116) begins each step from Böhning's bound on the curvature (1992, doi:10.1007/BF00048682), so that
it takes half the steps.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.progress import yield_now

__all__ = ["LogisticRegression", "fit_logistic_regression", "product"]

_UNDIVIDED = 1 << 18  # multiplications in one product; OpenBLAS takes a second thread above
_TILE = 64  # whose cube that is
_FEW = 8  # rows that a product should have at least
_NEGLIGIBLE = 1e-10
_MEMORY = 10
_MAX_STEPS = 2000
_SUFFICIENT = 1e-4
_SHORTEST = 1e-4
_MIN_CURVATURE = 1e-4

Floats = NDArray[np.float32]
Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LogisticRegression:
    """A fitted one.

    Attributes:
        coefficients: (d, classes).
        intercepts: (classes,).
    """

    coefficients: Floats
    intercepts: Floats

    def predict(self, x: NDArray[np.floating]) -> Codes:
        """(n,) the most probable class of each row of x (n, d)."""
        classes: Codes = (product(np.asarray(x, np.float32), self.coefficients) + self.intercepts).argmax(1)
        return classes


def fit_logistic_regression(
    x: NDArray[np.floating], codes: Codes, classes: int, regularisation: float, tolerance: float = 1e-4
) -> LogisticRegression:
    """The coefficients that minimize the summed log loss and half the `regularisation` times their squares.

    Args:
        x: (n, d), each column around its mean; about the same range for all columns.
        codes: (n,) the class of each row, from 0 to `classes` - 1.
        classes: how many there are.
        regularisation: 1 / C of scikit-learn; the intercepts are left out of it.
        tolerance: of the largest derivative of the mean loss, at which it ends.
    """
    problem = _Problem(x, codes, regularisation)
    weights = np.zeros((problem.size, classes), np.float32)
    loss, shares = problem.evaluate(weights)
    gradient, curvature = problem.gradient(weights, shares)
    history = _History()
    for _ in range(_MAX_STEPS):
        if np.abs(gradient).max() <= tolerance * len(codes):
            break
        yield_now()
        direction = history.direction(gradient, curvature)
        directional_derivative, length = float(np.vdot(gradient, direction)), 1.0
        while True:
            changed = weights + np.float32(length) * direction
            changed_loss, shares = problem.evaluate(changed)
            if changed_loss <= loss + _SUFFICIENT * length * directional_derivative or length < _SHORTEST:
                break
            length /= 2
        changed_gradient, curvature = problem.gradient(changed, shares)
        history.add(changed - weights, changed_gradient - gradient)
        weights, loss, gradient = changed, changed_loss, changed_gradient
    return problem.solution(weights)


class _Problem:
    """The objective in the axes of the rows' principal components, where the bound on its curvature is diagonal."""

    def __init__(self, x: NDArray[np.floating], codes: Codes, regularisation: float) -> None:
        count = len(x)
        values, self._axes = _principal_axes(x)
        dimensions = len(values)
        self._x = np.ones((count, dimensions + 1), np.float32)
        self._x[:, :-1] = product(x, self._axes)
        self._squares = np.append(np.maximum(values, 0), count)[:, None] / count
        self._penalty = np.full((dimensions + 1, 1), regularisation, np.float32)
        self._penalty[-1] = 0
        self._codes, self._rows = codes, np.arange(count)

    @property
    def size(self) -> int:
        """Numbers that each class is told by: one for each axis, and the intercept."""
        return self._x.shape[1]

    def evaluate(self, weights: Floats) -> tuple[float, Floats]:
        """The loss, and each class's share (n, classes) in every row."""
        shares = product(self._x, weights)
        shares -= shares.max(1, keepdims=True)
        true_shares = shares[self._rows, self._codes]
        np.exp(shares, out=shares)
        sums = shares.sum(1, keepdims=True)
        shares /= sums
        loss = np.log(sums).sum(dtype=np.float64) - true_shares.sum(dtype=np.float64)
        penalty = (self._penalty * weights * weights).sum(dtype=np.float64) / 2
        return float(loss + penalty), shares

    def gradient(self, weights: Floats, shares: Floats) -> tuple[Floats, Floats]:
        """The gradient, and an approximation of the Hessian's diagonal, both (d + 1, classes); changes `shares`."""
        spread = np.maximum(shares.sum(0) - (shares * shares).sum(0), _MIN_CURVATURE * len(shares))
        curvature = self._squares * spread + np.maximum(self._penalty, _MIN_CURVATURE)
        shares[self._rows, self._codes] -= 1
        gradient: Floats = product(self._x.T, shares) + self._penalty * weights
        return gradient, curvature.astype(np.float32)

    def solution(self, weights: Floats) -> LogisticRegression:
        return LogisticRegression(
            product(self._axes.astype(np.float32), weights[:-1]), weights[-1] - weights[-1].mean()
        )


def _principal_axes(x: NDArray[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """The squared singular values of x (n, d), and the right singular vectors (d, r) in their columns.

    Where there are fewer rows than columns, those of the rows' space alone: the penalty leaves nothing outside of it.
    """
    if len(x) >= x.shape[1]:
        values, axes = np.linalg.eigh(product(x.T, x))
        return values, axes
    values, scores = np.linalg.eigh(product(x, x.T))
    present = values > _NEGLIGIBLE * max(values[-1], 1.0)
    return values[present], product(x.T, scores[:, present] / np.sqrt(values[present]))


class _History:
    """The last steps, and the direction that follows from them (Nocedal & Wright 2006, algorithm 7.4)."""

    def __init__(self) -> None:
        self._steps: deque[tuple[Floats, Floats, float]] = deque(maxlen=_MEMORY)

    def add(self, step: Floats, change: Floats) -> None:
        """Remember a step and what it changed of the gradient, unless rounding alone did."""
        product_ = float(np.vdot(step, change))
        if product_ > 1e-10 * float(np.vdot(change, change)):
            self._steps.append((step, change, product_))

    def direction(self, gradient: Floats, curvature: Floats) -> Floats:
        rest, parts = gradient.copy(), []
        for step, change, product_ in reversed(self._steps):
            parts.append(float(np.vdot(step, rest)) / product_)
            rest -= np.float32(parts[-1]) * change
        rest /= curvature
        if self._steps:
            _, change, product_ = self._steps[-1]
            rest *= np.float32(product_ / float(np.vdot(change, change / curvature)))
        for (step, change, product_), part in zip(self._steps, reversed(parts), strict=True):
            rest += np.float32(part - float(np.vdot(change, rest)) / product_) * step
        return -rest


def product(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """The matrix product a @ b, in one thread whatever the linear algebra below would take."""
    if min(a.shape) * b.shape[1] > _UNDIVIDED // _FEW:
        return _by_tiles(a, b)
    if a.shape[0] >= a.shape[1]:
        return _by_rows(a, b)
    return _by_inner(a, b)


def _by_tiles(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """(n, d) @ (d, k) where all three are large: sums of products of tiles, in no more memory than the result takes."""
    (count, inner), columns = a.shape, b.shape[1]
    whole = count // _TILE * _TILE
    result = np.zeros((count, columns), np.result_type(a, b))
    for column in range(0, columns, _TILE):
        here = result[:, column : column + _TILE]
        for first in range(0, inner, _TILE):
            left = a[:, first : first + _TILE]
            right = np.ascontiguousarray(b[first : first + _TILE, column : column + _TILE])
            tiles = left[:whole].reshape(-1, _TILE, left.shape[1]) @ right
            here[:whole] += tiles.reshape(whole, right.shape[1])
            here[whole:] += left[whole:] @ right
    return result


def _by_rows(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """(n, d) @ (d, k) for many rows."""
    (count, inner), columns = a.shape, b.shape[1]
    step = max(1, _UNDIVIDED // max(1, inner * columns))
    whole = count // step * step
    result = np.empty((count, columns), np.result_type(a, b))
    np.matmul(a[:whole].reshape(-1, step, inner), b, out=result[:whole].reshape(-1, step, columns))
    np.matmul(a[whole:], b, out=result[whole:])
    return result


def _by_inner(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """(d, n) @ (n, k) for many to sum over."""
    (rows, inner), columns = a.shape, b.shape[1]
    step = max(1, _UNDIVIDED // max(1, rows * columns))
    whole = inner // step * step
    left = a[:, :whole].T.reshape(-1, step, rows).swapaxes(1, 2)
    parts = np.matmul(left, b[:whole].reshape(-1, step, columns))
    result: NDArray[Any] = parts.sum(0) + a[:, whole:] @ b[whole:]
    return result
