"""umap-learn's own map: number for number what the library makes, in a process that ends with the work."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

from featviz.errors import BadInput
from featviz.representation.projection import project, steps
from featviz.representation.projection.umap import umap_learn

X = load_digits().data[:150].astype(np.float32)
PLAIN = """
import sys, numpy, umap
given = numpy.load(sys.argv[1])
numpy.save(sys.argv[2], umap.UMAP(n_neighbors=10, min_dist=0.3, random_state=7, n_jobs=1).fit_transform(given))
"""


@pytest.mark.long
def test_the_map_is_the_librarys(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    files = [str(tmp_path / name) for name in ("x.npy", "y.npy")]
    subprocess.run([sys.executable, "-c", PLAIN, *files], check=True, capture_output=True)
    map_ = project(X, "umap_learn", seed=7, n_neighbors=10, min_dist=0.3)
    np.testing.assert_array_equal(map_.points, np.load(files[1]))
    assert trustworthiness(X, map_.points, n_neighbors=10) > 0.95
    np.testing.assert_array_equal(map_.transform(X[:5]), map_.points[:5])


def test_vectors_as_small_as_can_be_and_repeated_ones_are_shown() -> None:
    x = np.repeat(X[:30], 2, 0) * np.float32(1e-30)
    map_ = project(x, "umap_learn", metric="cosine", dimensions=3, n_neighbors=40)
    assert np.isfinite(map_.points).all() and len(np.unique(map_.points, axis=0)) == 30
    np.testing.assert_array_equal(map_.points[::2], map_.points[1::2])
    assert [note.split()[0] for note in map_.about["notes"]] == ["30", "Neighbourhoods"]


def test_closing_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []

    class Recorded(subprocess.Popen):
        def __init__(self, *args, **options) -> None:
            super().__init__(*args, **options)
            begun.append(self)

    monkeypatch.setattr(umap_learn.subprocess, "Popen", Recorded)
    work = steps(X, "umap_learn")
    first = next(work)
    np.testing.assert_allclose(first.points, project(X, "pca").points, atol=1e-4)
    assert "shows nothing before its end" in first.note and begun[0].poll() is None
    work.close()
    assert begun[0].poll() is not None


def test_what_the_library_cannot_do_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "worker.py"
    broken.write_text("raise SystemExit(1)")
    monkeypatch.setattr(umap_learn, "_WORKER", broken)
    with pytest.raises(BadInput, match="umap-learn makes no map of these vectors"):
        project(X, "umap_learn")
