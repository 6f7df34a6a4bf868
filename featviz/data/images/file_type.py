"""What a file that is no image seems to be, so that a refusal can name it and say what to do."""

import re

__all__ = ["describe_unsupported", "looks_like_image"]

_SAVE_AS = "save it as JPEG or PNG and open that"
_IMAGE = re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8|BM|II\*\0|MM\0\*|RIFF....WEBP|....ftypavi[fs]", re.DOTALL)
_KINDS = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), code, name, advice)
    for pattern, code, name, advice in (
        (rb"....ftyp(hei|hev|mif1|msf1)", "heic", "a HEIC photo", _SAVE_AS),
        (rb".*<svg", "svg", "an SVG drawing", _SAVE_AS),
        (rb"\s*<(!doctype html|html)", "html", "a web page", "download the image itself, not its page"),
        (rb"version https://git-lfs", "lfs", "a git LFS pointer", "fetch the image it stands for"),
        (rb"%PDF", "pdf", "a PDF", _SAVE_AS),
        (rb"PK\x03\x04", "zip", "a zip archive", "open it as an image set, or unpack it first"),
        (rb"8BPS", "psd", "a Photoshop file", _SAVE_AS),
        (rb"\xff\x0a|\0\0\0\x0cJXL ", "jxl", "a JPEG XL image", _SAVE_AS),
        (rb"\0\0\0\x0cjP ", "jp2", "a JPEG 2000 image", _SAVE_AS),
        (rb"....ftyp|\x1a\x45\xdf\xa3", "video", "a video", "save one of its frames as JPEG or PNG"),
    )
)


def looks_like_image(data: bytes) -> bool:
    """Whether the bytes begin as one of the formats that are read."""
    return _IMAGE.match(data) is not None


def describe_unsupported(data: bytes) -> tuple[str, str]:
    """A code and a plain sentence for bytes that are in no format that is read."""
    for pattern, code, name, advice in _KINDS:
        if pattern.match(data[:1024]):
            return code, f"This file is {name}, which featviz does not read: {advice}."
    return (
        "not_an_image",
        "This file is not an image featviz can read: open a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF file.",
    )
