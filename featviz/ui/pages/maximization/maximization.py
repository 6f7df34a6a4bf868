"""What a unit looks for: a picture made to drive it, growing while one watches."""

import streamlit as st

from featviz.ui.app import address, frame
from featviz.ui.app.lessons import page_lesson
from featviz.ui.inputs.image import choose_image
from featviz.ui.inputs.network import choose_model
from featviz.ui.pages.maximization.adversarial import draw_tricks
from featviz.ui.pages.maximization.controls import choose_run, from_scratch, go_on
from featviz.ui.pages.maximization.files import draw_downloads
from featviz.ui.pages.maximization.inversion import draw_depth
from featviz.ui.pages.maximization.naturalness import draw_naturalness
from featviz.ui.pages.maximization.objective import choose_aim
from featviz.ui.pages.maximization.sheet_view import draw_sheet
from featviz.ui.pages.maximization.snippet import maximization_code
from featviz.ui.pages.maximization.view import draw_run
from featviz.ui.pages.maximization.view_state import VIEW
from featviz.ui.state.feedback import show_errors

slot = frame.heading(
    "Activation maximization",
    "A picture made to drive one part of the network as far as it goes: what that part looks for, and nothing a "
    "camera ever saw.",
)
model = choose_model()
picture = choose_image(model)

with show_errors():
    aim = choose_aim(model, from_scratch)
    screen, controls = st.columns([3, 2], gap="large")
    with controls:
        run = choose_run(model, picture, aim)
    with screen:
        film = draw_run(run, go_on)
        draw_downloads(run, film)
    st.divider()
    draw_sheet(run)
    st.divider()
    draw_naturalness(run, film)
    st.divider()
    draw_tricks(run)
    st.divider()
    draw_depth(model, picture)

frame.lesson("What is activation maximization, and what can it not tell?", page_lesson("maximization"))
frame.python(maximization_code(run))
address.publish(slot, VIEW)
