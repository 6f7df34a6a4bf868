"""Limits on images, checked in their headers before memory is spent on pixels."""

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TILELENGTH, TILEWIDTH, TiffImageFile

from featviz.errors import BadImage

__all__ = ["MAX_BYTES", "check_bytes", "check_header", "too_many_pixels"]

MAX_BYTES = 20 << 20
_MAX_PIXELS = 40_000_000
_MAX_STREAMED_PIXELS = 250_000_000
_MAX_SCANS = 200
_MAX_SIDE = 20_000
_MIN_SIDE = 8
_MAX_ASPECT = 20

# Pillow's own limit holds for the whole process and warns from 89 MP on, below what a phone takes. It is
# raised once, here, to our largest cap; every image this project opens passes the stricter caps below. It is
# not switched off: Pillow's decoders for WebP and TIFF consult it before they reserve memory.
Image.MAX_IMAGE_PIXELS = _MAX_STREAMED_PIXELS


def check_bytes(data: bytes) -> None:
    """Refuse what is no bytes, empty, or larger than any image needs to be.

    Raises:
        BadImage: with a code `not_bytes`, `empty` or `file_too_big`.
    """
    if not isinstance(data, bytes):
        raise BadImage(
            f"A file's bytes were expected, not {type(data).__name__}: pass Path(name).read_bytes().",
            code="not_bytes",
        )
    if not data:
        raise BadImage("This file is empty: choose another, or save it again.", code="empty")
    if len(data) > MAX_BYTES:
        raise BadImage(
            f"This file has {len(data) / 2**20:.0f} MB, more than the {MAX_BYTES >> 20} MB that are read: "
            "save a smaller version.",
            code="file_too_big",
        )


def check_header(image: Image.Image, data: bytes) -> None:
    """Refuse an image, opened but not decoded, whose pixels would cost too much or say too little.

    Raises:
        BadImage: with a code `too_many_pixels`, `side`, `too_small`, `aspect` or `scans`.
    """
    _check_size(*image.size, _pixel_cap(image, data))
    if isinstance(image, TiffImageFile) and _tile_pixels(image) > _MAX_PIXELS:
        raise too_many_pixels()


def too_many_pixels(cap: int = _MAX_PIXELS) -> BadImage:
    """The refusal of an image that has more pixels than `cap`."""
    return BadImage(
        f"This image has more than the {cap // 1_000_000} million pixels that are read: save a smaller one.",
        code="too_many_pixels",
    )


def _check_size(width: int, height: int, cap: int) -> None:
    if width * height > cap:
        raise too_many_pixels(cap)
    if max(width, height) > _MAX_SIDE:
        raise BadImage(
            f"This image is {width} × {height} pixels; sides up to {_MAX_SIDE:,} are read: crop or shrink it.",
            code="side",
        )
    if min(width, height) < _MIN_SIDE:
        raise BadImage(
            f"This image is {width} × {height} pixels; each side needs {_MIN_SIDE} at least: choose a larger one.",
            code="too_small",
        )
    if max(width, height) > _MAX_ASPECT * min(width, height):
        raise BadImage(
            f"This image is {width} × {height} pixels, longer than {_MAX_ASPECT} times its width: crop it.",
            code="aspect",
        )


def _pixel_cap(image: Image.Image, data: bytes) -> int:
    """How many pixels may be decoded: many where the decoder shrinks a JPEG while it streams through it."""
    if not isinstance(image, JpegImageFile):
        return _MAX_PIXELS
    if not image.info.get("progressive") and _scan_components(data) == image.layers:
        return _MAX_STREAMED_PIXELS
    if data.count(b"\xff\xda") > _MAX_SCANS:  # each scan walks over every block again, however short it is
        raise BadImage("This JPEG has far too many scans: save it again as a plain JPEG.", code="scans")
    return _MAX_PIXELS


def _scan_components(jpeg: bytes) -> int:
    """The number of colour components in the first scan, or 0 where the header is not plain.

    A scan that lacks some of the image's components makes libjpeg hold all coefficients in memory.
    """
    position = 2
    while jpeg[position : position + 1] == b"\xff" and position + 4 < len(jpeg):
        marker, length = jpeg[position + 1], int.from_bytes(jpeg[position + 2 : position + 4], "big")
        if marker == 0xDA:
            return jpeg[position + 4]
        if marker == 0xFF or marker < 0xC0 or 0xD0 <= marker <= 0xD9:
            return 0
        position += 2 + length
    return 0


def _tile_pixels(image: TiffImageFile) -> int:
    """Pixels of one tile: libtiff reserves memory for a whole one, however small the image."""
    return int(image.tag_v2.get(TILEWIDTH, 0)) * int(image.tag_v2.get(TILELENGTH, 0))
