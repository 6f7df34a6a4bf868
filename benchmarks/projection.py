"""Projections against the libraries alone, in turn in one process: processor time, for other work cannot touch it.

Claims, at 10,000 points of 512 dimensions:

1. t-SNE takes at most 1.05 of openTSNE alone after PCA to 50 dimensions with the same settings, as faithful.
2. t-SNE takes at most a sixth of scikit-learn's, both with their defaults (500 and 1,000 iterations) after the same
   PCA, at a trustworthiness at most 0.005 lower. scikit-learn takes minutes, so that row has a size of its own,
   `--sklearn-points`.
3. UMAP takes at most 1.05 of umap-learn alone with the same settings, as faithful.
4. The first picture (principal components) is there within 1 s of asking, the first of t-SNE within 3 s after.

Run with one thread for the fairest processor times: `OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1`.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness

from featviz.representation.projection import project, steps

Floats = NDArray[np.float32]
DIMENSIONS, SAMPLE = 512, 3000


def clustered(points: int) -> Floats:
    """Thirty groups, each around a plane of its own, as layers of networks have them."""
    rng = np.random.default_rng(0)
    middles = rng.normal(size=(30, DIMENSIONS))
    planes = rng.normal(size=(30, 6, DIMENSIONS)) / 2
    group = rng.integers(0, 30, points)
    inside = np.einsum("ni,nid->nd", rng.normal(size=(points, 6)), planes[group])
    return np.asarray(middles[group] + inside + rng.normal(size=(points, DIMENSIONS)) / 3, np.float32)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def faithful(x: Floats, points: Floats) -> float:
    """Trustworthiness (k = 10) of the first few thousand points among themselves."""
    return float(trustworthiness(x[:SAMPLE], points[:SAMPLE], n_neighbors=10))


def open_tsne(x: Floats) -> Floats:
    import openTSNE

    threads = {"n_jobs": -1}
    reduced = PCA(50, svd_solver="full").fit_transform(x)
    return np.asarray(openTSNE.TSNE(random_state=0, **threads).fit(reduced))


def sklearn_tsne(x: Floats) -> Floats:
    reduced = PCA(50, svd_solver="full").fit_transform(x)
    return np.asarray(TSNE(random_state=0).fit_transform(reduced))


def umap_learn(x: Floats) -> Floats:
    import umap

    return np.asarray(umap.UMAP(random_state=0, n_jobs=1).fit_transform(x))


def compare(
    name: str, x: Floats, ours: Callable[[], Floats], theirs: Callable[[], Floats], pairs: int
) -> None:
    rows = [(timed(ours), timed(theirs)) for _ in range(pairs)]
    own, other = ([pair[side][0] for pair in rows] for side in (0, 1))
    ratio = statistics.median(mine / its for mine, its in zip(own, other, strict=True))
    trust = [faithful(x, rows[0][side][1]) for side in (0, 1)]
    print(
        f"| {name} | {len(x):,} | {statistics.median(own):.1f} | {statistics.median(other):.1f} | {ratio:.2f} | "
        f"{trust[0]:.4f} | {trust[1]:.4f} |",
        flush=True,
    )


def first_pictures(x: Floats) -> None:
    """Seconds, libraries loaded: until the first stage, and from there to the first of t-SNE."""
    work = steps(x, "tsne")
    for name, least in (("first picture", 0), ("first of t-SNE", 1)):
        began, before = time.perf_counter(), time.process_time()
        next(stage for stage in work if stage.done >= least)
        seconds = time.process_time() - before, time.perf_counter() - began
        print(f"{name}: {seconds[0]:.2f} s of processor time, {seconds[1]:.2f} s by the clock", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--sklearn-points", type=int, default=3000)
    parser.add_argument("--pairs", type=int, default=1)
    parser.add_argument("--rows", nargs="+", default=["first", "tsne", "umap", "sklearn"])
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # umap-learn and scikit-learn warn of what does not matter here
    x, fewer = clustered(given.points), clustered(given.sklearn_points)
    for method in ("tsne", "umap"):
        project(x[:500], method)
    if "first" in given.rows:
        first_pictures(x)
    if "umap" in given.rows:
        umap_learn(x[:500])
    print("| what | points | featviz, s | the other, s | ratio | trustworthiness | of the other |")
    print("|---|---|---|---|---|---|---|")
    if "tsne" in given.rows:
        compare(
            "t-SNE, openTSNE",
            x,
            lambda: project(x, "tsne", iterations=750).points,
            lambda: open_tsne(x),
            given.pairs,
        )
    if "umap" in given.rows:
        compare("UMAP, umap-learn", x, lambda: project(x, "umap").points, lambda: umap_learn(x), given.pairs)
    if "sklearn" in given.rows:
        ours = lambda: project(fewer, "tsne").points  # noqa: E731
        compare("t-SNE, scikit-learn", fewer, ours, lambda: sklearn_tsne(fewer), given.pairs)


if __name__ == "__main__":
    main()
