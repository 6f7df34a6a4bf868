"""A page of one job that lasts some seconds, each of whose results is computed anew as it is drawn."""

import time
from collections.abc import Iterator

import streamlit as st

from featviz.progress import Progress
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.feedback import cached_compute, reserve_status_slot
from featviz.ui.state.live import live
from featviz.ui.state.tasks import Task

LAST = 8
key = st.query_params["key"]


def count() -> Iterator[Progress[int]]:
    for number in range(1, LAST + 1):
        time.sleep(0.7)
        yield Progress(number, LAST, result=number)


def draw(found: int) -> None:
    twice = cached_compute(FEATURES, ("twice", key, found), lambda: 2 * found, lambda _: 8, doing="Doubling")
    st.write(f"Twice {found} is {twice}.")


reserve_status_slot()
complete = live(Task("count", ("count", key), "Counting", count, lambda _: 8, 6.0), draw, offer="Count")
st.write("All is there." if complete else "Something is still to come.")
