"""Refusals and waits, as a visitor reads them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from featviz.errors import FeatvizError
from featviz.ui.cache import ByteCache, Value
from featviz.ui.jobs import GATE

__all__ = ["computed", "refusals_shown"]


@contextmanager
def refusals_shown() -> Iterator[None]:
    """Show a refusal in place of whatever the body of the `with` would have drawn, and end the page there."""
    try:
        yield
    except FeatvizError as error:
        st.error(str(error), icon=":material/block:")
        st.stop()


def computed(
    cache: ByteCache,
    key: tuple[object, ...],
    make: Callable[[], Value],
    size: Callable[[Value], int],
    *,
    doing: str,
) -> Value:
    """A value out of a cache, or computed behind the gate while a sentence says what is going on.

    Args:
        cache: where the value is kept.
        key: everything it depends on.
        make: computes it.
        size: its bytes.
        doing: what a visitor reads meanwhile, such as "Running the network".
    """
    kept = cache.get(key)
    if kept is not None:
        return kept  # type: ignore[no-any-return]
    place = st.empty()

    def say(waiting: int) -> None:
        others = f" ({waiting} waiting)" if waiting else ""
        place.caption(f":material/hourglass_top: {doing}: waiting for a free place{others} …")

    def admitted() -> Value:
        with GATE.admitted(say):
            place.caption(f":material/hourglass_top: {doing} …")
            return make()

    try:
        return cache.compute(key, admitted, size, on_wait=lambda: say(0))
    finally:
        place.empty()
