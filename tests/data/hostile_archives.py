"""Zip archives made by code: an honest one, and each way in which one can be hostile."""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping

from PIL import Image


def png(color: str = "red", size: tuple[int, int] = (24, 16)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, "PNG")
    return buffer.getvalue()


def jpeg(seed: int = 0, size: tuple[int, int] = (48, 40)) -> bytes:
    buffer = io.BytesIO()
    Image.effect_mandelbrot(size, (-2 + 0.05 * seed, -1, 1, 1.5), 40).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def honest() -> bytes:
    return zipped({"cat/a.png": png("red"), "dog/b.png": png("blue"), "__MACOSX/cat/._a.png": b"x"})


def _patched(data: bytes, signature: bytes, offset: int, layout: str, *values: int) -> bytes:
    """The archive with fields overwritten in every header that begins with `signature`."""
    changed, at = bytearray(data), data.find(signature)
    while at >= 0:
        struct.pack_into(layout, changed, at + offset, *values)
        at = data.find(signature, at + 1)
    return bytes(changed)


def encrypted() -> bytes:
    return _patched(honest(), b"PK\1\2", 8, "<H", 1)


def overlapping() -> bytes:
    """Every entry points to the first file: few bytes that stand for many."""
    return _patched(zipped({f"{i}.png": png() for i in range(9)}), b"PK\1\2", 42, "<L", 0)


def bomb() -> bytes:
    return zipped({"big.png": bytes(15 << 20)}, zipfile.ZIP_DEFLATED)


def huge() -> bytes:
    """It announces 2 GB in files of 1 GB each that are not there."""
    return _patched(zipped({"a.png": png(), "b.png": png()}), b"PK\1\2", 24, "<L", 1 << 30)


def lying_stored() -> bytes:
    return _patched(honest(), b"PK\1\2", 24, "<L", 12345)


def twins() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for color in ("red", "blue"):
            archive.writestr("a.png", png(color))
    return buffer.getvalue()


def zero_in_name() -> bytes:
    return zipped({"a_b.png": png()}).replace(b"a_b.png", b"a\0b.png")


def with_link(target: str = "/etc/passwd") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, target)
        archive.writestr("a.png", png())
    return buffer.getvalue()


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "not_a_zip"),
    "text": (lambda: b"hello" * 99, "not_a_zip"),
    "cut": (lambda: honest()[:-30], "not_a_zip"),
    "encrypted": (encrypted, "encrypted"),
    "overlapping": (overlapping, "overlap"),
    "bomb": (bomb, "bomb"),
    "huge": (huge, "too_big"),
    "lying": (lying_stored, "sizes"),
    "twins": (twins, "duplicate"),
    "zero": (zero_in_name, "path"),
    "absolute": (lambda: zipped({"/etc/a.png": png()}), "path"),
    "drive": (lambda: zipped({"C:\\a.png": png()}), "path"),
    "climbing": (lambda: zipped({"x/../../a.png": png()}), "path"),
    "climbing back": (lambda: zipped({"..\\..\\a.png": png()}), "path"),
    "many": (lambda: zipped({f"{i}.png": b"" for i in range(5001)}), "too_many_files"),
    "very many": (lambda: honest() + b"PK\1\2" * 20001, "too_many_files"),
    "no pictures": (lambda: zipped({"a.txt": b"x", "inner.zip": honest()}), "no_images"),
}
