"""What a unit looks for: an image made to drive it, growing while one watches."""

import streamlit as st

from featviz.ui.app import address, frame
from featviz.ui.app.lessons import page_lesson
from featviz.ui.app.subject import draw_subject
from featviz.ui.inputs.image import choose_image
from featviz.ui.inputs.network import choose_model
from featviz.ui.inputs.page_links import draw_channel_links
from featviz.ui.pages.maximization.adversarial import draw_ablations
from featviz.ui.pages.maximization.controls import choose_request
from featviz.ui.pages.maximization.files import draw_downloads
from featviz.ui.pages.maximization.inversion import draw_depth
from featviz.ui.pages.maximization.naturalness import draw_naturalness
from featviz.ui.pages.maximization.objective import choose_objective
from featviz.ui.pages.maximization.reading import draw_predictions, draw_strongest
from featviz.ui.pages.maximization.sheet_view import draw_sheet
from featviz.ui.pages.maximization.snippet import maximization_code
from featviz.ui.pages.maximization.view import draw_run
from featviz.ui.pages.maximization.view_state import VIEW
from featviz.ui.pages.maximization.warm_start import clear_warm_start, use_warm_start
from featviz.ui.state.features import predictions
from featviz.ui.state.feedback import show_errors

slot = frame.heading(
    "Activation maximization",
    "An image made to drive one part of the network as far as it goes: what that part looks for, and nothing a "
    "camera ever saw.",
)
model = choose_model()
image = choose_image(model, here=VIEW.name)
draw_subject(model, image)

with show_errors():
    spec = choose_objective(model, predictions(model, image)[0].index, clear_warm_start)
    if spec.channel is not None:
        draw_channel_links(model, spec.channel, here=VIEW.name)
    screen, controls = st.columns([3, 2], gap="large")
    with controls:
        request = choose_request(model, image, spec)
    with screen:
        film = draw_run(request, use_warm_start)
        draw_predictions(request, film)
        draw_downloads(request, film)
    with controls:
        draw_strongest(request, film)
    st.divider()
    draw_sheet(request)
    st.divider()
    draw_naturalness(request, film)
    st.divider()
    draw_ablations(request)
    st.divider()
    draw_depth(model, image)

frame.lesson("What is activation maximization, and what can it not tell?", page_lesson("maximization"))
frame.python(maximization_code(request))
address.publish(slot, VIEW)
