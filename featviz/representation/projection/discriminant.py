"""Axes that tell classes apart: the linear discriminant and the direction of a logistic probe."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.registry import Naming, Range
from featviz.representation.projection.axes import classes_of, filled, members
from featviz.representation.projection.linear import looked_along
from featviz.representation.projection.pca import principal, upright
from featviz.representation.projection.protocol import Doubles, Finding, Task
from featviz.representation.projection.registry import PROJECTIONS

__all__ = ["discriminant", "probe"]

_MOST_DIRECTIONS = 1024
_NEGLIGIBLE = 1e-10


@PROJECTIONS.register(
    "Linear discriminant", reference="Fisher 1936; Rao 1948", passes=0, lesson="embeddings/discriminant.md"
)
def discriminant(task: Task, *, shrinkage: Annotated[float, Range(0, 1)] = 0.0) -> Finding:
    """The directions in which classes lie far apart, measured by how far their members are scattered.

    Of more than 1,024 dimensions, the first 1,024 principal components are taken.

    Args:
        task: vectors with labels.
        shrinkage: how far the scatter within classes is drawn towards that of a ball; with few images for many
            dimensions, some of it tells new images apart better.
    """
    names = classes_of(task, 2)
    known = np.array([label is not None for label in task.labels], bool)
    classes = np.array([names.index(label) for label in task.labels if label is not None])
    reduced = principal(task.vectors[known], min(task.vectors.shape[1], int(known.sum()), _MOST_DIRECTIONS))
    basis = reduced.axes[:, : reduced.rank]
    if not basis.size:
        raise BadInput("All vectors with a label are the same: nothing tells the classes apart.", code="same")
    found = basis @ _fisher((task.vectors[known] - reduced.centre) @ basis, classes, shrinkage)
    placement, rest = filled(task, upright(found)[:, : task.dimensions])
    own = [f"Discriminant {place + 1}" for place in range(min(found.shape[1], task.dimensions))]
    crowded = known.sum() < 5 * basis.shape[1]
    note = (
        f"{int(known.sum())} images in {basis.shape[1]} dimensions: even noise would be told apart. Classes that "
        "lie apart here need not do so for new images."
    )
    return looked_along(task, placement, own + rest, notes=[note] if crowded else [])


@PROJECTIONS.register(
    "Logistic probe",
    reference="Alain & Bengio 2016, arXiv:1610.01644",
    passes=0,
    lesson="embeddings/probe.md",
)
def probe(
    task: Task,
    *,
    target: Annotated[str, Naming("class")] = "",
    penalty: Annotated[float, Range(1e-4, 1e4)] = 1.0,
) -> Finding:
    """The direction along which a logistic regression tells one class from all others.

    Args:
        task: vectors with labels.
        target: the class to the right; empty takes the most frequent one.
        penalty: of long weights, where the vectors have mean square 1 in each dimension.
    """
    target = target or classes_of(task, 2)[0]
    known = np.array([label is not None for label in task.labels], bool)
    wanted = members(task, target)[known]
    if wanted.all():
        raise BadInput(f"All images are of the class {target}: a probe needs others too.", code="labels")
    values = task.vectors[known].astype(np.float64)
    values -= values.mean(0)
    scale = np.sqrt(np.square(values / max(float(np.abs(values).max()), 1e-300)).mean())
    if not scale > 0:
        raise BadInput("All vectors with a label are the same: nothing tells the classes apart.", code="same")
    values /= scale * np.abs(values).max()
    weights, right = _logistic(values, wanted, penalty)
    length = float(np.linalg.norm(weights))
    if not length > _NEGLIGIBLE:
        raise BadInput(f"No direction tells {target} from the others: try principal components.", code="same")
    placement, rest = filled(task, weights[:, None] / length)
    return looked_along(
        task, placement, [f"Probe for {target}", *rest], accuracy_where_fitted=right, target=target
    )


def _fisher(values: Doubles, classes: NDArray[np.integer], shrinkage: float) -> Doubles:
    """(r, classes - 1 or fewer): whitened within classes, then the principal directions of their means."""
    means = np.stack([values[classes == each].mean(0) for each in range(int(classes.max()) + 1)])
    within = values - means[classes]
    size = np.abs(within).max() or 1.0
    scatter = (within / size).T @ (within / size) / len(values)
    spreads, directions = np.linalg.eigh(scatter)
    spreads = (1 - shrinkage) * spreads + shrinkage * spreads.mean()
    kept = spreads > _NEGLIGIBLE * spreads.max()
    if not kept.any():
        raise BadInput(
            "Within each class all vectors are the same: no scatter to measure distances by. Try centroids.",
            code="same",
        )
    whitening = directions[:, kept] / (np.sqrt(spreads[kept]) * size)
    counts = np.bincount(classes)
    between = (means @ whitening) * np.sqrt(counts / len(values))[:, None]
    _, strengths, turn = np.linalg.svd(between, full_matrices=False)
    strong = strengths > _NEGLIGIBLE**0.5 * max(1.0, strengths.max())
    found: Doubles = whitening @ turn[strong].T
    return found[:, : len(means) - 1]


def _logistic(values: Doubles, wanted: NDArray[np.bool_], penalty: float) -> tuple[Doubles, float]:
    """The weights (d,) of the probe, and the part of these images that it gets right."""
    from scipy.optimize import minimize

    signs = np.where(wanted, 1.0, -1.0)

    def loss(point: Doubles) -> tuple[float, Doubles]:
        margins = signs * (values @ point[:-1] + point[-1])
        slope = -signs * np.exp(-np.logaddexp(0, margins))
        value = np.logaddexp(0, -margins).sum() + penalty / 2 * float(point[:-1] @ point[:-1])
        return value, np.append(values.T @ slope + penalty * point[:-1], slope.sum())

    found = minimize(loss, np.zeros(values.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return found[:-1], float(((values @ found[:-1] + found[-1] > 0) == wanted).mean())
