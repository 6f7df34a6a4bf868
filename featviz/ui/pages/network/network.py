"""What is loaded: its card, its drawing, its layers, and what it says of the image."""

import streamlit as st

from featviz.render.captioned import enlarged
from featviz.ui.app import address, frame
from featviz.ui.app.lessons import page_lesson
from featviz.ui.app.subject import draw_subject
from featviz.ui.inputs.image import choose_image
from featviz.ui.inputs.network import choose_model
from featviz.ui.pages.network.preprocessing import draw_preprocessing
from featviz.ui.pages.network.snippet import network_code
from featviz.ui.pages.network.view import draw_architecture, draw_card, draw_layers, draw_predictions
from featviz.ui.pages.network.view_state import VIEW
from featviz.ui.state.chosen_image import input_pixels
from featviz.ui.state.features import predictions
from featviz.ui.state.feedback import show_errors

slot = frame.heading("Network", "What the network is made of, and what it predicts for the image.")
model = choose_model()
image = choose_image(model, here=VIEW.name)
draw_subject(model, image)

with show_errors():
    draw_card(model)
    image_column, prediction_column = st.columns([1, 2], gap="medium")
    with image_column:
        st.image(
            enlarged(input_pixels(model, image)),
            caption=f"Preprocessed input: {model.input_size} × {model.input_size} pixels",
            width="stretch",
            output_format="PNG",
        )
    draw_preprocessing(model, image)
    draw_architecture(model)
    draw_layers(model)
    # Last, so that the rest of the page does not wait in the browser for plotly's script.
    with prediction_column:
        draw_predictions(model, predictions(model, image), image.label)

frame.lesson("What is a network, a layer, a probability?", page_lesson("network"))
frame.python(network_code(model, image))
address.publish(slot, VIEW)
