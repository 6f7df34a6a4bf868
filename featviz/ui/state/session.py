"""What belongs to one user's session and ends with it."""

import streamlit as st

from featviz.ui.state.jobs import Jobs

__all__ = ["jobs"]


@st.cache_resource(scope="session", on_release=Jobs.close, show_spinner=False)
def jobs() -> Jobs:
    """The session's running work; cancelled when the browser leaves."""
    return Jobs()
