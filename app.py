"""The server: `streamlit run app.py`."""

import os

# Threads of a pass that wait for each other shall sleep: spinning, they keep the core from everybody else's page.
# Read when torch is loaded, so it stands before everything that loads it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import streamlit as st

from featviz.ui.notices import show_failure
from featviz.ui.thumbnail_route import routes
from featviz.ui.versions import check_versions
from featviz.ui.warm_up import warm_up

check_versions()
app = st.App("pages/_navigation.py", lifespan=warm_up, on_script_error=show_failure, routes=routes())
