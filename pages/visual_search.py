"""Which images the network holds for alike, and which places of them make them so."""

import streamlit as st

from featviz.ui import frame, links, snippets
from featviz.ui.embedding_input import EMBEDDING_KEYS, choose_embedding
from featviz.ui.embedding_work import embedded
from featviz.ui.network_input import choose_model
from featviz.ui.notices import refusals_shown
from featviz.ui.search_keys import SEARCH_KEYS
from featviz.ui.search_lesson import VISUAL_SEARCH
from featviz.ui.search_view import draw_search
from featviz.ui.set_input import SET_KEYS, choose_set

KEYS = (*SET_KEYS, *EMBEDDING_KEYS, *SEARCH_KEYS, "blend")

slot = frame.heading(
    "Visual search",
    "Which images of a set the network holds for most alike: to an image, to a part of one, or to what a unit "
    "answers to, and which places make them so.",
)
model = choose_model()
chosen = choose_set()

with refusals_shown():
    with st.sidebar:
        wanted = choose_embedding(model, chosen)
    found = embedded(wanted)
    if found is None:
        st.caption("The search begins as soon as the images are embedded.")
        links.publish(slot, *KEYS)
        st.stop()
    results = draw_search(found)

frame.lesson("How images are compared", VISUAL_SEARCH)
frame.python(snippets.search_code(wanted, results))
links.publish(slot, *KEYS)
