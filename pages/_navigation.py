"""The frame around every page: the sections, and the sidebar that all pages share."""

from pathlib import Path

import streamlit as st

from featviz.ui import frame

HERE = Path(__file__).parent
SECTIONS = {
    "Look inside": [
        st.Page(HERE / "network.py", title="Network", icon=":material/account_tree:", default=True),
        st.Page(HERE / "feature_maps.py", title="Feature maps", icon=":material/grid_view:"),
        st.Page(HERE / "filters.py", title="Filters", icon=":material/blur_on:"),
    ],
}

page = st.navigation(SECTIONS, position="sidebar")
frame.prepare(page.title)
page.run()
