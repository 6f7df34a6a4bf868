"""How many controls a page shows: those a newcomer needs, more, or all; a link holds it."""

from featviz.parameter import LEVELS, reaches
from featviz.ui.inputs.controls import segments
from featviz.ui.state.view_state import Choice, Entry, ViewState

__all__ = ["LEVEL", "choose_level", "has_control"]

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


def has_control(entry: Entry, first: str, level: str) -> bool:
    """Whether there is a control for an entry at a level: that or an earlier one is `first`, or it was changed."""
    return reaches(level, first) or entry.text not in ("", str(entry.default))
