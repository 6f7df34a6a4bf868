"""What embeddings depend on, as a key: equal keys mean equal vectors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadImage, BadInput
from featviz.models.identity import code_digest
from featviz.models.model import Model

__all__ = ["VERSION", "embedding_key", "images_digest", "preprocessing_digest"]

VERSION = 2
_PROBES = ((64, 48), (37, 90), (300, 200))


def embedding_key(
    model: Model, layer: str, pool: str, options: Mapping[str, Any], preprocessing: str, images: str
) -> str:
    """64 hexadecimal digits for all that a layer's vectors of an image set depend on."""
    parts = {
        "version": VERSION,
        "weights": model.fingerprint,
        "code": code_digest(model.module),
        "device": model.device.type,
        "layer": layer,
        "pool": pool,
        "options": dict(options),
        "preprocessing": preprocessing,
        "images": images,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def images_digest(images: ImageSet) -> str:
    """SHA-256 over the digests of all images in order."""
    digest = hashlib.sha256()
    for index in range(len(images)):
        digest.update(_digest(images, index).encode() + b"\n")
    return digest.hexdigest()


def preprocessing_digest(model: Model) -> str:
    """SHA-256 over what the network's transform makes of three fixed images; "" where that is not always the same.

    A transform may be any function, so it is told by what it does.
    """
    first, second = _transformed(model), _transformed(model)
    return first if first == second else ""


def _digest(images: ImageSet, index: int) -> str:
    try:
        return images.digest(index)
    except BadImage as error:
        return error.code


def _transformed(model: Model) -> str:
    digest = hashlib.sha256()
    for size in _PROBES:
        try:
            tensor = model.transform(_probe(size))
        except Exception as error:  # a transform of one's own may raise anything
            raise BadInput(
                f"The transform of {model.name} cannot take an image of {size[0]} × {size[1]} pixels: {error}",
                code="transform",
            ) from error
        digest.update(f"{tensor.dtype} {tuple(tensor.shape)};".encode())
        digest.update(np.ascontiguousarray(tensor.detach().cpu().float().numpy()).data)
    return digest.hexdigest()


@lru_cache(maxsize=len(_PROBES))
def _probe(size: tuple[int, int]) -> Image.Image:
    """An image with colours, edges and noise, the same everywhere."""
    width, height = size
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    pixels[: height // 2] = np.linspace(0, 255, width).astype(np.uint8)[None, :, None]
    pixels[:, : width // 3, 0] = 255
    return Image.fromarray(pixels)
