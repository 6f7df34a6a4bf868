"""Refusals and waits, as a user reads them."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featviz.errors import FeatvizError
from featviz.ui.state.cache import ByteCache, Value
from featviz.ui.state.scheduler import SCHEDULER

__all__ = [
    "before_end",
    "cached_compute",
    "end_page",
    "escape_markdown",
    "queue_text",
    "reserve_status_slot",
    "show_errors",
    "show_failure",
    "status_slot_here",
]

# Made in every run, in the same spot: one that came and went would make the browser draw all below it anew.
_STATUS_SLOT, _BEFORE_END = "_status_slot", "_before_end"
_LOG = logging.getLogger(__name__)
_MARKDOWN = re.compile(r"[\\`*_~\[\]<>$]|:(?=\w)")


def queue_text(position: int) -> str:
    """A position in a queue, from 1, in words: "queued (1 ahead)"."""
    return f"queued ({position - 1} ahead)"


@contextmanager
def show_errors() -> Iterator[None]:
    """Show a refusal in place of whatever the body of the `with` would have drawn, and end the page there."""
    try:
        yield
    except FeatvizError as error:
        st.error(escape_markdown(str(error)), icon=":material/block:")
        end_page()


def end_page() -> NoReturn:
    """End the page here; first comes what always has to be done, for nothing can be drawn once it is stopped."""
    finish = st.session_state.pop(_BEFORE_END, None)
    if finish is not None:
        finish()
    st.stop()


def before_end(finish: Callable[[], None] | None) -> None:
    """Have this done if the page ends early; None where it has been done."""
    st.session_state[_BEFORE_END] = finish


def escape_markdown(text: str) -> str:
    """Text as Markdown that shows it letter by letter: refusals may quote a name out of a user's file."""
    return _MARKDOWN.sub(r"\\\g<0>", text)


def reserve_status_slot() -> None:
    """Reserve a slot on the page for what is going on."""
    st.session_state[_STATUS_SLOT] = st.empty()


@contextmanager
def status_slot_here() -> Iterator[None]:
    """Keep the slot here during the `with`: a fragment that runs alone may not write outside of itself."""
    outside = st.session_state.get(_STATUS_SLOT)
    reserve_status_slot()
    try:
        yield
    finally:
        st.session_state[_STATUS_SLOT] = outside


def show_failure(error: Exception) -> bool:
    """Say that a page failed, without its innards, and log them; True, for nothing more need be shown."""
    _LOG.error("A page failed.", exc_info=error)
    st.error(
        "Something went wrong here, and it is not your fault. Reload the page; if it happens again, the "
        "server's log says what it was.",
        icon=":material/error:",
    )
    return True


def cached_compute(
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
        doing: what a user reads meanwhile, such as "Running the network".
        reads: whether most of it is reading files: those wait for each other alone, and nobody for them.
    """
    cached = cache.get(key)
    if cached is not None:
        return cached  # type: ignore[no-any-return]
    slot: DeltaGenerator = st.session_state[_STATUS_SLOT]

    lane = SCHEDULER.files if reads else SCHEDULER.light

    def say(position: int) -> None:
        slot.caption(f":material/hourglass_top: {doing}: {queue_text(position)} …")

    def say_doing() -> None:
        slot.caption(f":material/hourglass_top: {doing} …")

    def admitted() -> Value:
        with lane.admitted(say):
            say_doing()
            return make()

    try:
        with SCHEDULER.aside() if reads else nullcontext():
            return cache.compute(key, admitted, size, on_wait=say_doing)
    finally:
        slot.empty()
