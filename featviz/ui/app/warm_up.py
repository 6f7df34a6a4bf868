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

    prepare_process()
    load_default()
