"""Which pixels speak for an answer, and whether the map of that is true."""

import streamlit as st

from featviz.ui.app import address, frame
from featviz.ui.app.subject import draw_subject
from featviz.ui.inputs.image import choose_image
from featviz.ui.inputs.network import choose_model
from featviz.ui.pages.attribution.controls import choose_matrix, draw_method_lessons
from featviz.ui.pages.attribution.display import choose_overlay_look
from featviz.ui.pages.attribution.evaluation import draw_evaluation
from featviz.ui.pages.attribution.files import draw_downloads
from featviz.ui.pages.attribution.snippet import attribution_code
from featviz.ui.pages.attribution.view import chosen_request, draw_matrix, draw_second
from featviz.ui.pages.attribution.view_state import VIEW
from featviz.ui.state.feedback import show_errors

slot = frame.heading(
    "Attribution",
    "Which pixels of the image speak for an answer, which against it, and whether the map of that can be "
    "believed.",
)
model = choose_model()
image = choose_image(model, here=VIEW.name)
draw_subject(model, image)

with show_errors():
    matrix, level = choose_matrix(model, image)
    maps = st.container()
    look = choose_overlay_look(level, compared=matrix.compared is not None)
    with maps:
        draw_second(matrix, image)
        tasks = draw_matrix(matrix, look)
    chosen = chosen_request(matrix, tasks)
    draw_downloads(chosen, matrix, tasks, look)
    st.divider()
    draw_evaluation(chosen, tasks, look)

draw_method_lessons(matrix)
frame.python(attribution_code(chosen, matrix.beside(chosen)))
address.publish(slot, VIEW)
