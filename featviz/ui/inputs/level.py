"""How many controls a page shows: those a newcomer needs, more, or all; a link holds it."""

from featviz.parameter import LEVELS
from featviz.ui.inputs.controls import segments
from featviz.ui.state.view_state import Choice, ViewState

__all__ = ["LEVEL", "choose_level"]

LEVEL = ViewState("level", controls=Choice(LEVELS, LEVELS[0]))
"""How many controls pages show."""


def choose_level() -> str:
    """Draw the choice of a level, one of `LEVELS`."""
    return segments(
        "Controls",
        LEVELS,
        key=LEVEL["controls"],
        name=str.capitalize,
        help="How many controls there are. What differs from its default is shown whatever is chosen here.",
    )
