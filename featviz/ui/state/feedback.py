"""Refusals and waits, as a visitor reads them."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featviz.errors import FeatvizError
from featviz.ui.state.cache import ByteCache, Value
from featviz.ui.state.scheduler import SCHEDULER

__all__ = ["computed", "escaped", "in_queue", "keep_place", "notices_here", "refusals_shown", "show_failure"]

# Made in every run, in the same spot: one that came and went would make the browser draw all below it anew.
_PLACE = "_place_of_notices"
_LOG = logging.getLogger(__name__)
_MARKDOWN = re.compile(r"[\\`*_~\[\]<>$]|:(?=\w)")


def in_queue(place: int) -> str:
    """A place in a queue, from 1, in words: "2nd in the queue"."""
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending} in the queue"


@contextmanager
def refusals_shown() -> Iterator[None]:
    """Show a refusal in place of whatever the body of the `with` would have drawn, and end the page there."""
    try:
        yield
    except FeatvizError as error:
        st.error(escaped(str(error)), icon=":material/block:")
        st.stop()


def escaped(text: str) -> str:
    """Text as Markdown that shows it letter by letter: refusals may quote a name out of a visitor's file."""
    return _MARKDOWN.sub(r"\\\g<0>", text)


def keep_place() -> None:
    """Keep a spot on the page for what is going on."""
    st.session_state[_PLACE] = st.empty()


@contextmanager
def notices_here() -> Iterator[None]:
    """Keep the spot here during the `with`: a fragment that runs alone may not write outside of itself."""
    outside = st.session_state.get(_PLACE)
    keep_place()
    try:
        yield
    finally:
        st.session_state[_PLACE] = outside


def show_failure(error: Exception) -> bool:
    """Say that a page failed, without its innards, and log them; True, for nothing more need be shown."""
    _LOG.error("A page failed.", exc_info=error)
    st.error(
        "Something went wrong here, and it is not your fault. Reload the page; if it happens again, the "
        "server's log says what it was.",
        icon=":material/error:",
    )
    return True


def computed(
    cache: ByteCache,
    key: tuple[object, ...],
    make: Callable[[], Value],
    size: Callable[[Value], int],
    *,
    doing: str,
    reads: bool = False,
) -> Value:
    """A value out of a cache, or computed in the page while a sentence says what is going on.

    Args:
        cache: where the value is kept.
        key: everything it depends on.
        make: computes it.
        size: its bytes.
        doing: what a visitor reads meanwhile, such as "Running the network".
        reads: whether most of it is reading files: those wait for each other alone, and nobody for them.
    """
    kept = cache.get(key)
    if kept is not None:
        return kept  # type: ignore[no-any-return]
    place: DeltaGenerator = st.session_state[_PLACE]

    lane = SCHEDULER.files if reads else SCHEDULER.light

    def say(number: int) -> None:
        place.caption(f":material/hourglass_top: {doing}: {in_queue(number)} …")

    def say_doing() -> None:
        place.caption(f":material/hourglass_top: {doing} …")

    def admitted() -> Value:
        with lane.admitted(say):
            say_doing()
            return make()

    try:
        with SCHEDULER.aside() if reads else nullcontext():
            return cache.compute(key, admitted, size, on_wait=say_doing)
    finally:
        place.empty()
