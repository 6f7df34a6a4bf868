"""Which pixels speak for an answer, and whether the picture of that is true."""

import streamlit as st

from featviz.ui import frame, links, snippets
from featviz.ui.attribution_files import draw_downloads
from featviz.ui.attribution_input import choose_matrix, draw_method_lessons
from featviz.ui.attribution_view import chosen_request, draw_matrix
from featviz.ui.image_input import choose_image
from featviz.ui.network_input import choose_model
from featviz.ui.notices import refusals_shown
from featviz.ui.overlay_look import choose_overlay_look
from featviz.ui.trust_view import draw_trust

VIEW = (
    *("methods", "options", "target", "across", "classes", "layers", "models"),
    *("cell", "sharing", "limit", "tint", "blend"),
)

slot = frame.heading(
    "Attribution",
    "Which pixels of the image speak for an answer, which against it, and whether the picture of that can be "
    "believed.",
)
model = choose_model()
picture = choose_image(model)

with refusals_shown():
    matrix = choose_matrix(model, picture)
    maps = st.container()
    look = choose_overlay_look()
    with maps:
        made = draw_matrix(matrix, look)
    chosen = chosen_request(matrix, made)
    draw_downloads(chosen, matrix, made, look)
    st.divider()
    draw_trust(chosen, made, look)

draw_method_lessons(matrix)
frame.python(snippets.attribution_code(chosen))
links.publish(slot, *VIEW)
