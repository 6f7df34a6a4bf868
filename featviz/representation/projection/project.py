"""Projecting: one call, or stage by stage so that a page can draw the map while it unfolds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from featviz.errors import BadInput
from featviz.registry import Method
from featviz.representation.embeddings import Embeddings
from featviz.representation.projection.inputs import as_initial_map, as_labels, as_vectors
from featviz.representation.projection.projection import Projection
from featviz.representation.projection.protocol import ProjectionInput, ProjectionProgress, ProjectionRun
from featviz.representation.projection.registry import PROJECTIONS

__all__ = ["project", "steps"]


def project(
    embeddings: Embeddings | ArrayLike,
    method: str = "umap",
    *,
    dimensions: int = 2,
    seed: int = 0,
    start: ArrayLike | None = None,
    labels: Sequence[str | None] | None = None,
    **options: Any,
) -> Projection:
    """Draw vectors in two or three dimensions.

    The same vectors, options and seed give the same map, from whatever thread. Equal vectors lie upon each other;
    where there are too few different ones for a method, the map is of principal components and `about["notes"]`
    says so.

    Args:
        embeddings: or an array (n, d).
        method: an id out of `PROJECTIONS`: umap, umap_learn, tsne, pca, random, centroids, units, discriminant, probe,
            autoencoder.
        dimensions: 2 or 3.
        seed: of what is drawn at random.
        start: (n, dimensions) a map to go on from, so that it moves instead of being replaced; for tsne and umap.
        labels: (n,) the classes, for methods that need them; those of the embeddings if not given.
        options: the method's.

    Raises:
        BadInput: no such method or option, no vectors, vectors that are not finite, or labels that the method needs
            and that are missing.
    """
    *_, last = steps(
        embeddings, method, dimensions=dimensions, seed=seed, start=start, labels=labels, **options
    )
    assert last.result is not None  # noqa: S101 - the last one has it
    return last.result


def steps(
    embeddings: Embeddings | ArrayLike,
    method: str = "umap",
    *,
    dimensions: int = 2,
    seed: int = 0,
    start: ArrayLike | None = None,
    labels: Sequence[str | None] | None = None,
    **options: Any,
) -> Iterator[ProjectionProgress[Projection]]:
    """The same, stage by stage: of tsne and umap first principal components (or the start), then every ten steps.

    What can be refused without computing is refused by the call itself. Closing the iterator ends the work.
    Arguments and errors as `project`.

    Yields:
        the map on its way; the result of the last stage is the projection.
    """
    chosen = PROJECTIONS[method]
    complete = chosen.complete(options)
    if not isinstance(dimensions, int) or dimensions not in (2, 3):
        raise BadInput(f"A map has 2 or 3 dimensions: {dimensions!r} came.", code="dimensions")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise BadInput(f"A seed is a whole number from 0: {seed!r} came.", code="seed")
    vectors = as_vectors(embeddings)
    if not len(vectors):
        raise BadInput("There are no vectors to draw: embed at least one image.", code="empty")
    data = ProjectionInput(
        vectors,
        as_labels(embeddings, labels, len(vectors)),
        dimensions,
        seed,
        as_initial_map(start, len(vectors), dimensions),
    )
    return _run(data, chosen, complete)


def _run(
    data: ProjectionInput, method: Method, options: dict[str, Any]
) -> Iterator[ProjectionProgress[Projection]]:
    run: ProjectionRun = method.function(data, **options)
    result = yield from run
    points = np.ascontiguousarray(result.points)
    points.setflags(write=False)
    projection = Projection(
        points=points,
        method=method.id,
        dimensions=data.dimensions,
        options=options,
        seed=data.seed,
        about={"notes": [], **result.about},
        placement=result.placement,
        dimensions_in=data.vectors.shape[1],
        vectors=data.vectors,
    )
    yield ProjectionProgress(1, 1, "done", projection, points=points)
