"""The matrix that comes with featviz: what the Compare models page shows at first, so that nobody waits for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from featviz.data.sets.image_set import ImageSet
from featviz.errors import FeatvizError
from featviz.representation.comparison.common_images import Layers
from featviz.representation.comparison.similarity_matrix import SimilarityMatrix
from featviz.representation.extraction.cache_key import images_digest

__all__ = ["bundled_matrix", "keep_bundled"]

_FOLDER = Path(__file__).parent / "bundled"
_VERSION = 1


def bundled_matrix(
    a: Layers, b: Layers, images: ImageSet, pool: str, settings: Mapping[str, Any]
) -> SimilarityMatrix | None:
    """The matrix of this very comparison, if it comes with featviz; arguments as `comparison_key`."""
    if not (a[0].card.bundled and b[0].card.bundled and _FOLDER.is_dir()):
        return None
    path = _FOLDER / _file_name(a, b, images, pool, settings)
    try:
        return SimilarityMatrix.from_bytes(path.read_bytes()) if path.is_file() else None
    except (OSError, FeatvizError):  # a copy that is damaged is computed anew
        return None


def keep_bundled(a: Layers, b: Layers, images: ImageSet, matrix: SimilarityMatrix) -> Path:
    """Put a matrix among those that come with featviz, and give its file."""
    settings = {name: getattr(matrix, name) for name in ("measure", "options", "permutations", "seed")}
    path = _FOLDER / _file_name(a, b, images, matrix.pool, settings)
    _FOLDER.mkdir(exist_ok=True)
    path.write_bytes(matrix.to_bytes())
    return path


def _file_name(a: Layers, b: Layers, images: ImageSet, pool: str, settings: Mapping[str, Any]) -> str:
    """Named by all that it depends on, but for the machine and the version of Python."""
    parts = {
        "version": _VERSION,
        "networks": [[model.fingerprint, list(names)] for model, names in (a, b)],
        "images": images_digest(images),
        "pool": pool,
        "settings": dict(settings),
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return f"{digest[:32]}.safetensors"
