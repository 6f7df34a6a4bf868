"""The weights of convolutions."""

import streamlit as st

from featviz.explain.features.filters import convolutions
from featviz.ui.app import address, frame
from featviz.ui.app.lessons import page_lesson
from featviz.ui.app.subject import draw_subject
from featviz.ui.inputs.network import choose_model
from featviz.ui.inputs.page_links import draw_channel_links
from featviz.ui.pages.filters.controls import choose_compared, choose_convolution, choose_normalization
from featviz.ui.pages.filters.snippet import filters_code
from featviz.ui.pages.filters.view import draw_filters, draw_norms, draw_one_filter, unit_of
from featviz.ui.pages.filters.view_state import VIEW
from featviz.ui.state.feedback import end_page, show_errors

slot = frame.heading(
    "Filters",
    "The weights of a convolution: the small patterns it compares every position with. Click one to see all its "
    "kernels.",
)
model = choose_model()
draw_subject(model)

if not convolutions(model):
    st.info(f"{model.name} has no convolution, so there are no filters to show.", icon=":material/info:")
    end_page()

with show_errors():
    chooser, companion = st.columns([3, 2], gap="medium")
    with chooser:
        layer = choose_convolution(model)
    compared = choose_compared(model, layer, companion)
    normalization = choose_normalization()
    draw_filters(compared, normalization)
    norms = st.container()
    draw_one_filter(compared)
    draw_channel_links(model, unit_of(compared), here=VIEW.name)
    # Last, so that the tiles do not wait in the browser for plotly's script.
    with norms:
        draw_norms(compared)

frame.lesson("What is a filter?", page_lesson("filters"))
frame.python(filters_code(compared))
address.publish(slot, VIEW)
