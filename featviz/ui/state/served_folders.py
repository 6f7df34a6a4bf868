"""The folders of images that whoever starts the server offers: `FEATVIZ_IMAGES`, paths divided as in `PATH`."""

import hashlib
import os
import re
from functools import lru_cache
from pathlib import Path

from featviz.text import printable

__all__ = ["served_folders"]


def served_folders() -> dict[str, Path]:
    """The folders by id, such as "folder/holidays-1a2b3c4d": an id says nothing of where a folder lies."""
    return _listed(os.environ.get("FEATVIZ_IMAGES", ""))


@lru_cache(maxsize=4)
def _listed(paths: str) -> dict[str, Path]:
    folders = [Path(path).expanduser().absolute() for path in paths.split(os.pathsep) if path.strip()]
    return {_id(folder): folder for folder in folders}


def _id(folder: Path) -> str:
    name = re.sub(r"[^\w.-]+", "-", printable(folder.name)) or "pictures"
    return f"folder/{name}-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"
