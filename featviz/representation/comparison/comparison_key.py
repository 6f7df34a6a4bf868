"""What a comparison depends on, as a key: equal keys mean equal matrices."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from featviz.data.sets.image_set import ImageSet
from featviz.representation.comparison.common_images import Layers
from featviz.representation.extraction.cache_key import embedding_key, images_digest, preprocessing_digest

__all__ = ["comparison_key"]

_VERSION = 1


def comparison_key(a: Layers, b: Layers, images: ImageSet, pool: str, settings: Mapping[str, Any]) -> str:
    """64 hexadecimal digits for all that a similarity matrix depends on; "" where it cannot be found again.

    Args:
        a: a network and its layers.
        b: the other's.
        images: the set.
        pool: an id out of `POOLINGS`.
        settings: all that JSON can hold and the result depends on.
    """
    preprocessing = [preprocessing_digest(model) for model, _ in (a, b)]
    if not all(preprocessing):
        return ""
    digest = images_digest(images)
    parts = {
        "version": _VERSION,
        "layers": [
            [embedding_key(model, name, pool, {}, each, digest) for name in names]
            for (model, names), each in zip((a, b), preprocessing, strict=True)
        ],
        "settings": dict(settings),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
