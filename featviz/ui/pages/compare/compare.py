"""Two networks on the same images: which layers are alike, how far that can be trusted, and what is behind it."""

import streamlit as st

from featviz.ui.app import address, frame
from featviz.ui.app.lessons import page_lesson
from featviz.ui.app.subject import draw_subject
from featviz.ui.inputs.image_set import choose_set
from featviz.ui.inputs.network import choose_model
from featviz.ui.pages.compare.behavior_view import draw_behavior
from featviz.ui.pages.compare.controls import choose_comparison, choose_view
from featviz.ui.pages.compare.image_view import draw_image_view
from featviz.ui.pages.compare.layers_view import draw_layers
from featviz.ui.pages.compare.many.networks_view import draw_networks
from featviz.ui.pages.compare.snippet import compare_code
from featviz.ui.pages.compare.view_state import VIEW
from featviz.ui.state.feedback import show_errors

slot = frame.heading(
    "Compare models",
    "Which layers of two networks represent the images alike, whether chance explains it, and which images and units "
    "are behind the number.",
)
model = choose_model()
chosen = choose_set()
subject = st.empty()
with subject:
    draw_subject(model, chosen)

with show_errors():
    view = choose_view()
    request = choose_comparison(model, chosen, view)
    with subject:
        draw_subject(model, chosen, second=None if view == "networks" else request.second)
    code = compare_code(request)
    if view == "layers":
        draw_layers(request)
    elif view == "image":
        draw_image_view(request)
    elif view == "behavior":
        draw_behavior(request)
    else:
        code = draw_networks(request)

frame.lesson("What does it mean that two layers are similar, and what not?", page_lesson("compare"))
frame.python(code)
address.publish(slot, VIEW)
