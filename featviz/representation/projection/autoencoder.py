"""An autoencoder whose code is the map: a small dense network, trained on the vectors, drawn while it learns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from featviz.progress import yield_now
from featviz.registry import Range
from featviz.representation.projection.initialization import degenerate_map, prepare
from featviz.representation.projection.out_of_sample import out_of_sample
from featviz.representation.projection.preprocessing import MetricSpace
from featviz.representation.projection.protocol import (
    Doubles,
    Points,
    ProjectionInput,
    ProjectionResult,
    ProjectionRun,
)
from featviz.representation.projection.registry import PROJECTIONS

__all__ = ["BATCH", "AutoencoderMap", "autoencoder", "encode", "gradients", "rebuild"]

_COMPONENTS = 50
BATCH = 128
_REPORT_EVERY = 50
_MEAN_DECAY, _SQUARE_DECAY, _EPSILON = 0.9, 0.999, 1e-8

Weights = list[Doubles]


@PROJECTIONS.register(
    "Autoencoder",
    reference="Hinton & Salakhutdinov 2006, doi:10.1126/science.1127647",
    passes=0,
    lesson="embeddings/autoencoder.md",
)
def autoencoder(
    data: ProjectionInput,
    *,
    width: Annotated[int, Range(2, 512)] = 64,
    iterations: Annotated[int, Range(0, 20000)] = 2000,
    rate: Annotated[float, Range(1e-5, 1)] = 5e-3,
) -> ProjectionRun:
    """A network learns to rebuild the vectors from as many numbers as the map has dimensions, without labels.

    Beyond 50 dimensions it learns to rebuild the first 50 principal components.

    Args:
        data: the vectors.
        width: units of the hidden layer before the code, and of the one behind it.
        iterations: steps of Adam, on 128 vectors each.
        rate: the learning rate at first; it falls to 0 along a cosine.
    """
    setup = prepare(data, "euclidean", _COMPONENTS)
    if len(setup.unique) < data.dimensions + 2:
        return (yield from degenerate_map(setup, "an autoencoder"))
    rms = float(np.sqrt(np.square(setup.unique.values, dtype=np.float64).mean())) or 1.0
    space = replace(setup.space, scale=setup.space.scale * rms)
    values = setup.unique.values.astype(np.float64) / rms
    generator = np.random.default_rng(data.seed)
    weights = _initial_weights(generator, values.shape[1], width, data.dimensions)
    means, squares = ([np.zeros_like(each) for each in weights] for _ in range(2))
    for done in range(1, iterations + 1):
        batch = values[generator.integers(len(values), size=min(BATCH, len(values)))]
        now = rate * (1 + np.cos(np.pi * (done - 1) / iterations)) / 2
        _adam(weights, gradients(weights, batch), means, squares, done, now)
        yield_now()
        if done % _REPORT_EVERY == 0:
            yield setup.progress(encode(weights, values), done, iterations, "learning")
    placement = AutoencoderMap(**vars(space), hidden=_rows(weights[:2]), code=_rows(weights[2:4]))
    error = float(np.square(rebuild(weights, values) - values).mean() / values.var(0).mean())
    about = {"error": error, "notes": setup.notes}
    return ProjectionResult(setup.expand(encode(weights, values)), placement, about)


@out_of_sample("AutoencoderMap")
@dataclass(frozen=True, eq=False)
class AutoencoderMap(MetricSpace):
    """The encoder.

    Attributes:
        hidden: (k + 1, width) weights, the bias in the last row.
        code: (width + 1, dimensions) likewise.
    """

    hidden: Doubles
    code: Doubles

    def transform(self, vectors: NDArray[np.float32]) -> Points:
        """(m, d) to (m, dimensions)."""
        values = MetricSpace.transform(self, vectors).astype(np.float64)
        weights = [self.hidden[:-1], self.hidden[-1], self.code[:-1], self.code[-1]]
        return encode(weights, values).astype(np.float32)


def encode(weights: Weights, values: Doubles) -> Doubles:
    """Map (n, k) to codes (n, dimensions): tanh(v W + b) W' + b'."""
    code: Doubles = np.tanh(values @ weights[0] + weights[1]) @ weights[2] + weights[3]
    return code


def rebuild(weights: Weights, values: Doubles) -> Doubles:
    """Map (n, k) to their reconstructions (n, k)."""
    return encode(weights[4:], encode(weights, values))


def gradients(weights: Weights, values: Doubles) -> Weights:
    """The gradients of the mean squared error of (n, k) with respect to the eight weights and biases."""
    hidden = np.tanh(values @ weights[0] + weights[1])
    code = hidden @ weights[2] + weights[3]
    behind = np.tanh(code @ weights[4] + weights[5])
    error = 2 * (behind @ weights[6] + weights[7] - values) / values.size
    at_behind = (error @ weights[6].T) * (1 - behind**2)
    at_code = at_behind @ weights[4].T
    at_hidden = (at_code @ weights[2].T) * (1 - hidden**2)
    layers = ((values, at_hidden), (hidden, at_code), (code, at_behind), (behind, error))
    return [part for inputs, delta in layers for part in (inputs.T @ delta, delta.sum(0))]


def _initial_weights(generator: np.random.Generator, k: int, width: int, code: int) -> Weights:
    """Weights by Glorot and Bengio 2010, biases of 0."""
    weights: Weights = []
    for before, after in ((k, width), (width, code), (code, width), (width, k)):
        bound = np.sqrt(6 / (before + after))
        weights += [generator.uniform(-bound, bound, (before, after)), np.zeros(after)]
    return weights


def _adam(
    weights: Weights, derivatives: Weights, means: Weights, squares: Weights, step: int, rate: float
) -> None:
    """One step of Adam (Kingma and Ba 2015, arXiv:1412.6980), in place."""
    for weight, gradient, mean, square in zip(weights, derivatives, means, squares, strict=True):
        mean += (1 - _MEAN_DECAY) * (gradient - mean)
        square += (1 - _SQUARE_DECAY) * (gradient**2 - square)
        unbiased = np.sqrt(square / (1 - _SQUARE_DECAY**step)) + _EPSILON
        weight -= rate * mean / (1 - _MEAN_DECAY**step) / unbiased


def _rows(layer: Weights) -> Doubles:
    return np.vstack([layer[0], layer[1][None]])
