"""umap-learn's own map, in a process of its own.

    python -P umap_learn_worker.py FOLDER OPTIONS

Reads FOLDER/vectors.npy and writes FOLDER/points.npy. umap-learn holds the interpreter's lock for as long as it works,
so in a server it would stop everybody. Nothing of featviz is imported: that would load torch.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

import numpy as np

__all__: list[str] = []


def main(folder: Path, options: str) -> None:
    """Make the map, giving way to whatever else the machine does."""
    if hasattr(os, "nice"):
        os.nice(5)
    from numba.core.dispatcher import Dispatcher
    from umap import UMAP, layouts, umap_

    for loop in (*vars(umap_).values(), *vars(layouts).values()):
        if isinstance(loop, Dispatcher):
            with contextlib.suppress(RuntimeError):  # no folder to keep it in
                loop.enable_caching()
    points = UMAP(n_jobs=1, **json.loads(options)).fit_transform(np.load(folder / "vectors.npy"))
    np.save(folder / "points.npy", points)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
