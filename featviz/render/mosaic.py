"""Many small maps as one image."""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.render.normalization import Values


def mosaic(
    tiles: NDArray[np.uint8], columns: int, *, gap: int = 1, background: int | tuple[int, int, int] = 0
) -> NDArray[np.uint8]:
    """Lay tiles out row by row with `gap` pixels between them.

    Args:
        tiles: levels (n, h, w) or colours (n, h, w, 3).
        columns: tiles in a row, at least 1.
        gap: pixels between tiles.
        background: level or colour of gaps and empty cells; for levels `Colormap.zero` is a calm one.

    Returns:
        (H, W) or (H, W, 3) with H = rows * (h + gap) - gap and W likewise.

    Raises:
        BadInput: the tiles are no such array, or there is less than one column.
    """
    if tiles.dtype != np.uint8 or tiles.ndim not in (3, 4) or tiles.size == 0 or columns < 1 or gap < 0:
        raise BadInput(
            f"Tiles {tiles.dtype} {tiles.shape} in {columns} columns came; a mosaic needs uint8 (n, h, w) or "
            "(n, h, w, 3), at least one column and no negative gap.",
            code="bad_mosaic",
        )
    height, width = tiles.shape[1] + gap, tiles.shape[2] + gap
    rows = -(-len(tiles) // columns)
    sheet = np.empty((rows * height, columns * width, *tiles.shape[3:]), np.uint8)
    sheet[:] = background
    for index, tile in enumerate(tiles):
        top, left = index // columns * height, index % columns * width
        sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return sheet[: rows * height - gap, : columns * width - gap]


def best_columns(n: int, aspect: float = 1.6) -> int:
    """Columns for n square tiles that come near `aspect` (width / height) and leave few cells empty."""
    ideal = math.sqrt(n * aspect)
    near = range(max(1, math.ceil(0.8 * ideal)), max(1, min(n, math.floor(1.2 * ideal))) + 1)
    return min(near or [1], key=lambda columns: -n % columns / columns / 2 + abs(math.log(columns / ideal)))


def thumbnails(maps: Values, *, limit: int = 112, reduce: Literal["mean", "max"] = "mean") -> Values:
    """Shrink maps (n, h, w) by a whole factor until neither side exceeds `limit` pixels.

    Args:
        maps: values, returned as they are if they are small enough.
        limit: the longest side that is kept.
        reduce: "mean" averages each block of pixels; "max" keeps the value farthest from zero, so that a
            single bright pixel survives. Say on the screen which one was used.
    """
    height, width = maps.shape[1:]
    factor = -(-max(height, width) // limit)
    if factor <= 1:
        return maps
    rows, columns = np.arange(0, height, factor), np.arange(0, width, factor)
    if reduce == "mean":
        sums = np.add.reduceat(np.add.reduceat(maps, rows, axis=1), columns, axis=2)
        sizes = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))
        return np.asarray(sums / sizes, maps.dtype)
    highest = np.maximum.reduceat(np.maximum.reduceat(maps, rows, axis=1), columns, axis=2)
    lowest = np.minimum.reduceat(np.minimum.reduceat(maps, rows, axis=1), columns, axis=2)
    return np.where(highest >= -lowest, highest, lowest)
