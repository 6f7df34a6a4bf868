"""Two charts and how often the page and their places have run."""

import streamlit as st

from featviz.render.charts.bars import scree_bars
from featviz.ui.components.chart import chart, chart_theme

st.session_state["runs"] = st.session_state.get("runs", 0) + 1
for name, shares in {"one": [0.75, 0.25], "two": [0.5, 0.3, 0.2]}.items():
    chart(scree_bars(shares, [0], theme=chart_theme()), alt=f"Scree {name}.", key=name)
st.button("Again")
st.text(f"run {st.session_state['runs']}")
