"""Pictures that visitors hand over: kept in memory for a while under their digest, never on disk."""

import hashlib

from PIL import Image

from featviz.data.images.reading import read_image
from featviz.ui.state.cache import IMAGES
from featviz.ui.state.feedback import computed

__all__ = ["kept", "own_id", "read_own"]


def own_id(source: str, data: bytes) -> str:
    """What to call a picture: where it came from, "upload" or "camera", and the digest of its file."""
    return f"{source}/{hashlib.sha256(data).hexdigest()[:32]}"


def read_own(image_id: str, data: bytes) -> Image.Image:
    """Read a picture's file, once for everybody, and keep it.

    Raises:
        BadInput: as `read_image`.
    """
    return computed(
        IMAGES,
        ("own", image_id),
        lambda: read_image(data),
        lambda made: made.width * made.height * 3,
        doing="Reading the picture",
        reads=True,
    )


def kept(image_id: str) -> Image.Image | None:
    """The picture of an id, which may come from an address, or None where this server does not have it."""
    found: Image.Image | None = IMAGES.get(("own", image_id))
    return found
