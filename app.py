"""The server: `streamlit run app.py`."""

import streamlit as st

from featviz.ui.notices import show_failure
from featviz.ui.versions import check_versions
from featviz.ui.warm_up import warm_up

check_versions()
app = st.App("pages/_navigation.py", lifespan=warm_up, on_script_error=show_failure)
