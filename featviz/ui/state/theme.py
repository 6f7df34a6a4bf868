"""The light or dark page that a user sees."""

import streamlit as st

__all__ = ["is_dark"]


def is_dark() -> bool:
    """Whether the user's page is dark."""
    return st.context.theme.type == "dark"
