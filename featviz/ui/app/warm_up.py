"""Loading what the first user needs while the server starts, so that the first paint comes at once."""

import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import streamlit as st

__all__ = ["draw_first_maps", "prepare_maps", "warm_up"]

_ROOT = Path(__file__).parents[3]
_COMPILE = """
import os
if hasattr(os, "nice"):
    os.nice(19)
from featviz.ui.app.warm_up import draw_first_maps
draw_first_maps()
"""


@asynccontextmanager
async def warm_up(_app: st.App) -> AsyncIterator[None]:
    """Import the libraries and open the default network in a thread beside the starting server."""
    ended = threading.Event()
    threading.Thread(target=_load, args=(ended,), daemon=True, name="warm up").start()
    yield
    ended.set()


def _load(ended: threading.Event) -> None:
    from featviz.ui.state.models import load_default
    from featviz.ui.state.process import prepare_process, settle

    _load_plotly()
    # After everything is imported: what is loaded by now is hidden from the collector.
    prepare_process()
    load_default()
    prepare_maps(ended)
    settle()


def _load_plotly() -> None:
    """Draw bars and curves for nobody: with them plotly loads what it needs late."""
    import numpy as np
    import plotly.io
    import plotly.tools

    from featviz.render.charts.bars import norm_bars, probability_bars
    from featviz.render.charts.curves import compared_curves

    two = np.zeros(2)
    curves = compared_curves(two, {"": two}, x_title="", y_title="", mark=0)
    for figure in (probability_bars([""], [1.0]), norm_bars(two, [], None), curves):
        drawn = plotly.tools.return_figure_from_figure_or_data(figure, validate_figure=True)
        plotly.io.to_json(drawn, validate=False)


def prepare_maps(ended: threading.Event) -> None:
    """Load what maps are made with, compiled before.

    Compiling takes half a minute of a core and most of it holds the interpreter's lock, which would slow every page:
    where it was never done on this machine, a process of the lowest priority does it, and leaves the machine code on
    disk. Loading that takes one second.

    Args:
        ended: the server ends; so does the work.
    """
    from featviz.compiled import is_cached
    from featviz.representation.neighbors.top_k import insert_nearest
    from featviz.representation.projection.umap.layout import optimize_epoch

    if not (is_cached(optimize_epoch) and is_cached(insert_nearest)):
        with _compiling() as process:
            while process.poll() is None and not ended.wait(0.5):
                pass
    if not ended.is_set():
        draw_first_maps()


def draw_first_maps() -> None:
    """Two maps and neighbors of next to nothing: loops are compiled, or loaded as they were compiled before."""
    import numpy as np

    from featviz.representation.neighbors.nearest import nearest, nearest_to
    from featviz.representation.projection import project

    few = np.eye(8, dtype=np.float32)
    nearest(few, 2)
    nearest_to(few, 0, 2)
    project(few, "umap", epochs=1).transform(few)
    project(few, "tsne", iterations=1).transform(few)


@contextmanager
def _compiling() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", _COMPILE], cwd=_ROOT, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
