"""The server: `streamlit run app.py`."""

import streamlit as st

from featviz.ui.warm_up import warm_up

app = st.App("pages/_navigation.py", lifespan=warm_up)
