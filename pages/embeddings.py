"""How a layer arranges a set of images: a map to walk through, which says where it lies."""

import streamlit as st

from featviz.ui import frame, links, projection_lessons, snippets
from featviz.ui.embedding_input import EMBEDDING_KEYS, choose_embedding, layer_of_first_map
from featviz.ui.embedding_map_frame import map_and_side
from featviz.ui.embedding_map_honesty import draw_honesty
from featviz.ui.embedding_map_input import MAP_KEYS, choose_colours, choose_map, choose_run, points_here
from featviz.ui.embedding_map_pin import draw_pin
from featviz.ui.embedding_map_scree import draw_scree
from featviz.ui.embedding_map_selection import draw_map_files, draw_selection
from featviz.ui.embedding_map_stability import draw_stability
from featviz.ui.embedding_map_view import draw_map, unfold
from featviz.ui.embedding_work import embedded
from featviz.ui.network_input import choose_model
from featviz.ui.notices import refusals_shown
from featviz.ui.set_input import SET_KEYS, choose_set

slot = frame.heading(
    "Embeddings",
    "Each point is an image, laid out so that images the layer finds alike lie together, as far as a map can.",
)
model = choose_model()
chosen = choose_set()

with refusals_shown():
    with st.sidebar:
        wanted = choose_embedding(model, chosen, first=layer_of_first_map(model))
    found = embedded(wanted)
    if found is None:
        st.caption("The map appears here as soon as the images are embedded.")
        links.publish(slot, *SET_KEYS, *EMBEDDING_KEYS, *MAP_KEYS)
        st.stop()
    points = points_here(found)
    with map_and_side() as (screen, side, facts):
        with screen:
            method, dimensions = choose_map(points)
        with side:
            run = unfold(choose_run(points, model, method, dimensions))
            colours = choose_colours(run, model)
        with screen:
            draw_map(run, colours)
        with facts:
            draw_honesty(run, colours)
            draw_stability(run)
            draw_scree(run)
            draw_map_files(run)
        with side:
            draw_pin(run)
    st.divider()
    draw_selection(run)

frame.lesson("What is an embedding, and how can a map of it lie?", projection_lessons.MAPS)
frame.lesson(f"{run.name}: what does it show, and what does it not?", projection_lessons.LESSONS[run.method])
frame.python(snippets.embeddings_code(run, wanted))
links.publish(slot, *SET_KEYS, *EMBEDDING_KEYS, *MAP_KEYS)
