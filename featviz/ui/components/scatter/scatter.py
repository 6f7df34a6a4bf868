"""The scatter: up to a million points that a person walks through, points at, circles and turns.

Positions, colours, masks, captions and neighbours each travel to the browser once, in a payload of its own that
a digest names; a small view says which payloads belong together. So a run that changes the selection sends the
selection alone, and hovering, zooming and drawing a lasso need no run. The browser answers with the outline of
the lasso, not with what lies in it: `inside` finds that here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.render.captioned import file_name
from featviz.ui.components.browser.component import component
from featviz.ui.components.browser.payload import NOTHING, Payload, send
from featviz.ui.components.gallery.atlas import ATLAS_COLUMNS, ATLAS_IMAGES, ATLAS_SIDE
from featviz.ui.components.scatter.checks import require_consistent
from featviz.ui.components.scatter.event import ScatterEvent, inside, read_event
from featviz.ui.components.scatter.payload import (
    pack_array,
    pack_mask,
    pack_points,
    pack_texts,
    pack_view,
)

__all__ = ["ScatterEvent", "inside", "scatter"]

_viewer = component(
    "featviz_scatter", Path(__file__).parent / "scatter.js", html='<div class="scatter"></div>'
)


def scatter(
    points: NDArray[np.floating[Any]],
    *,
    key: str,
    colors: NDArray[np.unsignedinteger[Any]] | None = None,
    palette: NDArray[np.uint8] | None = None,
    shown: NDArray[np.bool_] | None = None,
    captions: Sequence[str] | None = None,
    thumbnails: str | None = None,
    image_numbers: NDArray[np.integer[Any]] | None = None,
    neighbors: NDArray[np.int32] | None = None,
    selected: Sequence[int] | NDArray[np.integer[Any]] | None = None,
    as_thumbnails: bool = False,
    height: int = 640,
    equal: bool = True,
    about: Sequence[str] = (),
    legend: Mapping[str, Any] | None = None,
    axes: Sequence[str] = (),
    names: Sequence[tuple[str, int]] = (),
) -> ScatterEvent:
    """Draw points on a canvas, and tell what a person picked in it.

    Points whose number stays the same glide to new positions; zoom, pin and tool stay over runs. All captions go
    along in one string of bytes, however many: the browser decodes the one that is pointed at.

    Args:
        points: (n, 2), or (n, 3) for a cloud that dragging turns; finite.
        key: names the scatter; it stays the same while everything else changes.
        colors: (n,) uint8 or uint16, which colour of the palette each point has; the first if not given.
        palette: (k, 3) uint8; the accent of the theme if not given.
        shown: (n,) which points are drawn and can be picked; all of them if not given.
        captions: what stands beside each point when it is pointed at; plain text, lines end in a newline.
        thumbnails: address to which a number is added to get a point's image; with "atlas/<page>" added,
            where there is such an address, sheets of small ones, laid out as `gallery.atlas` says.
        image_numbers: (n,) the number of each point's image, for points that are a part of a set; its position
            if not given.
        neighbors: (n, m) positions of each point's true neighbours, -1 for none; on hover lines join them, in
            another colour where they are not among the m nearest on the map.
        selected: positions that are emphasised while the others are dimmed; none or no positions dim nothing.
        as_thumbnails: draw the images in place of the dots: of all points where at most 2,000 are in view,
            else of as many as find room.
        height: in CSS pixels; the width is what there is.
        equal: one scale for both axes, as maps need; else each axis fills its side. Clouds are always equal.
        about: what is drawn, such as network, layer and images; for the image that is saved, and its name.
        legend: what the colors of that image mean, as `legend.legend` tells it.
        axes: the name of each axis, with its unit, where they mean something: they are drawn with their values.
        names: words and the position of the point beside which they stand, those that matter most first; none is
            drawn over another.

    Returns:
        The last event. It stays the same over runs until the person does something else: compare `serial`.

    Raises:
        BadInput: what came does not belong together, or is not finite.
    """
    require_consistent(points, colors, palette, shown, captions, image_numbers, neighbors, selected)
    parts = {
        "points": pack_points(points, equal=equal),
        "colors": NOTHING if colors is None else pack_array(colors, f"u{colors.dtype.itemsize}"),
        "palette": NOTHING if palette is None else pack_array(palette, "u1"),
        "shown": NOTHING if shown is None else pack_mask(shown),
        "selected": _pack_selected(selected, len(points)),
        "captions": NOTHING if captions is None else pack_texts(captions),
        "images": NOTHING if image_numbers is None else pack_array(image_numbers, "u4"),
        "neighbors": _pack_neighbors(neighbors, len(points)),
    }
    view = {
        "parts": {name: part.token for name, part in parts.items()},
        "thumbnails": thumbnails,
        "atlas": {"columns": ATLAS_COLUMNS, "images": ATLAS_IMAGES, "side": ATLAS_SIDE},
        "asThumbnails": as_thumbnails,
        "height": height,
        "equal": equal or points.shape[1] == 3,
        "title": " · ".join(about),
        "file": file_name(about, "png"),
        "legend": legend,
        "axes": list(axes),
        "names": [[words, int(position)] for words, position in names],
    }
    with st.container(gap=None):
        for name, part in {**parts, "view": pack_view(key, view)}.items():
            send(f"{key}.{name}", part)
        # Its message never changes, so the browser takes it, scripts and all, from its cache in every run.
        answer = _viewer(key=key, data=key.encode(), on_event_change=lambda: None)
    return read_event(answer.event)


def _pack_selected(selected: Sequence[int] | NDArray[np.integer[Any]] | None, count: int) -> Payload:
    if selected is None or not len(selected):
        return NOTHING
    mask = np.zeros(count, bool)
    mask[np.asarray(selected, np.intp)] = True
    return pack_mask(mask)


def _pack_neighbors(neighbors: NDArray[np.int32] | None, count: int) -> Payload:
    """Two bytes a neighbour where that is enough; the largest number stands for none."""
    if neighbors is None:
        return NOTHING
    small = count < 65535
    none = 65535 if small else 2**32 - 1
    return pack_array(np.where(neighbors < 0, none, neighbors), "u2" if small else "u4")
