"""umap-learn's own map from beginning to end, for those who need exactly that one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from featviz.errors import BadInput
from featviz.registry import Range
from featviz.representation.embeddings import Vectors
from featviz.representation.projection.initialization import Setup, degenerate_map, prepare
from featviz.representation.projection.out_of_sample import Points
from featviz.representation.projection.protocol import (
    ProjectionInput,
    ProjectionProgress,
    ProjectionResult,
    ProjectionRun,
)
from featviz.representation.projection.registry import PROJECTIONS
from featviz.representation.projection.umap.umap import UmapMap

__all__ = ["umap_learn"]

_WORKER = Path(__file__).with_name("umap_learn_worker.py")
_POLL_SECONDS = 0.25
_SAFE_MAGNITUDE = 1e12
_WAITING = "principal components; umap-learn is at work and shows nothing before its end"


@PROJECTIONS.register(
    "UMAP (umap-learn)",
    reference="McInnes et al. 2018, arXiv:1802.03426",
    passes=0,
    lesson="embeddings/umap_learn.md",
)
def umap_learn(
    data: ProjectionInput,
    *,
    n_neighbors: Annotated[int, Range(2, 200)] = 15,
    min_dist: Annotated[float, Range(0, 0.99)] = 0.1,
    metric: Literal["euclidean", "cosine"] = "euclidean",
) -> ProjectionRun:
    """The map that the library umap-learn makes, from beginning to end; it cannot be watched.

    It begins from the graph's spectrum and, beyond 4,095 vectors, with approximate neighbours. It works in a process
    of its own, which is ended when the work is. New vectors are placed as on the other UMAP.

    Args:
        data: the vectors.
        n_neighbors: how many points make a neighbourhood, its centre among them.
        min_dist: how close points may lie on the map.
        metric: of the true space; the cosine compares directions alone.
    """
    setup = prepare(data, metric)
    m = len(setup.unique)
    if m < data.dimensions + 2:
        return (yield from degenerate_map(setup, "UMAP"))
    if n_neighbors >= m:
        setup.notes.append(f"Neighbourhoods of {m - 1} are used, for there are no more vectors.")
    k = min(n_neighbors, m - 1)
    points = yield from _fit_transform(
        setup,
        n_neighbors=k,
        min_dist=min_dist,
        metric=metric,
        n_components=data.dimensions,
        random_state=data.seed % (1 << 32),
    )
    placement = UmapMap(
        **vars(setup.space),
        values=setup.unique.values,
        points=points.astype(np.float64),
        k=k - 1,
        min_dist=min_dist,
        seed=data.seed,
    )
    return ProjectionResult(setup.expand(points), placement, {"notes": setup.notes})


def _fit_transform(setup: Setup, **options: Any) -> Generator[ProjectionProgress[Any], None, Points]:
    """(m, dimensions) what the library makes of the distinct vectors; meanwhile principal components."""
    with tempfile.TemporaryDirectory(prefix="featviz-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        np.save(folder / "vectors.npy", _input_vectors(setup))
        process = subprocess.Popen(
            [sys.executable, "-P", str(_WORKER), name, json.dumps(options)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "NUMBA_CACHE_DIR": str(_numba_cache())},
        )
        try:
            while process.poll() is None:
                yield setup.progress(setup.points, 0, 1, _WAITING)
                _wait(process)
        finally:
            process.kill()
            process.wait()
        return _load_points(folder / "points.npy", len(setup.unique))


def _input_vectors(setup: Setup) -> Vectors:
    """The distinct vectors as they came; beyond what products of single precision hold, as they enter the space."""
    vectors = setup.data.vectors[setup.unique.first]
    largest = float(np.abs(vectors).max())
    return vectors if 1 / _SAFE_MAGNITUDE < largest < _SAFE_MAGNITUDE else setup.unique.values


def _numba_cache() -> Path:
    """Where the library's loops are kept as it compiles them; those of this process are compiled otherwise."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("NUMBA_CACHE_DIR") or Path(cache) / "featviz") / "umap_learn"


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return


def _load_points(path: Path, count: int) -> Points:
    if path.is_file():
        points: Points = np.load(path)
        if len(points) == count and np.isfinite(points).all():
            return np.asarray(points, np.float32)
    raise BadInput(
        "umap-learn makes no map of these vectors: choose UMAP, which shows where it begins.",
        code="umap_learn",
    )
