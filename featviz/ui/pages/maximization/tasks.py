"""When a run starts: by itself where it is cheap, at a visitor's word where it is not."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.ui.pages.maximization.film import Film
from featviz.ui.pages.maximization.request import RUN, MaximizationRequest
from featviz.ui.state.session import jobs
from featviz.ui.state.tasks import Task, latest_result, running

__all__ = ["allow", "film_of", "is_dear", "is_running", "present", "present_images"]

_CHEAP, _CHEAP_BUNDLED = 30.0, 3600.0
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
