"""The gallery: finished sheets of bundled networks that came along, so that a first visit waits for nothing."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featviz.data.images.reading import read_image
from featviz.ui.pages.maximization.sheet import Sheet, SheetRun

__all__ = ["GALLERY", "gallery_sheet", "hang"]

GALLERY = Path(__file__).parents[4] / "assets" / "sheets"
_LIST = "sheets.json"
_QUALITY = 88
_COLUMNS = 10

Pixels = NDArray[np.uint8]


def gallery_sheet(wanted: SheetRun) -> Sheet | None:
    """The sheet that came with the project, where it is made as is wanted, to the last option; None elsewhere."""
    kept = _listed(GALLERY).get(_name(wanted))
    if kept is None:
        return None
    sheet = np.asarray(read_image((GALLERY / kept["file"]).read_bytes()))
    return Sheet(_taken_apart(sheet, len(kept["moved"])), np.array(kept["moved"], bool))


def hang(wanted: SheetRun, found: Sheet, folder: Path = GALLERY) -> Path:
    """Write a sheet into the gallery.

    Args:
        wanted: what it shows.
        found: the finished sheet.
        folder: where the gallery is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model, layer = wanted.run.model.name, wanted.run.aim.layer or "classes"
    file = folder / f"{model}_{layer}_{wanted.page}.webp"
    Image.fromarray(_laid_out(found.tiles)).save(file, quality=_QUALITY, method=6)
    listed = {name: kept for name, kept in _listed(folder).items() if kept["file"] != file.name}
    listed[_name(wanted)] = {"file": file.name, "moved": found.moved.astype(int).tolist()}
    (folder / _LIST).write_text(json.dumps(listed, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    _listed.cache_clear()
    return file


def _laid_out(tiles: Pixels) -> Pixels:
    """Tiles (n, h, w, 3) in rows of ten, the last row filled up with black."""
    count, high, wide, _ = tiles.shape
    rows = -(-count // _COLUMNS)
    whole = np.zeros((rows * _COLUMNS, high, wide, 3), np.uint8)
    whole[:count] = tiles
    return whole.reshape(rows, _COLUMNS, high, wide, 3).swapaxes(1, 2).reshape(rows * high, -1, 3)


def _taken_apart(sheet: Pixels, count: int) -> Pixels:
    """The tiles of a sheet that `_laid_out` made."""
    rows = -(-count // _COLUMNS)
    high, wide = sheet.shape[0] // rows, sheet.shape[1] // _COLUMNS
    return sheet.reshape(rows, high, _COLUMNS, wide, 3).swapaxes(1, 2).reshape(-1, high, wide, 3)[:count]


def _name(wanted: SheetRun) -> str:
    return hashlib.sha256(repr(wanted.recipe).encode()).hexdigest()[:32]


@lru_cache(maxsize=4)
def _listed(folder: Path) -> dict[str, Any]:
    path = folder / _LIST
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found
