"""The frame around every page: the list of pages by section, and the sidebar that all pages share."""

from pathlib import Path

import streamlit as st

from featviz.ui.app import frame
from featviz.ui.pages.views import views
from featviz.ui.state.scheduler import SCHEDULER

PAGES = Path(__file__).parents[1] / "featviz" / "ui" / "pages"
LISTED = {
    "": [("start", "Start", ":material/flag:")],
    "Look inside": [
        ("network", "Network", ":material/account_tree:"),
        ("feature_maps", "Feature maps", ":material/grid_view:"),
        ("filters", "Filters", ":material/blur_on:"),
    ],
    "Explain": [
        ("attribution", "Attribution", ":material/highlight_alt:"),
        ("maximization", "Activation maximization", ":material/auto_awesome:"),
    ],
    "Representation": [
        ("embeddings", "Embeddings", ":material/scatter_plot:"),
        ("visual_search", "Visual search", ":material/image_search:"),
        ("feature_quality", "Feature quality", ":material/grading:"),
        ("compare", "Compare models", ":material/compare_arrows:"),
    ],
    "Training": [
        ("train", "Train", ":material/model_training:"),
        ("random_to_trained", "From random to trained", ":material/movie:"),
        ("autoencoders", "Autoencoders", ":material/compress:"),
        ("transfer", "Transfer", ":material/move_up:"),
    ],
}
"""A page is a folder with a script of the same name, and a line here: folder and address, title, icon."""
FOLDERS = {title: name for pages in LISTED.values() for name, title, _icon in pages}

sections = {
    section: {
        icon: st.Page(PAGES / name / f"{name}.py", title=title, default=name == "start")
        for name, title, icon in pages
    }
    for section, pages in LISTED.items()
}
with SCHEDULER.page():
    page = st.navigation({name: list(pages.values()) for name, pages in sections.items()}, position="hidden")
    frame.prepare(page.title, views().values(), views().get(FOLDERS[page.title]))
    frame.navigation(sections)
    page.run()
