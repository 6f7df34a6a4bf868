"""What a person picked in a scatter, and which points that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput

__all__ = ["ScatterEvent", "inside"]

_MAX_CORNERS = 2000

Pair = tuple[float, float]
Triple = tuple[float, float, float]


@dataclass(frozen=True)
class ScatterEvent:
    """The last thing picked in a scatter; all None where nothing was, or where it was cleared.

    Attributes:
        serial: grows with each event of a person, so that a page knows a new one; 0 before the first.
        polygon: corners (x, y) of a lasso, in the units of the points.
        box: (left, bottom, right, top) of a box, in the units of the points.
        pinned: position of the point that was clicked.
        axes: for a scatter of three dimensions, the two directions (3,) that pointed right and up when the
            lasso or the box was drawn; its corners are products of points with them.
    """

    serial: int = 0
    polygon: tuple[Pair, ...] | None = None
    box: tuple[float, float, float, float] | None = None
    pinned: int | None = None
    axes: tuple[Triple, Triple] | None = None


def inside(
    points: NDArray[np.floating[Any]], event: ScatterEvent, shown: NDArray[np.bool_] | None = None
) -> NDArray[np.intp]:
    """The positions of the points that an event is about, ascending.

    A point is in a lasso by the even-odd rule: a ray from it crosses the outline an odd number of times. The
    edges of a box belong to it.

    Args:
        points: (n, 2) or (n, 3), as they were drawn.
        event: what was picked.
        shown: (n,) which points were drawn; the others are never in. All of them if not given.

    Raises:
        BadInput: points, axes and mask do not belong together.
    """
    flat = _flattened(np.asarray(points, np.float64), event)
    visible = np.ones(len(points), bool) if shown is None else np.asarray(shown, bool)
    if visible.shape != (len(points),):
        raise BadInput(
            f"A mask of shape {visible.shape} came with {len(points)} points; one value a point was expected.",
            code="scatter_shown",
        )
    if event.pinned is not None:
        is_shown = event.pinned < len(points) and bool(visible[event.pinned])
        return np.array([event.pinned] if is_shown else [], np.intp)
    if event.box is not None:
        return np.flatnonzero(visible & _in_box(flat, event.box))
    if event.polygon is None:
        return np.array([], np.intp)
    corners = np.array(event.polygon, np.float64)
    candidates = np.flatnonzero(visible & _in_box(flat, (*corners.min(0), *corners.max(0))))
    return candidates[in_polygon(flat[candidates], corners)]


def in_polygon(points: NDArray[np.float64], corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points (n, 2) lie in the closed polygon (v, 2), by the even-odd rule.

    Points sorted by height meet only the edges that pass their height: work grows with the points each edge
    passes instead of with points times edges.
    """
    order = np.argsort(points[:, 1])
    x, y = points[order].T
    odd = np.zeros(len(points), bool)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        low, high = (start, end) if start[1] <= end[1] else (end, start)
        first, last = np.searchsorted(y, (low[1], high[1]))
        if first == last:
            continue
        share = (y[first:last] - low[1]) / (high[1] - low[1])
        odd[first:last] ^= x[first:last] < low[0] + share * (high[0] - low[0])
    result = np.empty_like(odd)
    result[order] = odd
    return result


def read_event(sent: object) -> ScatterEvent:
    """An event as the browser sent it; what a scatter could not have sent counts as nothing picked."""
    if not isinstance(sent, Mapping):
        return ScatterEvent()
    try:
        return _read(sent)
    except (TypeError, ValueError, OverflowError):
        return ScatterEvent()


def _read(sent: Mapping[str, Any]) -> ScatterEvent:
    serial = int(sent["serial"]) if "serial" in sent else 0
    axes = sent.get("axes")
    directions = None if axes is None else (_triple(axes[0]), _triple(axes[1]))
    if sent.get("pinned") is not None:
        pinned = int(sent["pinned"])
        return ScatterEvent(serial, pinned=pinned if pinned >= 0 else None)
    if sent.get("box") is not None:
        left, bottom, right, top = _finite(sent["box"])
        return ScatterEvent(serial, box=(left, bottom, right, top), axes=directions)
    if sent.get("polygon") is not None:
        corners = tuple(_pair(corner) for corner in sent["polygon"][:_MAX_CORNERS])
        return ScatterEvent(serial, polygon=corners if len(corners) > 2 else None, axes=directions)
    return ScatterEvent(serial)


def _finite(values: Any) -> list[float]:
    finite = [float(value) for value in values]
    if not np.isfinite(finite).all():
        raise ValueError("not finite")
    return finite


def _pair(values: Any) -> Pair:
    x, y = _finite(values)
    return x, y


def _triple(values: Any) -> Triple:
    x, y, z = _finite(values)
    return x, y, z


def _flattened(points: NDArray[np.float64], event: ScatterEvent) -> NDArray[np.float64]:
    """The points in the plane that the event was drawn in."""
    if points.ndim == 2 and points.shape[1] == 2 and event.axes is None:
        return points
    if points.ndim == 2 and points.shape[1] == 3:
        return points @ np.array(event.axes).T if event.axes else points[:, :2]
    raise BadInput(
        f"Points of shape {points.shape} came; (n, 2), or (n, 3) with an event's axes, was expected.",
        code="scatter_points",
    )


def _in_box(flat: NDArray[np.float64], box: tuple[float, ...]) -> NDArray[np.bool_]:
    x, y = flat.T
    left, bottom, right, top = box
    within: NDArray[np.bool_] = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
    return within
