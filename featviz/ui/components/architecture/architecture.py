"""The drawing of a network's architecture: slabs one after the other, as high as their maps, as wide as their channels.

The browser lays the blocks out in as many rows as its width asks for, opens and closes them, and answers hovering,
keys and the download without a run; only a choice comes back.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import streamlit as st

from featviz.explain.architecture.blocks import Block, block_holding
from featviz.render.captioned import file_name
from featviz.ui.components.browser.component import component

__all__ = ["architecture_drawing", "shape_label"]

_viewer = component(
    "featviz_architecture",
    Path(__file__).parent / "architecture.js",
    html='<div class="architecture"></div>',
)


def architecture_drawing(
    blocks: Sequence[Block],
    *,
    selected: str | None = None,
    key: str,
    on_select: Callable[[str], None] | None = None,
    input_shape: tuple[int, int, int] | None = None,
    classes: int | None = None,
    outside: int = 0,
    title: str = "",
) -> str | None:
    """Draw the blocks of a network, in which a person points at one and picks it.

    The page owns the selection: it passes `selected`, and `on_select` (called before the page runs again) or the
    returned name says what was picked.

    Args:
        blocks: in order of execution, as `featviz.explain.architecture.blocks.blocks` makes them.
        selected: a layer; the block it lies in is outlined, and where that is opened the part.
        key: names the drawing; it stays the same while networks change.
        on_select: takes the name of the layer whose output leaves the block that was picked.
        input_shape: channels, rows and columns of the images the network takes; drawn before the first block.
        classes: how many classes the network tells apart; drawn after the last block.
        outside: how many of the network's parameters lie in no block.
        title: what is drawn; it stands in the file that is downloaded, and in its name.

    Returns:
        The name that was picked in this run, else None.
    """
    view = {
        "blocks": [_described(block) for block in blocks],
        "selected": [] if selected is None else _holding(blocks, selected),
        "input": input_shape,
        "classes": classes,
        "outside": outside,
        "title": title,
        "file": file_name([title, "architecture"], "svg"),
    }
    known = frozenset(_names(blocks))
    # As bytes: Streamlit would look for tables in anything else, and load pandas to do so.
    picked = _viewer(
        key=key, data=json.dumps(view).encode(), on_pick_change=partial(_forward, key, known, on_select)
    )
    return _known_name(picked.pick, known)


def shape_label(block: Block) -> tuple[str, ...]:
    """What a block outputs, in the one or two pieces a drawing may set below each other.

    Maps read channels x rows x columns wherever the network keeps its channels; tokens say that they are tokens.
    """
    if block.layout in ("maps", "maps_last") and block.grid is not None:
        return f"{block.channels}", f"{block.grid[0]} × {block.grid[1]}"
    if block.layout == "tokens":
        return f"{block.output_shape[0]} tokens", f"{block.channels}"
    return (" × ".join(str(size) for size in block.output_shape),)


def _described(block: Block) -> dict[str, Any]:
    return {
        "name": block.name,
        "title": block.title,
        "within": block.name.rpartition(".")[0],
        "kind": block.kind,
        "family": block.family,
        "label": shape_label(block),
        "extent": _extent(block),
        "channels": block.channels,
        "tokens": block.layout == "tokens",
        "values": prod(block.output_shape),
        "parameters": block.parameters,
        "layers": block.layers,
        "repeats": block.repeats,
        "makeup": list(Counter(block.makeup).items()),
        "settings": block.settings,
        "bypassed": block.bypassed_by,
        "projects": block.projects,
        "parts": [_described(part) for part in block.parts],
    }


def _names(blocks: Sequence[Block]) -> Iterator[str]:
    """Those of all blocks, and of what lies in them."""
    for block in blocks:
        yield block.name
        yield from _names(block.parts)


def _holding(blocks: Sequence[Block], layer: str) -> list[str]:
    """The block in which a layer lies, that inside it, and so on."""
    holding = block_holding(blocks, layer)
    return [] if holding is None else [holding.name, *_holding(holding.parts, layer)]


def _extent(block: Block) -> tuple[float, float]:
    """Rows and columns to draw: of the grid, or of the square that as many tokens would fill."""
    if block.grid is not None:
        return block.grid
    side = block.output_shape[0] ** 0.5 if block.layout == "tokens" else 1.0
    return side, side


def _forward(key: str, known: frozenset[str], on_select: Callable[[str], None] | None) -> None:
    """Hand the pick on to the page, before it runs."""
    name = _known_name(st.session_state[key].get("pick"), known)
    if on_select is not None and name is not None:
        on_select(name)


def _known_name(picked: object, known: frozenset[str]) -> str | None:
    """What the browser sent, if it is a block of this drawing: a late click may be on the one before."""
    return picked if isinstance(picked, str) and picked in known else None
