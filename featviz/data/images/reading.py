"""read_image: a visitor's bytes -> an RGB image within limits, or one plain refusal."""

import hashlib
import io

from PIL import Image

from featviz.data.images.file_type import describe_unsupported, looks_like_image
from featviz.data.images.limits import check_bytes, check_header, too_many_pixels
from featviz.errors import BadImage
from featviz.render.rgb_image import eight_bits, orientation, over_white

__all__ = ["MAX_WORKING_SIDE", "check_image", "image_digest", "read_image"]

MAX_WORKING_SIDE = 2048
_WORKING_SIZE = (MAX_WORKING_SIDE, MAX_WORKING_SIDE)
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


def read_image(data: bytes) -> Image.Image:
    """Decode an untrusted image file.

    JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF are read, the first frame of animations. Sizes are checked in the
    header, before pixels are decoded. 16-bit grey is divided by 257; 32-bit integers and floats are stretched
    from their minimum to their maximum; transparent pixels are laid over white; EXIF orientation is applied.

    Args:
        data: the file's content, at most 20 MB.

    Returns:
        An RGB image, 8 bit, at most 2048 pixels on its longer side, without metadata.

    Raises:
        BadImage: the bytes are no image, a damaged one, or one beyond the limits.
    """
    check_bytes(data)
    return _decode(_open(data), data)


def check_image(data: bytes) -> None:
    """Refuse what `read_image` would refuse, for less: a JPEG is decoded at an eighth of its size.

    Raises:
        BadImage: as `read_image`.
    """
    check_bytes(data)
    image = _open(data)
    if image.format != "JPEG":
        _decode(image, data)
        return
    try:
        check_header(image, data)
        image.draft(image.mode, (1, 1))
        image.load()
    except BadImage:
        raise
    except Exception:  # as in _open
        raise _damaged() from None


def image_digest(image: Image.Image) -> str:
    """SHA-256 over an image's mode, size and pixels, as 64 hexadecimal digits: a key without collisions."""
    digest = hashlib.sha256(f"{image.mode} {image.width}x{image.height} ".encode())
    digest.update(image.tobytes())
    return digest.hexdigest()


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many_pixels() from None
    except Exception:  # Pillow's decoders raise OSError, SyntaxError, ValueError, struct.error, EOFError, ...
        if looks_like_image(data):
            raise _damaged() from None
        code, sentence = describe_unsupported(data)
        raise BadImage(sentence, code=code) from None


def _decode(image: Image.Image, data: bytes) -> Image.Image:
    try:
        check_header(image, data)
        return _working_copy(image)
    except BadImage:
        raise
    except MemoryError:
        raise too_many_pixels() from None
    except Exception:  # as in _open; an image that failed once would decode to garbage, so it is dropped
        raise _damaged() from None


def _working_copy(image: Image.Image) -> Image.Image:
    ratio = MAX_WORKING_SIDE / max(image.size)
    if ratio < 1:
        image.draft(image.mode, (int(image.width * ratio), int(image.height * ratio)))
    image.load()
    turn = orientation(image)
    decoded = eight_bits(image, largest=_WORKING_SIZE)
    decoded.thumbnail(_WORKING_SIZE, Image.Resampling.LANCZOS)
    decoded = over_white(decoded)
    decoded = decoded if turn is None else decoded.transpose(turn)
    # From bare pixels, so that no EXIF, ICC profile or text survives.
    return Image.frombytes("RGB", decoded.size, decoded.tobytes())


def _damaged() -> BadImage:
    return BadImage(
        "This image is damaged or cut short: save or download it again, or choose another.", code="damaged"
    )
