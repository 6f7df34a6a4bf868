"""What stands in the cells of an overlay grid, and which cells, images and scales belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.render.colormaps import Colormap
from featviz.render.normalization import Scale

__all__ = ["Cell", "Chip", "Level", "require_consistent"]

Level = Literal["good", "doubtful", "bad", "unknown"]


@dataclass(frozen=True)
class Chip:
    """One check of a map's trust: what was checked, the figure it gave, how that is to be judged, and why."""

    label: str
    figure: str
    level: Level
    help: str = ""


@dataclass(frozen=True, eq=False)
class Cell:
    """A map over an image, or the words that stand in for one.

    `id` is stable, and empty where there is nothing to pick; cells with the same id are picked together. `title` is
    for screen readers and the line below the grid, `image` counts in the grid's images, `map` holds raw
    signed values (h, w). `note` stands in place of a map that is not there (a refusal, what is awaited), or
    below one that is ("no variation"). `verdict` is one line of plain words on all checks together.
    """

    id: str
    title: str
    image: int
    map: NDArray[np.float32] | None
    note: str = ""
    chips: tuple[Chip, ...] = ()
    verdict: str = ""
    verdict_level: Level = "unknown"


def require_consistent(
    images: Sequence[NDArray[np.uint8]],
    cells: Sequence[Sequence[Cell]],
    rows: Sequence[str],
    columns: Sequence[str],
    scales: Mapping[str, Scale],
    colormap: Colormap,
    opacity: float,
    selected: str | None,
) -> None:
    """Refuse what cannot be drawn.

    Raises:
        BadInput: images, cells, heads, scales, opacity and selection do not belong together.
    """
    _require_matrix(cells, rows, columns)
    for number, image in enumerate(images):
        _require_image(number, image)
    for cell in chain(*cells):
        _require_cell(cell, len(images))
        if cell.map is not None:
            _require_scale(cell, scales, colormap)
    if selected is not None and selected not in {cell.id for cell in chain(*cells)}:
        raise BadInput(f"Cell {selected!r} was selected; there is no such cell.", code="cell_selected")
    if not 0 <= opacity <= 1:
        raise BadInput(f"Opacity {opacity} came; it must lie between 0 and 1.", code="opacity")


def _require_matrix(cells: Sequence[Sequence[Cell]], rows: Sequence[str], columns: Sequence[str]) -> None:
    widths = [len(row) for row in cells]
    if not rows or not columns or widths != [len(columns)] * len(rows):
        raise BadInput(
            f"Rows of {widths} cells came for {len(rows)} rows and {len(columns)} columns; "
            "each row needs a cell for each column, and there must be at least one.",
            code="cell_count",
        )


def _require_image(number: int, image: NDArray[np.uint8]) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise BadInput(
            f"Image {number} is {image.dtype} {image.shape}; (H, W, 3) uint8 was expected.",
            code="bad_picture",
        )


def _require_cell(cell: Cell, images: int) -> None:
    if not 0 <= cell.image < images:
        raise BadInput(
            f"Cell {cell.id!r} asks for image {cell.image}; there are {images} images.",
            code="picture_number",
        )
    levels = {cell.verdict_level, *(chip.level for chip in cell.chips)}
    if not levels <= set(get_args(Level)):
        raise BadInput(
            f"Cell {cell.id!r} is judged {', '.join(sorted(levels))}; "
            f"known are {', '.join(get_args(Level))}.",
            code="level",
        )
    values = cell.map
    if values is None:
        return
    if values.ndim != 2 or values.size == 0 or not np.issubdtype(values.dtype, np.floating):
        raise BadInput(
            f"The map of cell {cell.id!r} is {values.dtype} {values.shape}; floats (h, w) were expected.",
            code="bad_map",
        )
    if not np.isfinite(values).all():
        raise BadInput(
            f"{int((~np.isfinite(values)).sum())} of {values.size} values of cell {cell.id!r} are not finite "
            "and have no colour; replace them with without_non_finite, which says so.",
            code="not_finite",
        )


def _require_scale(cell: Cell, scales: Mapping[str, Scale], colormap: Colormap) -> None:
    if cell.id not in scales:
        raise BadInput(f"Cell {cell.id!r} has a map and no scale; each map needs one.", code="scale_count")
    if colormap.kind == "diverging" and not scales[cell.id].symmetric:
        raise BadInput(
            f"The scale of cell {cell.id!r} is not symmetric, and {colormap.name} has zero in the middle; "
            "make the scale symmetric or take a sequential colour map.",
            code="scale_kind",
        )
