"""Images that users hand over: kept in memory for a while under their digest, never on disk."""

import hashlib

from PIL import Image

from featviz.data.images.reading import read_image
from featviz.ui.state.cache import IMAGES
from featviz.ui.state.feedback import cached_compute

__all__ = ["cached_image", "keep_image", "read_uploaded", "uploaded_id"]


def uploaded_id(source: str, data: bytes) -> str:
    """What to call an image: where it came from, "upload", "camera" or "drawing", and the digest of its file."""
    return f"{source}/{hashlib.sha256(data).hexdigest()[:32]}"


def read_uploaded(image_id: str, data: bytes) -> Image.Image:
    """Read an image's file, once for everybody, and keep it.

    Raises:
        BadInput: as `read_image`.
    """
    return cached_compute(
        IMAGES,
        ("own", image_id),
        lambda: read_image(data),
        lambda image: image.width * image.height * 3,
        doing="Reading the image",
        reads=True,
    )


def keep_image(image_id: str, image: Image.Image) -> None:
    """Keep an image that is there already under an id of uploads, as `read_uploaded` keeps a file's."""
    IMAGES.compute(("own", image_id), lambda: image, lambda image: image.width * image.height * 3)


def cached_image(image_id: str) -> Image.Image | None:
    """The image of an id, which may come from an address, or None where this server does not have it."""
    cached: Image.Image | None = IMAGES.get(("own", image_id))
    return cached
