"""Links from one page to another: they choose a few things, leave the rest of a visit alone, and open anywhere.

In a new tab or on another machine such a link is an address like every other. In the session that drew it, only
what it was drawn for is chosen.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

from featviz.ui.state.shared_view import SHARED

__all__ = ["changes_of", "link_query"]

_OFFERED = "_offered_links"
_REMEMBERED = 200


def link_query(changes: Mapping[str, str]) -> dict[str, str]:
    """What stands in the address of a link that makes these choices beside the present network and image.

    Args:
        changes: texts by key as an address holds them; "" goes back to the default.
    """
    query = {key: text for key, text in (SHARED.query() | dict(changes)).items() if text}
    offered = st.session_state.setdefault(_OFFERED, {})
    offered.pop(urlencode(query), None)
    offered[urlencode(query)] = dict(changes)
    while len(offered) > _REMEMBERED:
        del offered[next(iter(offered))]
    return query


def changes_of(query: str) -> Mapping[str, str] | None:
    """What a link of this session chooses; None of an address that is no such link.

    Args:
        query: what follows the question mark, percent-encoded.
    """
    changes: Mapping[str, str] | None = st.session_state.get(_OFFERED, {}).get(query)
    return changes
