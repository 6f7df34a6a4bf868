"""Clusters of vectors: methods that find groups without knowing the labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.registry import Range, Registry
from featviz.representation.embeddings import Vectors

__all__ = ["CLUSTERINGS", "clusters", "expected_seconds"]

CLUSTERINGS = Registry("clustering")

_MAX_CLUSTERED = 10_000
"""Of more vectors a sample is clustered, and each other one goes with the nearest: some seconds in any case."""
_DENSE_DIMENSIONS = 30
_SECONDS_A_NUMBER, _SECONDS_A_PAIR = 2e-8, 5e-8


def clusters(
    vectors: Vectors, method: str = "k_means", *, seed: int = 0, **options: object
) -> NDArray[np.int32]:
    """The cluster of every vector.

    Args:
        vectors: (n, d), finite.
        method: an id out of `CLUSTERINGS`.
        seed: of what the method leaves to chance.
        options: the method's.

    Returns:
        (n,), the largest cluster 0, the next 1 and so on; -1 for vectors in no cluster.

    Raises:
        BadInput: no such method or option, or fewer vectors than clusters.
    """
    chosen = CLUSTERINGS[method]
    cluster_ids = chosen.function(np.asarray(vectors, np.float32), seed, **chosen.complete(options))
    return _order_by_size(cluster_ids)


@CLUSTERINGS.register("k-means", reference="Lloyd 1982; Arthur and Vassilvitskii 2007")
def k_means(vectors: Vectors, seed: int, *, clusters: Annotated[int, Range(2, 50)] = 10) -> NDArray[np.int32]:
    """So many round groups of similar width: every vector belongs to the nearest of so many centres.

    Of more than 10,000 vectors, a sample decides where the centres are.

    Args:
        vectors: (n, d).
        seed: of the first centres.
        clusters: how many groups; the method cannot know.
    """
    from sklearn.cluster import KMeans

    sample = vectors[_sample(len(vectors), seed)]
    distinct = len(np.unique(sample, axis=0))
    if distinct < clusters:
        raise BadInput(
            f"{clusters} clusters were asked for, and only {distinct} of the {len(sample)} vectors differ: ask for "
            "fewer.",
            code="too_few",
        )
    model = KMeans(clusters, n_init=1, random_state=seed).fit(sample)
    return np.asarray(model.predict(vectors), np.int32)


@CLUSTERINGS.register("HDBSCAN", reference="Campello, Moulavi and Sander 2013; McInnes et al. 2017")
def hdbscan(
    vectors: Vectors, seed: int, *, smallest: Annotated[int, Range(2, 500)] = 15
) -> NDArray[np.int32]:
    """Dense groups of any shape and number; what lies thinly between them belongs to none.

    In more than 30 dimensions density says little, so the first 30 principal components are taken; of more
    than 10,000 vectors a sample is clustered, and each other one goes with the nearest of the sample.

    Args:
        vectors: (n, d).
        seed: of the sample.
        smallest: how many vectors make a group at least.
    """
    from sklearn.cluster import HDBSCAN

    if len(vectors) < smallest:
        raise BadInput(
            f"A cluster of {smallest} vectors was asked for, and {len(vectors)} came: ask for smaller ones.",
            code="too_few",
        )
    reduced = _reduce(vectors, seed)
    sample = _sample(len(reduced), seed)
    cluster_ids = HDBSCAN(min_cluster_size=smallest, copy=True).fit_predict(reduced[sample])
    return _assign_rest(np.asarray(cluster_ids, np.int32), reduced, sample)


def expected_seconds(method: str, count: int, dimensions: int, options: Mapping[str, Any]) -> float:
    """About how many seconds clusters of so many vectors take on two processor cores.

    Args:
        method: an id out of `CLUSTERINGS`.
        count: of the vectors.
        dimensions: of the vectors.
        options: the method's.
    """
    sample, complete = min(count, _MAX_CLUSTERED), CLUSTERINGS[method].complete(options)
    if "clusters" in complete:
        return _SECONDS_A_NUMBER * sample * dimensions * int(complete["clusters"])
    return _SECONDS_A_PAIR * sample * sample


def _reduce(vectors: Vectors, seed: int) -> Vectors:
    if vectors.shape[1] <= _DENSE_DIMENSIONS or len(vectors) <= _DENSE_DIMENSIONS:
        return vectors
    from sklearn.decomposition import PCA

    return np.asarray(PCA(_DENSE_DIMENSIONS, random_state=seed).fit_transform(vectors), np.float32)


def _sample(count: int, seed: int) -> NDArray[np.int64]:
    return np.sort(np.random.default_rng(seed).permutation(count)[:_MAX_CLUSTERED])


def _assign_rest(
    sample_ids: NDArray[np.int32], vectors: Vectors, sample: NDArray[np.int64]
) -> NDArray[np.int32]:
    """The clusters of all vectors from those of a sample."""
    if len(sample) == len(vectors):
        return sample_ids
    from sklearn.neighbors import NearestNeighbors

    index = NearestNeighbors(n_neighbors=1).fit(vectors[sample])
    rest = np.setdiff1d(np.arange(len(vectors)), sample)
    cluster_ids = np.empty(len(vectors), np.int32)
    cluster_ids[sample] = sample_ids
    cluster_ids[rest] = sample_ids[index.kneighbors(vectors[rest], return_distance=False)[:, 0]]
    return cluster_ids


def _order_by_size(cluster_ids: NDArray[np.int32]) -> NDArray[np.int32]:
    """Numbers by size: the largest is 0."""
    ids, counts = np.unique(cluster_ids[cluster_ids >= 0], return_counts=True)
    ranks = {int(id_): rank for rank, id_ in enumerate(ids[np.argsort(-counts, kind="stable")])}
    return np.array([ranks.get(int(each), -1) for each in cluster_ids], np.int32)
