"""Images by the ids that links hold: bundled ones by their number, what a visitor brought by its digest."""

from __future__ import annotations

import hashlib
from functools import cache

from featviz.data.sets.image_set import ImageSet, Sample
from featviz.data.sets.registry import BUNDLED_SETS
from featviz.ui.state.cache import IMAGES
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.image_sets import BUNDLED
from featviz.ui.state.shared_view import IMAGE_SOURCES
from featviz.ui.state.uploaded_images import cached_image, keep_image

__all__ = ["UPLOADED", "bundled_images", "id_of", "image_id", "image_name", "open_image", "position_of"]

UPLOADED = ("upload", "camera", "drawing")
"""Sources of images that a visitor brings."""


@cache
def bundled_images(source: str) -> ImageSet:
    """All images of a bundled source."""
    return ImageSet.bundled(source, BUNDLED_SETS[source].max_length)


def open_image(image_id: str) -> ChosenImage | None:
    """The image of an id, which may come from an address and mean nothing here."""
    if image_id.partition("/")[0] in UPLOADED:
        uploaded = cached_image(image_id)
        return None if uploaded is None else ChosenImage(image_id, uploaded, None)
    position = position_of(image_id)
    return None if position is None else _bundled(image_id, position)


def position_of(image_id: str) -> int | None:
    """Where a bundled image lies in its source; None of any other."""
    source, _, rest = image_id.partition("/")
    if source not in BUNDLED:
        return None
    if source == "photos":
        return _photos().get(image_id)
    position = int(rest) if rest.isascii() and rest.isdecimal() and len(rest) < 10 else -1
    return position if 0 <= position < len(bundled_images(source)) else None


def image_id(source: str, position: int) -> str:
    """The id of a bundled image."""
    return list(_photos())[position] if source == "photos" else f"{source}/{position}"


def id_of(sample: Sample, origin: str) -> str:
    """The id under which a link holds an image of a set; what is not bundled is kept for a while as uploads are.

    Args:
        sample: the image; its own id may come from a visitor's file.
        origin: tells apart the images of all sets, also of those with equal names.
    """
    position = position_of(sample.id)
    if position is not None:
        bundled = _bundled(sample.id, position).image
        if bundled.size == sample.image.size and bundled.tobytes() == sample.image.tobytes():
            return sample.id
    upload_id = f"upload/{hashlib.sha256(origin.encode()).hexdigest()[:32]}"
    keep_image(upload_id, sample.image)
    return upload_id


def image_name(image: ChosenImage) -> str:
    """Where an image comes from and what it is said to show."""
    source, _, rest = image.id.partition("/")
    if source in UPLOADED:
        return f"Your image, {image.image.width} × {image.image.height}"
    return f"{IMAGE_SOURCES[source]}, {rest}" + (f" · {image.label}" if image.label else "")


def _bundled(image_id: str, position: int) -> ChosenImage:
    def make() -> ChosenImage:
        sample = bundled_images(image_id.partition("/")[0])[position]
        return ChosenImage(sample.id, sample.image, sample.label, sample.mask)

    return IMAGES.compute(
        ("sample", image_id), make, lambda image: image.image.width * image.image.height * 3
    )


@cache
def _photos() -> dict[str, int]:
    return {sample.id: position for position, sample in enumerate(bundled_images("photos"))}
