"""The server: `streamlit run app.py`."""

import streamlit as st

from featviz.ui.notices import show_failure
from featviz.ui.warm_up import warm_up

app = st.App("pages/_navigation.py", lifespan=warm_up, on_script_error=show_failure)
