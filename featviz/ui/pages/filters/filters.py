"""The weights of convolutions."""

import streamlit as st

from featviz.explain.features.filters import convolutions
from featviz.models.cards import training_moment
from featviz.ui.app import address, frame
from featviz.ui.app.lessons import page_lesson
from featviz.ui.app.subject import draw_subject
from featviz.ui.inputs.network import choose_model
from featviz.ui.inputs.page_links import draw_channel_links
from featviz.ui.pages.filters.snippet import filters_code
from featviz.ui.pages.filters.view import (
    choose_convolution,
    choose_other_weights,
    draw_filters,
    draw_norms,
    draw_one_filter,
    unit_of,
)
from featviz.ui.pages.filters.view_state import VIEW
from featviz.ui.state.features import layer_filters
from featviz.ui.state.feedback import end_page, show_errors
from featviz.ui.state.models import load

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
    with companion:
        other = choose_other_weights(model)
    models = [model] if other is None else [model, load(model.name, other, str(model.device))]
    shown = [layer_filters(each, layer) for each in models]
    columns = st.columns(len(models), gap="medium")
    for column, each, filters in zip(columns, models, shown, strict=True):
        with column:
            draw_filters(filters, title=f"Weights: {training_moment(each.weights)}", main=each is model)
    st.divider()
    draw_one_filter(shown[0])
    draw_channel_links(model, unit_of(shown[0]), here=VIEW.name)
    # Last, so that the tiles do not wait in the browser for plotly's script.
    for column, each, filters in zip(columns, models, shown, strict=True):
        with column:
            draw_norms(filters, main=each is model)

frame.lesson("What is a filter?", page_lesson("filters"))
frame.python(filters_code(model, layer))
address.publish(slot, VIEW)
