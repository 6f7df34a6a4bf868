"""Which images the network holds for alike, and which positions of them make them so."""

import streamlit as st

from featviz.ui.app import address, frame
from featviz.ui.app.lessons import page_lesson
from featviz.ui.app.subject import draw_subject
from featviz.ui.inputs.embedding_task import embedded
from featviz.ui.inputs.features.choice import choose_embedding
from featviz.ui.inputs.image_set import choose_set
from featviz.ui.inputs.network import choose_model
from featviz.ui.pages.visual_search.snippet import search_code
from featviz.ui.pages.visual_search.view import draw_search
from featviz.ui.pages.visual_search.view_state import VIEW
from featviz.ui.state.feedback import end_page, show_errors

slot = frame.heading(
    "Visual search",
    "Which images of a set the network finds most similar: to an image, to a part of one, or to what a unit "
    "answers to, and which positions make them so.",
)
model = choose_model()
chosen = choose_set()
draw_subject(model, chosen)

with show_errors():
    with st.sidebar:
        request = choose_embedding(model, chosen)
    embedding = embedded(request)
    if embedding is None:
        st.caption("The search begins as soon as the images are embedded.")
        end_page()
    results = draw_search(embedding)

frame.lesson("How images are compared", page_lesson("visual_search"))
frame.python(search_code(request, results))
address.publish(slot, VIEW)
