"""What was left out of a set, and why."""

from collections.abc import Sequence

import streamlit as st

from featviz.data.sets.listing import Skipped
from featviz.ui.state.feedback import escape_markdown

__all__ = ["draw_skipped"]

_MAX_SHOWN = 300
_FEW = 4
_HEIGHT = 260


def draw_skipped(skipped: Sequence[Skipped], what: str) -> None:
    """Draw a fold that names each, with its reason; nothing where nothing was left out.

    Args:
        skipped: what was left out.
        what: its noun in the plural, such as "files".
    """
    if not skipped:
        return
    with st.expander(f"{len(skipped):,} {what} left out", icon=":material/rule:"):
        lines = [
            f"- **{escape_markdown(each.name)}** {escape_markdown(each.reason)}"
            for each in skipped[:_MAX_SHOWN]
        ]
        more = [f"- and {len(skipped) - _MAX_SHOWN:,} more"] if len(skipped) > _MAX_SHOWN else []
        with st.container(height=_HEIGHT if len(skipped) > _FEW else "content", border=False):
            st.markdown("\n".join([*lines, *more]))
