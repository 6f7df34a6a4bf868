"""Links: the address always names the present view, and opening it anywhere shows that view again.

Choices live in the session under short keys. When a session meets an address that it did not write itself,
the address wins; otherwise the session does, and the address is rewritten in place. Values from an address
are untrusted text: each control checks them against what it offers.
"""

from collections.abc import Iterable
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featviz.ui.components.link_button.link_button import link_button

__all__ = ["open_link", "publish", "view_query"]

KEYS = (
    *("model", "weights", "checkpoint", "device", "image", "source"),
    *("layer", "beside", "channel", "order", "scale", "colours"),
    *("convolution", "filter", "against"),
    *("methods", "options", "target", "across", "classes", "layers", "models"),
    *("cell", "sharing", "limit", "tint", "blend"),
    *("aim", "kind", "recipe", "pictures", "begin", "onto", "onward", "sheet"),
    *("diversity", "painted", "early"),
    *("set", "set_size", "embedding_layer", "pool"),
    *("projection", "dimensions", "map_seed", "from_map", "colour", "unit", "hidden", "pin", "drawn_as"),
    *("search_by", "search_image", "search_own", "search_box"),
    *("search_unit", "search_found", "search_most", "search_index"),
    *("depth", "disturbed", "graded", "graded_network"),
)
_SHARED = ("model", "weights", "checkpoint", "device", "image")
_WRITTEN = "_written_addresses"
_REMEMBERED = 200
_LONGEST_VALUE = 500
_LONGER = {"options": 2000, "hidden": 2000}


def open_link() -> None:
    """Take over the choices an address names, when this session did not write that address itself."""
    query = {key: value for key, value in st.query_params.items() if key in KEYS}
    if not query or urlencode(query) in st.session_state.setdefault(_WRITTEN, {}):
        return
    for key in KEYS:
        st.session_state.pop(key, None)
    for key, value in query.items():
        st.session_state[key] = value[: _LONGER.get(key, _LONGEST_VALUE)]
    _remember(urlencode(query))


def view_query(keys: Iterable[str]) -> dict[str, str]:
    """The choices under `keys` that have been made, as an address holds them."""
    chosen = ((key, st.session_state.get(key)) for key in keys)
    texts = ((key, ",".join(value) if isinstance(value, list) else value) for key, value in chosen)
    return {key: str(text) for key, text in texts if text not in (None, "")}


def publish(slot: DeltaGenerator, *keys: str) -> None:
    """Write the present choices into the address and draw the button that copies it.

    Args:
        slot: where the button goes.
        keys: what this page's view depends on, beside the model and the image.
    """
    query = urlencode(view_query((*_SHARED, *keys)))
    _remember(query)
    with slot:
        link_button(query)


def _remember(query: str) -> None:
    written = st.session_state.setdefault(_WRITTEN, {})
    written[query] = None
    while len(written) > _REMEMBERED:
        del written[next(iter(written))]
