"""When a run starts: by itself where it is cheap, at a visitor's word where it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.explain.maximization.config import OPTIMIZERS
from featviz.ui.inputs.method import keep_option
from featviz.ui.pages.maximization.film import Film
from featviz.ui.pages.maximization.request import RUN, MaximizationRequest
from featviz.ui.pages.maximization.view_state import SIZES, VIEW
from featviz.ui.state.session import jobs
from featviz.ui.state.tasks import Task, latest_result, running

__all__ = [
    "allow",
    "cheaper",
    "choose_cheaper",
    "film_of",
    "is_dear",
    "is_running",
    "present",
    "present_images",
]

_CHEAP, _CHEAP_BUNDLED = 30.0, 3600.0
_LONG, _WORTH_IT = 120.0, 0.7
_HALF = "0.5"
_PRESENT, _ALLOWED = "_present_run", "_allowed_seconds"


def present(task: Task) -> None:
    """Make a run the one on the screen."""
    st.session_state[_PRESENT] = task


def is_dear(request: MaximizationRequest, seconds: float) -> bool:
    """Whether a run takes so long that it waits for a user's word."""
    allowed: float = st.session_state.get(_ALLOWED, {}).get(request.model.fingerprint, 0.0)
    return seconds > max(allowed, _CHEAP_BUNDLED if request.model.card.quick else _CHEAP)


def allow(request: MaximizationRequest) -> None:
    """A visitor has seen what a run costs, and wants it; on this network, others that cost no more as well."""
    allowed = st.session_state.setdefault(_ALLOWED, {})
    allowed[request.model.fingerprint] = max(
        request.seconds * 1.5, allowed.get(request.model.fingerprint, 0.0)
    )


def cheaper(request: MaximizationRequest, steps: int = 128) -> tuple[MaximizationRequest, ...]:
    """The run in fewer steps, and smaller as well where the network takes half its size; none where it is short.

    Args:
        request: the run.
        steps: how many are enough to see what comes of it.
    """
    if request.seconds < _LONG:
        return ()
    fewer = replace(request, options={**request.options, "steps": steps})
    cheaper, seconds = [], request.seconds
    for each in (fewer, replace(fewer, size=round(SIZES[_HALF] * request.model.input_size))):
        if each.seconds < _WORTH_IT * seconds:
            cheaper.append(each)
            seconds = each.seconds
    return tuple(cheaper)


def choose_cheaper(request: MaximizationRequest) -> None:
    """Choose the steps and the size of one of these, and run it."""
    keep_option(OPTIMIZERS["gradient_ascent"], "steps", request.options["steps"])
    if request.size == round(SIZES[_HALF] * request.model.input_size):
        VIEW["image_size"].keep(_HALF)
    VIEW["start_from"].keep("")
    allow(request)


def is_running(task: Task) -> bool:
    """Whether the work of a task goes on."""
    job = jobs().get(RUN)
    return running(RUN) and job is not None and job.key == (task.key,)


def film_of(task: Task) -> Film | None:
    """The film of a run, as far as there is one."""
    result = latest_result(task)
    return result if isinstance(result, Film) else None


def present_images() -> NDArray[np.float32] | None:
    """The images on the screen now, (N, H, W, 3) in [0, 1]."""
    task = st.session_state.get(_PRESENT)
    film = film_of(task) if isinstance(task, Task) else None
    return None if film is None else film.frame.image
