"""A small network learns from images while one watches, and is opened on every other page afterwards."""

from functools import partial

import streamlit as st

from featviz.ui.app import address, frame
from featviz.ui.app.lessons import page_lesson
from featviz.ui.inputs.image_set import choose_set
from featviz.ui.pages.train.afterwards import draw_afterwards
from featviz.ui.pages.train.controls import choose_training
from featviz.ui.pages.train.example import draw_example
from featviz.ui.pages.train.snippet import training_code
from featviz.ui.pages.train.tasks import (
    DATA_POLICY,
    RUN_POLICY,
    data_task,
    finished_run,
    known_data,
    prepared,
    run_task,
)
from featviz.ui.pages.train.view import draw_cost, draw_data, draw_run
from featviz.ui.pages.train.view_state import VIEW
from featviz.ui.state.feedback import show_errors
from featviz.ui.state.live import live
from featviz.ui.state.tasks import running
from featviz.ui.state.training.trained import offer_trained

slot = frame.heading(
    "Train",
    "Train a small network on images and watch it learn: its loss, its accuracy, the gradient of each layer. What was "
    "trained opens on every other page.",
)
chosen = choose_set()

with show_errors():
    request = choose_training(chosen)
    live(data_task(request), partial(draw_data, request), policy=DATA_POLICY)
    data = known_data(request)
    if data is not None:
        cost = prepared(request, data)
        task = run_task(request, data, cost.seconds)
        draw_cost(cost)
        if running(task.kind):
            offer_trained(cost.name)
        live(task, draw_run, policy=RUN_POLICY, offer="Train")
        run = finished_run(request, data)
        if run is not None:
            draw_afterwards(run)
        elif not running(task.kind):
            draw_example()
    frame.python(training_code(request))

st.divider()
frame.lesson("How a network learns", page_lesson("train"))
address.publish(slot, VIEW)
