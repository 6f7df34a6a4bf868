"""A run on the screen: its newest image as it grows, what it is at, and the ways to stop it and to go on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from featviz.errors import FeatvizError
from featviz.ui.components.film.film import film_canvas
from featviz.ui.pages.maximization.film import Film, pixels
from featviz.ui.pages.maximization.request import RUN, MaximizationRequest
from featviz.ui.pages.maximization.tasks import (
    allow,
    cheaper,
    choose_cheaper,
    film_of,
    is_dear,
    is_running,
    present,
)
from featviz.ui.pages.maximization.view_state import VIEW
from featviz.ui.state.feedback import escape_markdown, show_failure
from featviz.ui.state.live import Policy, live, waiting_words
from featviz.ui.state.session import jobs
from featviz.ui.state.tasks import Task, cached_result, current, duration

__all__ = ["draw_run"]

_STOPPING = 1.0
_LAST_SHOWN = "_film_shown"
_ENDS = {
    "steps": "Done: {step} steps.",
    "settled": "Nothing improves any more: done after {step} steps.",
    "blocked": "Nothing moves it: from this start no change of the image reaches this unit.",
    "not finite": "Ended at step {step}: the next steps were no finite numbers.",
}


def draw_run(request: MaximizationRequest, on_continue: Callable[[], None]) -> Film | None:
    """Draw a run, started if it may start by itself, and give its film once it has ended.

    Args:
        request: what is to be run.
        on_continue: makes the present image that with which the next run begins.
    """
    task = request.task()
    present(task)
    live(
        task,
        lambda _film: _draw(request, task, on_continue),
        policy=Policy(ask=partial(is_dear, request), tick=0.2, settle=0.5, blank=True),
        offer=partial(_offer, request, task),
        status=None,
        chosen=lambda: VIEW["start_from"].text,
    )
    return None if is_running(task) else film_of(task)


def _offer(request: MaximizationRequest, task: Task) -> None:
    cost = duration(task.seconds)
    st.info(f"On this machine this takes about {cost}.", icon=":material/timer:")
    st.button(
        f"Make the image (about {cost})",
        on_click=allow,
        args=(request,),
        icon=":material/play_arrow:",
        key="make",
        type="primary",
    )
    for number, each in enumerate(cheaper(request)):
        side = "" if each.size == request.size else f", {each.size} × {each.size} pixels"
        label = f"{each.options['steps']} steps{side} (about {duration(each.seconds)})"
        st.button(
            label, on_click=choose_cheaper, args=(each,), icon=":material/speed:", key=f"cheaper.{number}"
        )


def _draw(request: MaximizationRequest, task: Task, on_continue: Callable[[], None]) -> bool:
    """Draw a run so far; whether the browser has shown it."""
    film, displayed = film_of(task), False
    busy = is_running(task)
    shown = film or st.session_state.get(_LAST_SHOWN)
    if isinstance(shown, Film):
        words = _words(task, film, busy=busy)
        displayed = film_canvas(
            pixels(shown.frame),
            film=shown.images,
            steps=shown.steps,
            curve=shown.curve,
            words=words,
            quantity=shown.quantity,
            total=shown.frame.steps,
            running=busy,
            run=request.id if film else "",
            key="film",
        )
        st.session_state[_LAST_SHOWN] = shown
    else:
        st.caption(waiting_words(RUN))
    _draw_buttons(task, film, on_continue, busy=busy)
    return displayed and film is not None


def _draw_buttons(task: Task, film: Film | None, on_continue: Callable[[], None], *, busy: bool) -> None:
    job = jobs().get(RUN)
    ours = job is not None and job.key == (task.key,)
    with st.container(horizontal=True, key="run.buttons"):
        if job is not None and ours and job.running:
            st.button("Stop", on_click=job.cancel, icon=":material/stop:", key="run.stop", disabled=not busy)
            return
        if film is not None:
            st.button(
                "Go on from here", on_click=on_continue, icon=":material/play_arrow:", key="run.continue"
            )
        if cached_result(task) is None:
            st.button(
                "Once more", on_click=partial(jobs().restart, RUN), icon=":material/replay:", key="run.again"
            )
    if job is not None and ours and isinstance(job.error, FeatvizError):
        st.error(escape_markdown(str(job.error)), icon=":material/block:")
    elif job is not None and ours and job.error is not None:
        show_failure(job.error)


def _words(task: Task, film: Film | None, *, busy: bool) -> str:
    """What a run is at, in a sentence."""
    if film is None:
        return "It begins …"
    frame = film.frame
    if frame.ended:
        stuck = int((~frame.moved).sum())
        some = f" {stuck} of {len(frame.moved)} images never moved." if 0 < stuck < len(frame.moved) else ""
        return _ENDS[frame.ended].format(step=frame.step) + some
    if not busy:
        job = jobs().get(RUN)
        if job is not None:
            job.wait(_STOPPING)
        return f"Stopped at step {frame.step} of {frame.steps}."
    doing = current(task)
    left = None if doing is None else doing.seconds_left
    time_left = f", about {duration(left)} left" if left is not None and left >= 1 else ""
    return f"Step {frame.step} of {frame.steps}{time_left}"
