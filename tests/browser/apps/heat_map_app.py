"""A page with nothing but a heat map of planted values, and the cell that was picked."""

import numpy as np
import streamlit as st

from featviz.ui.components.heat_map.heat_map import Matrix, heat_map

st.set_page_config(layout="wide")

rows, columns = (int(st.query_params.get(name, "5")) for name in ("rows", "columns"))
values = np.linspace(0, 1, rows * columns).reshape(rows, columns)
values[-1, 0] = np.nan
dimmed = np.zeros(values.shape, bool)
dimmed[0, 1] = True
framed = np.zeros(values.shape, bool)
framed[1, 1] = True


def select(cell: tuple[int, int]) -> None:
    st.session_state["cell"] = cell


chosen = st.session_state.get("cell")
heat_map(
    Matrix(
        values,
        [f"stage{number}.conv" for number in range(rows)],
        [f"blocks.{number}.attention.project" for number in range(columns)],
        low=0.0,
        high=1.0,
        texts=[f"{value:.2f}" for value in values.ravel()],
        notes=[f"CKA {value:.4f}\np = .005" for value in values.ravel()],
        dimmed=dimmed,
        framed=framed,
    ),
    key="matrix",
    selected=chosen,
    on_select=select,
    down="first network",
    across="second network",
    legend=("0", "1"),
    dimmed_means="could be chance",
    framed_means="best match of its row",
)
st.text(f"picked: {chosen}")
