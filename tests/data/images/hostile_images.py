"""Images made by code: honest ones in every format, and hostile ones."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


def picture(width=48, height=32):
    """Smooth colours with a red upper left quarter, so that a turn or a loss shows."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 200 // width, y * 200 // height, np.full_like(x, 90)], axis=-1).astype(np.uint8)
    pixels[: height // 2, : width // 2] = (250, 10, 10)
    return Image.fromarray(pixels)


def encode(image, codec, **options):
    buffer = io.BytesIO()
    image.save(buffer, codec, **options)
    return buffer.getvalue()


def oriented(orientation, codec="JPEG", **options):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode(picture(), codec, exif=exif.tobytes(), **options)


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, *, color=0, depth=8, rows=b"", extra=b""):
    """A PNG of any announced size; `rows` are its raw scan lines."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + extra
        + png_chunk(b"IDAT", zlib.compress(rows, 9))
        + png_chunk(b"IEND", b"")
    )


def png_with_wrong_checksum():
    """A picture whose pixel data fail their checksum: on a second try Pillow would return garbage."""
    data = bytearray(encode(Image.effect_noise((200, 200), 80), "PNG"))
    at = data.index(b"IDAT") + 5000
    data[at] ^= 0xFF
    return bytes(data)


def tiff_with_huge_tile(side):
    """64×64 pixels in one tile of `side`×`side`: libtiff would reserve memory for all of it."""
    pixels = zlib.compress(bytes(100))
    words = {258: 8, 259: 8, 262: 1, 277: 1}
    longs = {256: 64, 257: 64, 322: side, 323: side, 324: 8, 325: len(pixels)}
    entries = [(tag, 3, struct.pack("<HH", value, 0)) for tag, value in words.items()]
    entries += [(tag, 4, struct.pack("<I", value)) for tag, value in longs.items()]
    table = b"".join(struct.pack("<HHI", tag, kind, 1) + value for tag, kind, value in sorted(entries))
    start = struct.pack("<I", 8 + len(pixels))
    return b"II*\0" + start + pixels + struct.pack("<H", len(entries)) + table + bytes(4)


def webp_with_huge_canvas():
    data = bytearray(encode(picture(), "WEBP", save_all=True, append_images=[picture().rotate(90)]))
    at = data.index(b"VP8X") + 12
    data[at : at + 6] = struct.pack("<I", 16000)[:3] * 2
    return bytes(data)


def jpeg_of_size(width, height, **options):
    """A JPEG whose header announces another size than its data hold."""
    data = bytearray(encode(picture(), "JPEG", **options))
    start = data.index(b"\xff\xc2" if options.get("progressive") else b"\xff\xc0")
    data[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def jpeg_with_many_scans(count):
    data = encode(picture(), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * count + b"\xff\xd9"


def gif_of_size(width, height):
    data = bytearray(encode(picture(), "GIF"))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def with_metadata():
    """A JPEG that carries a place, a colour profile and a comment."""
    exif = Image.Exif()
    exif[0x010E] = "secret description"
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return encode(picture(), "JPEG", exif=exif.tobytes(), icc_profile=profile, comment=b"secret comment")
