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
from featviz.ui.pages.maximization.sheet import Sheet, SheetRequest

__all__ = ["GALLERY", "gallery_sheet", "save_gallery_sheet"]

GALLERY = Path(__file__).parents[4] / "assets" / "sheets"
_LIST = "sheets.json"
_QUALITY = 88
_COLUMNS = 10

Pixels = NDArray[np.uint8]


def gallery_sheet(request: SheetRequest) -> Sheet | None:
    """The sheet that came with the project, where it is made as is requested, to the last option; None elsewhere."""
    entry = _listed(GALLERY).get(_name(request))
    if entry is None:
        return None
    sheet = np.asarray(read_image((GALLERY / entry["file"]).read_bytes()))
    return Sheet(_split_tiles(sheet, len(entry["moved"])), np.array(entry["moved"], bool))


def save_gallery_sheet(request: SheetRequest, sheet: Sheet, folder: Path = GALLERY) -> Path:
    """Write a sheet into the gallery.

    Args:
        request: what it shows.
        sheet: the finished sheet.
        folder: where the gallery is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model, layer = request.unit_request.model.name, request.unit_request.spec.layer or "classes"
    file = folder / f"{model}_{layer}_{request.page}.webp"
    Image.fromarray(_join_tiles(sheet.tiles)).save(file, quality=_QUALITY, method=6)
    listed = {name: entry for name, entry in _listed(folder).items() if entry["file"] != file.name}
    listed[_name(request)] = {"file": file.name, "moved": sheet.moved.astype(int).tolist()}
    (folder / _LIST).write_text(json.dumps(listed, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    _listed.cache_clear()
    return file


def _join_tiles(tiles: Pixels) -> Pixels:
    """Tiles (n, h, w, 3) in rows of ten, the last row filled up with black."""
    count, high, wide, _ = tiles.shape
    rows = -(-count // _COLUMNS)
    whole = np.zeros((rows * _COLUMNS, high, wide, 3), np.uint8)
    whole[:count] = tiles
    return whole.reshape(rows, _COLUMNS, high, wide, 3).swapaxes(1, 2).reshape(rows * high, -1, 3)


def _split_tiles(sheet: Pixels, count: int) -> Pixels:
    """The tiles of a sheet that `_join_tiles` made."""
    rows = -(-count // _COLUMNS)
    high, wide = sheet.shape[0] // rows, sheet.shape[1] // _COLUMNS
    return sheet.reshape(rows, high, _COLUMNS, wide, 3).swapaxes(1, 2).reshape(-1, high, wide, 3)[:count]


def _name(request: SheetRequest) -> str:
    return hashlib.sha256(repr(request.recipe).encode()).hexdigest()[:32]


@lru_cache(maxsize=4)
def _listed(folder: Path) -> dict[str, Any]:
    path = folder / _LIST
    entries: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return entries
