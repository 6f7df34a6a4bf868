"""The doors and the steps on the screen."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from featviz.ui.app.steps import Step
from featviz.ui.inputs.page_links import draw_page_link

__all__ = ["draw_doors", "draw_steps"]

_BUNDLED = {"model": "shapes-resnet", "weights": "trained"}
_PHOTOGRAPHS = {"model": "torchvision/resnet18", "weights": ""}
_DIGIT = {"model": "digits-cnn", "weights": "trained", "source": "drawing", "image": ""}
_OWN_IMAGE = {"source": "upload", "image": ""}


def draw_doors() -> None:
    """Draw the three ways in."""
    around, image, model = st.columns(3, gap="medium")
    with around, st.container(border=True, height="stretch"):
        st.subheader(":material/explore: Look around", anchor=False)
        st.caption("A small network trained on made images is loaded, with an image. Nothing to set up.")
        draw_page_link("network", "Network", ":material/account_tree:", _BUNDLED)
        draw_page_link("feature_maps", "Feature maps", ":material/grid_view:", _BUNDLED)
        draw_page_link("maximization", "Activation maximization", ":material/auto_awesome:", _BUNDLED)
        draw_page_link("embeddings", "Embeddings", ":material/scatter_plot:", _BUNDLED)
    with image, st.container(border=True, height="stretch"):
        st.subheader(":material/add_photo_alternate: Explain my image", anchor=False)
        st.caption(
            "Which pixels a prediction rests on. The bundled network knows drawn shapes; for photographs, the weights "
            "of a larger one are downloaded once."
        )
        draw_page_link("attribution", "A drawing of a shape", ":material/interests:", _BUNDLED | _OWN_IMAGE)
        draw_page_link("attribution", "Draw a digit", ":material/draw:", _DIGIT)
        draw_page_link("attribution", "A photograph", ":material/photo_camera:", _PHOTOGRAPHS | _OWN_IMAGE)
    with model, st.container(border=True, height="stretch"):
        st.subheader(":material/deployed_code: My own model", anchor=False)
        st.caption(
            "A checkpoint of any torchvision architecture is read as data, never run. In Python `featviz.wrap_model` "
            "takes any other module, and all of this works there without the dashboard."
        )
        draw_page_link(
            "network", "Upload a checkpoint", ":material/upload_file:", _PHOTOGRAPHS | {"weights": "file"}
        )


def draw_steps(steps: Sequence[Step]) -> None:
    """Draw a lesson: what to look at, what to find, and its answer to reveal."""
    for number, step in enumerate(steps, 1):
        with st.container(border=True):
            with st.container(
                horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
            ):
                st.markdown(f"**{number}. {step.title}**")
                draw_page_link(step.page, f"Open {step.label}", ":material/arrow_forward:", step.choices)
            st.markdown(step.task)
            with st.expander("Answer", icon=":material/lightbulb:"):
                st.markdown(step.answer)
