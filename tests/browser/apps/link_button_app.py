"""A view that is changed by a click, and the button that copies its link."""

import streamlit as st

from featviz.ui.components.link_button.link_button import link_button

count = st.session_state.get("count", 0)
link_button(f"layer=stage2%2Fconv&count={count}")
st.button("More", on_click=lambda: st.session_state.update(count=count + 1))
st.text(f"count {count}")
