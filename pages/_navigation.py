"""The frame around every page: the sections, and the sidebar that all pages share."""

from pathlib import Path

import streamlit as st

from featviz.ui.app import frame

HERE = Path(__file__).parent
SECTIONS = {
    "Look inside": {
        ":material/account_tree:": st.Page(HERE / "network.py", title="Network", default=True),
        ":material/grid_view:": st.Page(HERE / "feature_maps.py", title="Feature maps"),
        ":material/blur_on:": st.Page(HERE / "filters.py", title="Filters"),
    },
    "What it looks for": {
        ":material/auto_awesome:": st.Page(HERE / "maximization.py", title="Activation maximization"),
    },
    "How it arranges images": {
        ":material/scatter_plot:": st.Page(HERE / "embeddings.py", title="Embeddings"),
        ":material/image_search:": st.Page(HERE / "visual_search.py", title="Visual search"),
        ":material/grading:": st.Page(HERE / "feature_quality.py", title="Feature quality"),
    },
    "Why this answer": {
        ":material/highlight_alt:": st.Page(HERE / "attribution.py", title="Attribution"),
    },
}

page = st.navigation({name: list(pages.values()) for name, pages in SECTIONS.items()}, position="hidden")
frame.prepare(page.title)
frame.navigation(SECTIONS)
page.run()
