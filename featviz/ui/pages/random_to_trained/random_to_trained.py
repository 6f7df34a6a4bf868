"""A run of training seen through its features: how they arise, epoch by epoch."""

from functools import partial

import streamlit as st

from featviz.analysis.film import Film
from featviz.ui.app import address, frame
from featviz.ui.app.lessons import page_lesson
from featviz.ui.pages.random_to_trained.controls import FilmRequest, choose_film
from featviz.ui.pages.random_to_trained.snippet import film_code
from featviz.ui.pages.random_to_trained.tasks import POLICY, film_task
from featviz.ui.pages.random_to_trained.view import draw_curves, draw_film, draw_map
from featviz.ui.pages.random_to_trained.view_state import VIEW
from featviz.ui.state.feedback import show_errors
from featviz.ui.state.live import live

slot = frame.heading(
    "From random to trained",
    "How features arise: the kernels of the first layer, the feature maps of an image and the map of many images after "
    "each epoch of a run.",
)


def draw(request: FilmRequest, film: Film) -> None:
    """Draw the map and the curves beside it."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        draw_map(request, film)
    with right:
        draw_curves(request, film)


with show_errors():
    request = choose_film()
    st.caption(
        f"{request.run.data.name}: {len(request.run.steps):,} steps in {request.run.epochs[-1].number} epochs."
    )
    draw_film(request)
    live(film_task(request), partial(draw, request), policy=POLICY)
    frame.python(film_code(request))

frame.lesson("What changes when a network learns", page_lesson("random_to_trained"))
address.publish(slot, VIEW)
