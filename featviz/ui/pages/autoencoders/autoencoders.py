"""A network that rebuilds images from a code of few numbers: what it keeps, and what lies between two codes."""

import streamlit as st

from featviz.ui.app import address, frame
from featviz.ui.app.lessons import page_lesson
from featviz.ui.inputs.page_links import draw_page_link
from featviz.ui.pages.autoencoders.controls import choose_autoencoder, compared
from featviz.ui.pages.autoencoders.snippet import autoencoder_code
from featviz.ui.pages.autoencoders.view import draw_code, draw_reconstructions, draw_walks
from featviz.ui.pages.autoencoders.view_state import VIEW
from featviz.ui.state.feedback import show_errors

slot = frame.heading(
    "Autoencoders",
    "A network rebuilds images from a code of few numbers, without labels: how well, beside PCA, and what the numbers "
    "mean.",
)

with show_errors():
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        name, run = choose_autoencoder()
        draw_page_link("train", "Train one", ":material/model_training:", {"train_method": "reconstruction"})
    both = compared(run)
    draw_reconstructions(run, both)
    draw_code(run, both)
    draw_walks(run, both)
    frame.python(autoencoder_code(name))

frame.lesson("What an autoencoder learns", page_lesson("autoencoders"))
address.publish(slot, VIEW)
