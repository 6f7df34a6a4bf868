"""Where to begin: three doors, and a lesson of five steps over the real pages."""

import streamlit as st

from featviz.ui.app.steps import lesson_steps
from featviz.ui.inputs.page_links import page_script
from featviz.ui.pages.start.view import draw_doors, draw_steps
from featviz.ui.state.feedback import reserve_status_slot

if st.query_params:
    # The address of the app alone with choices is a link of before this page was: it meant the Network page.
    st.switch_page(page_script("network"))

st.title("Look inside a neural network", anchor=False)
st.caption(
    "See what its layers compute, what its channels look for, which pixels a prediction rests on, and how it arranges "
    "images. All of it runs on this machine, offline, on small networks that are bundled or on your own."
)
reserve_status_slot()
draw_doors()
st.subheader("A first lesson, in five steps", anchor=False)
st.caption("Each step opens a page, and asks you to find something there. Come back here for the answer.")
draw_steps(lesson_steps("start"))
