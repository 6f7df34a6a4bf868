"""Axes that tell classes apart: the linear discriminant and the direction of a logistic probe."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.registry import Naming, Range
from featviz.representation.projection.axes import classes_of, complete_axes, members
from featviz.representation.projection.linear import linear_map
from featviz.representation.projection.pca import fix_signs, principal_components
from featviz.representation.projection.protocol import Doubles, ProjectionInput, ProjectionRun
from featviz.representation.projection.registry import PROJECTIONS

__all__ = ["discriminant", "probe"]

_MAX_DIMENSIONS = 1024
_NEGLIGIBLE = 1e-10


@PROJECTIONS.register(
    "Linear discriminant", reference="Fisher 1936; Rao 1948", passes=0, lesson="embeddings/discriminant.md"
)
def discriminant(data: ProjectionInput, *, shrinkage: Annotated[float, Range(0, 1)] = 0.0) -> ProjectionRun:
    """The directions in which classes lie far apart, measured by how far their members are scattered.

    Of more than 1,024 dimensions, the first 1,024 principal components are taken.

    Args:
        data: vectors with labels.
        shrinkage: how far the scatter within classes is drawn towards that of a ball; with few images for many
            dimensions, some of it tells new images apart better.
    """
    class_names = classes_of(data, 2)
    known = np.array([label is not None for label in data.labels], bool)
    classes = np.array([class_names.index(label) for label in data.labels if label is not None])
    reduced = principal_components(
        data.vectors[known], min(data.vectors.shape[1], int(known.sum()), _MAX_DIMENSIONS)
    )
    basis = reduced.axes[:, : reduced.rank]
    if not basis.size:
        raise BadInput("All vectors with a label are the same: nothing tells the classes apart.", code="same")
    axes = basis @ _fisher((data.vectors[known] - reduced.center) @ basis, classes, shrinkage)
    placement, rest = complete_axes(data, fix_signs(axes)[:, : data.dimensions])
    names = [f"Discriminant {index + 1}" for index in range(min(axes.shape[1], data.dimensions))]
    crowded = known.sum() < 5 * basis.shape[1]
    note = (
        f"{int(known.sum())} images in {basis.shape[1]} dimensions: even noise would be told apart. Classes that "
        "lie apart here need not do so for new images."
    )
    return linear_map(data, placement, names + rest, notes=[note] if crowded else [])


@PROJECTIONS.register(
    "Logistic probe",
    reference="Alain & Bengio 2016, arXiv:1610.01644",
    passes=0,
    lesson="embeddings/probe.md",
)
def probe(
    data: ProjectionInput,
    *,
    target: Annotated[str, Naming("class")] = "",
    penalty: Annotated[float, Range(1e-4, 1e4)] = 1.0,
) -> ProjectionRun:
    """The direction along which a logistic regression tells one class from all others.

    Args:
        data: vectors with labels.
        target: the class to the right; empty takes the most frequent one.
        penalty: of long weights, where the vectors have mean square 1 in each dimension.
    """
    target = target or classes_of(data, 2)[0]
    known = np.array([label is not None for label in data.labels], bool)
    is_target = members(data, target)[known]
    if is_target.all():
        raise BadInput(f"All images are of the class {target}: a probe needs others too.", code="labels")
    values = data.vectors[known].astype(np.float64)
    values -= values.mean(0)
    scale = np.sqrt(np.square(values / max(float(np.abs(values).max()), 1e-300)).mean())
    if not scale > 0:
        raise BadInput("All vectors with a label are the same: nothing tells the classes apart.", code="same")
    values /= scale * np.abs(values).max()
    weights, accuracy = _logistic(values, is_target, penalty)
    length = float(np.linalg.norm(weights))
    if not length > _NEGLIGIBLE:
        raise BadInput(f"No direction tells {target} from the others: try principal components.", code="same")
    placement, rest = complete_axes(data, weights[:, None] / length)
    return linear_map(
        data, placement, [f"Probe for {target}", *rest], accuracy_where_fitted=accuracy, target=target
    )


def _fisher(values: Doubles, classes: NDArray[np.integer], shrinkage: float) -> Doubles:
    """(r, classes - 1 or fewer): whitened within classes, then the principal directions of their means."""
    means = np.stack([values[classes == each].mean(0) for each in range(int(classes.max()) + 1)])
    within = values - means[classes]
    size = np.abs(within).max() or 1.0
    scatter = (within / size).T @ (within / size) / len(values)
    eigenvalues, eigenvectors = np.linalg.eigh(scatter)
    eigenvalues = (1 - shrinkage) * eigenvalues + shrinkage * eigenvalues.mean()
    significant = eigenvalues > _NEGLIGIBLE * eigenvalues.max()
    if not significant.any():
        raise BadInput(
            "Within each class all vectors are the same: no scatter to measure distances by. Try centroids.",
            code="same",
        )
    whitening = eigenvectors[:, significant] / (np.sqrt(eigenvalues[significant]) * size)
    counts = np.bincount(classes)
    between = (means @ whitening) * np.sqrt(counts / len(values))[:, None]
    _, singular_values, rotation = np.linalg.svd(between, full_matrices=False)
    nonzero = singular_values > _NEGLIGIBLE**0.5 * max(1.0, singular_values.max())
    discriminants: Doubles = whitening @ rotation[nonzero].T
    return discriminants[:, : len(means) - 1]


def _logistic(values: Doubles, is_target: NDArray[np.bool_], penalty: float) -> tuple[Doubles, float]:
    """The weights (d,) of the probe, and the part of these images that it gets right."""
    from scipy.optimize import minimize

    signs = np.where(is_target, 1.0, -1.0)

    def loss(parameters: Doubles) -> tuple[float, Doubles]:
        margins = signs * (values @ parameters[:-1] + parameters[-1])
        margin_gradient = -signs * np.exp(-np.logaddexp(0, margins))
        value = np.logaddexp(0, -margins).sum() + penalty / 2 * float(parameters[:-1] @ parameters[:-1])
        return value, np.append(values.T @ margin_gradient + penalty * parameters[:-1], margin_gradient.sum())

    solution = minimize(loss, np.zeros(values.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return solution[:-1], float(((values @ solution[:-1] + solution[-1] > 0) == is_target).mean())
