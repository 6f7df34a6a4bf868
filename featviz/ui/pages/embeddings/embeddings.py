"""How a layer arranges a set of images: a map to walk through, which says where it lies."""

import streamlit as st

from featviz.representation.projection import PROJECTIONS
from featviz.ui.app import address, frame
from featviz.ui.app.lessons import method_lesson, page_lesson
from featviz.ui.app.subject import draw_subject
from featviz.ui.inputs.embedding import layer_of_first_map
from featviz.ui.inputs.embedding_task import embedded
from featviz.ui.inputs.features.choice import choose_embedding
from featviz.ui.inputs.image_set import choose_set
from featviz.ui.inputs.network import choose_model
from featviz.ui.pages.embeddings.combination import draw_combination
from featviz.ui.pages.embeddings.controls import choose_colors, choose_map, choose_run, points_here
from featviz.ui.pages.embeddings.layout import map_and_side
from featviz.ui.pages.embeddings.map_quality import draw_honesty
from featviz.ui.pages.embeddings.map_stability import draw_stability
from featviz.ui.pages.embeddings.pinned import draw_find, draw_pin
from featviz.ui.pages.embeddings.scree import draw_scree
from featviz.ui.pages.embeddings.selection import draw_map_files, draw_selection
from featviz.ui.pages.embeddings.snippet import embeddings_code
from featviz.ui.pages.embeddings.view import draw_map, unfold
from featviz.ui.pages.embeddings.view_state import VIEW
from featviz.ui.state.feedback import end_page, show_errors

slot = frame.heading(
    "Embeddings",
    "Each point is an image, laid out so that images the layer finds similar lie together, as far as a map can.",
)
model = choose_model()
chosen = choose_set()
draw_subject(model, chosen)

with show_errors():
    with st.sidebar:
        request = choose_embedding(model, chosen, first=layer_of_first_map(model))
    embedding = embedded(request)
    if embedding is None:
        st.caption("The map appears here as soon as the images are embedded.")
        end_page()
    points = points_here(embedding)
    with map_and_side() as (screen, side, facts):
        with screen:
            method, dimensions = choose_map(points)
        with side:
            run = unfold(choose_run(points, model, method, dimensions))
            colors = choose_colors(run, model)
        with screen:
            draw_map(run, colors)
        with facts:
            draw_honesty(run, colors)
            draw_stability(run)
            draw_scree(run)
            draw_combination(embedding)
            draw_map_files(run)
        with side:
            draw_find(run.points)
            draw_pin(run)
    st.divider()
    draw_selection(run)

frame.lesson("What is an embedding, and how can a map of it lie?", page_lesson("embeddings"))
frame.lesson(f"{run.name}: what does it show, and what does it not?", method_lesson(PROJECTIONS[run.method]))
frame.python(embeddings_code(run, request))
address.publish(slot, VIEW)
