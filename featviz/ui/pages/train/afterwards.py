"""What can be done with a network that was trained: open it on the other pages, watch the film, take it home."""

from __future__ import annotations

import streamlit as st

from featviz.training.export import loading_code, weights_file
from featviz.training.run import TrainingRun
from featviz.training.trained_source import keep_trained
from featviz.ui.inputs.file_download import draw_file_download
from featviz.ui.inputs.page_links import draw_page_link
from featviz.ui.pages.train.slow_motion import draw_slow_motion
from featviz.ui.state.training.trained import offer_trained

__all__ = ["draw_afterwards"]

_PAGES = (
    ("feature_maps", "Feature maps", ":material/grid_view:"),
    ("filters", "Filters", ":material/blur_on:"),
    ("attribution", "Attribution", ":material/highlight_alt:"),
    ("maximization", "Activation maximization", ":material/auto_awesome:"),
    ("embeddings", "Embeddings", ":material/scatter_plot:"),
    ("compare", "Compare models", ":material/compare_arrows:"),
)


def draw_afterwards(run: TrainingRun) -> None:
    """Draw the ways from a finished run."""
    name = keep_trained(run)
    offer_trained(name)
    draw_slow_motion(run)
    st.subheader("Open the trained network", anchor=False)
    with st.container(horizontal=True, gap="small"):
        for page, label, icon in _PAGES:
            draw_page_link(page, label, icon, {"model": name, "weights": "trained"})
    st.caption(
        f"It stands in the sidebar's list of networks as {name.rpartition('/')[2]}, with its weights after each epoch."
    )
    about = ("trained", run.spec.network, run.spec.method)
    with st.container(horizontal=True, gap="small"):
        draw_file_download(
            "Weights (safetensors)", lambda: weights_file(run), about, "safetensors", key="train.weights"
        )
        draw_file_download("Code that loads them", lambda: loading_code(run), about, "py", key="train.code")
