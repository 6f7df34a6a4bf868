"""What a scatter refuses."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput

__all__ = ["require_consistent"]

_MAX_NEIGHBORS = 8_000_000
_MAX_CHARACTERS = 12_000_000
_FARTHEST = 1e300  # spans of values beyond would overflow


def require_consistent(
    points: NDArray[np.floating[Any]],
    colors: NDArray[np.unsignedinteger[Any]] | None,
    palette: NDArray[np.uint8] | None,
    shown: NDArray[np.bool_] | None,
    captions: Sequence[str] | None,
    image_numbers: NDArray[np.integer[Any]] | None,
    neighbors: NDArray[np.int32] | None,
    selected: Sequence[int] | NDArray[np.integer[Any]] | None,
) -> None:
    """Refuse what does not belong together, is not finite, or is too much to send.

    Raises:
        BadInput: with the codes scatter_points, scatter_not_finite, scatter_colours, scatter_shown,
            scatter_captions, scatter_pictures, scatter_neighbours or scatter_selected.
    """
    _require_points(points)
    _require_colors(colors, palette, len(points))
    if shown is not None and (shown.dtype != np.bool_ or shown.shape != (len(points),)):
        _refuse(f"A mask {shown.dtype} {shown.shape}", f"({len(points)},) of bool", "scatter_shown")
    if captions is not None and len(captions) != len(points):
        _refuse(f"{len(captions)} captions", f"one for each of {len(points)} points", "scatter_captions")
    if captions is not None and sum(map(len, captions)) > _MAX_CHARACTERS:
        _refuse(
            "Longer captions", f"at most {_MAX_CHARACTERS:,} characters in all captions", "scatter_captions"
        )
    _require_image_numbers(image_numbers, len(points))
    _require_neighbors(neighbors, len(points))
    if selected is not None and len(selected):
        low, high = int(np.min(selected)), int(np.max(selected))
        if not 0 <= low <= high < len(points):
            _refuse(
                f"Selected positions {low} to {high}", f"positions 0 to {len(points) - 1}", "scatter_selected"
            )


def _require_points(points: NDArray[np.floating[Any]]) -> None:
    if points.ndim != 2 or points.shape[1] not in (2, 3) or not len(points) or points.dtype.kind != "f":
        _refuse(
            f"Points {points.dtype} {points.shape}",
            "floats (n, 2) or (n, 3) with at least one point",
            "scatter_points",
        )
    finite = np.isfinite(points)
    if not finite.all():
        wrong = int((~finite.all(1)).sum())
        _refuse(
            f"{wrong} of {len(points)} points without a finite position",
            "numbers alone; leave these points out",
            "scatter_not_finite",
        )
    if points.dtype != np.float32 and float(np.abs(points).max()) > _FARTHEST:
        _refuse("Points beyond 1e300", "smaller numbers; divide them", "scatter_not_finite")


def _require_colors(
    colors: NDArray[np.unsignedinteger[Any]] | None, palette: NDArray[np.uint8] | None, count: int
) -> None:
    if palette is not None and (
        palette.dtype != np.uint8
        or palette.ndim != 2
        or palette.shape[1] != 3
        or not 0 < len(palette) <= 65536
    ):
        _refuse(f"A palette {palette.dtype} {palette.shape}", "uint8 (k, 3), k up to 65536", "scatter_colors")
    if colors is None:
        return
    if colors.dtype not in (np.uint8, np.uint16) or colors.shape != (count,):
        _refuse(f"Colours {colors.dtype} {colors.shape}", f"uint8 or uint16 ({count},)", "scatter_colors")
    if palette is None or int(colors.max()) >= len(palette):
        _refuse(
            f"Colour {int(colors.max())}",
            f"a palette that has it; this one has {0 if palette is None else len(palette)}",
            "scatter_colors",
        )


def _require_image_numbers(image_numbers: NDArray[np.integer[Any]] | None, count: int) -> None:
    if image_numbers is None:
        return
    if (
        image_numbers.dtype.kind not in "iu"
        or image_numbers.shape != (count,)
        or not int(image_numbers.min()) >= 0
    ):
        _refuse(
            f"Numbers of images {image_numbers.dtype} {image_numbers.shape}",
            f"({count},) of whole numbers from 0",
            "scatter_pictures",
        )


def _require_neighbors(neighbors: NDArray[np.int32] | None, count: int) -> None:
    if neighbors is None:
        return
    if neighbors.dtype.kind != "i" or neighbors.ndim != 2 or len(neighbors) != count:
        _refuse(f"Neighbours {neighbors.dtype} {neighbors.shape}", f"int32 ({count}, m)", "scatter_neighbors")
    if neighbors.size > _MAX_NEIGHBORS:
        _refuse(
            f"{neighbors.size:,} neighbours",
            f"at most {_MAX_NEIGHBORS:,}; give fewer a point",
            "scatter_neighbors",
        )
    if neighbors.size and not -1 <= int(neighbors.min()) <= int(neighbors.max()) < count:
        _refuse(
            f"Neighbours {neighbors.min()} to {neighbors.max()}",
            f"positions 0 to {count - 1}, or -1 for none",
            "scatter_neighbors",
        )


def _refuse(came: str, expected: str, code: str) -> None:
    raise BadInput(f"{came} came for a scatter; {expected} was expected.", code=code)
