"""The server: `streamlit run app.py`."""

import os

# Threads of a pass that wait for each other shall sleep: spinning, they keep the core from everybody else's page.
# Read when torch is loaded, so it stands before everything that loads it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import streamlit as st

from featviz.ui.app.thumbnail_route import routes
from featviz.ui.app.versions import check_versions
from featviz.ui.app.warm_up import warm_up
from featviz.ui.state.feedback import show_failure

check_versions()
app = st.App("pages/_navigation.py", lifespan=warm_up, on_script_error=show_failure, routes=routes())
