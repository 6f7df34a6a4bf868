"""Loading what the first visitor needs while the server starts, so that the first paint comes at once."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st

__all__ = ["warm_up"]


@asynccontextmanager
async def warm_up(_app: st.App) -> AsyncIterator[None]:
    """Import the libraries and open the default network in a thread beside the starting server."""
    threading.Thread(target=_open_the_default, daemon=True, name="warm up").start()
    yield


def _open_the_default() -> None:
    from featviz.ui.state.models import load_default
    from featviz.ui.state.process import prepare_process

    _load_plotly()
    # After everything is imported: what is loaded by now is hidden from the collector.
    prepare_process()
    load_default()


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
