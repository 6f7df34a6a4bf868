import io
import re
import resource
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from featviz.data.images.reading import MAX_WORKING_SIDE, image_digest, read_image
from featviz.errors import BadImage
from tests.data.images import hostile_images as made

PLAIN_SENTENCE = re.compile(r"[A-Z][^\n]{20,200}\.")


def refuse(data):
    """The code of a refusal whose words are one short plain sentence."""
    with pytest.raises(BadImage) as caught:
        read_image(data)
    sentence = str(caught.value)
    assert PLAIN_SENTENCE.fullmatch(sentence)
    assert not re.search(r"Error|Traceback|PIL|libtiff", sentence)
    return caught.value.code


def pixels_of(data):
    return np.asarray(read_image(data)).astype(int)


@pytest.mark.parametrize("codec", made.FORMATS)
def test_every_format_gives_its_pixels(codec):
    image = read_image(made.encode(made.picture(), codec))
    assert (image.mode, image.size) == ("RGB", (48, 32))
    difference = np.abs(np.asarray(image).astype(int) - np.asarray(made.picture()))
    assert difference.mean() < 6


@pytest.mark.parametrize("codec", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(codec, orientation):
    upright = np.asarray(made.picture()).astype(int)
    turns = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, -1),
        7: np.rot90(upright, 2).transpose(1, 0, 2),
        8: np.rot90(upright),
    }
    result = pixels_of(made.oriented(orientation, codec))
    assert result.shape == turns[orientation].shape
    assert np.abs(result - turns[orientation]).mean() < 6


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\x08\0\0\0\xff\xff", b"Exif\0\0" + bytes(60_000)]
)
def test_damaged_exif_does_not_spoil_a_good_image(exif):
    assert read_image(made.encode(made.picture(), "JPEG", exif=exif, dpi=(72, 72))).size == (48, 32)


def test_unknown_orientation_is_ignored():
    assert read_image(made.oriented(99)).size == (48, 32)


def test_sixteen_bit_gray_keeps_its_brightness():
    ramp = np.linspace(0, 65535, 64 * 64).round().astype(np.uint16).reshape(64, 64)
    for codec in ("PNG", "TIFF"):
        result = pixels_of(made.encode(Image.fromarray(ramp), codec))
        assert result.mean() == pytest.approx(127.5, abs=0.5)
        assert np.abs(result[..., 0] - ramp / 257).max() <= 0.51


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_thirty_two_bit_gray_is_stretched(dtype):
    ramp = (np.arange(1024).reshape(32, 32) - 300).astype(dtype) * 1000
    result = pixels_of(made.encode(Image.fromarray(ramp), "TIFF"))
    assert (result.min(), result.max()) == (0, 255)
    assert np.abs(result[..., 0] - np.arange(1024).reshape(32, 32) * 255 / 1023).max() <= 0.51


def test_a_large_float_image_keeps_its_range():
    ramp = np.linspace(-5, 5, 2500, dtype=np.float32)[None].repeat(250, axis=0)
    ramp[ramp > 0] += 1000
    result = pixels_of(made.encode(Image.fromarray(ramp), "TIFF", compression="tiff_lzw"))
    assert result.shape == (205, 2048, 3)
    assert (result[:, :1000] <= 1).all()
    assert (result[:, -1000:] >= 253).all()


def test_constant_float_image_is_black():
    assert pixels_of(made.encode(Image.new("F", (16, 16), 7.5), "TIFF")).max() == 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_float_image_with_undefined_pixels_is_refused(value):
    pixels = np.ones((16, 16), np.float32)
    pixels[3, 4] = value
    assert refuse(made.encode(Image.fromarray(pixels), "TIFF")) == "not_finite"


@pytest.mark.parametrize("codec", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_transparency_lies_over_white(codec):
    hidden = Image.new("RGBA", (16, 16), (10, 20, 30, 0))
    hidden.paste((200, 0, 0, 255), (0, 0, 8, 16))
    hidden.paste((0, 0, 0, 128), (8, 0, 16, 8))
    options = {"lossless": True} if codec == "WEBP" else {}
    result = pixels_of(made.encode(hidden, codec, **options))
    assert np.abs(result[8, 3] - (200, 0, 0)).max() < 12
    assert np.abs(result[13, 13] - 255).max() < 12
    assert np.abs(result[3, 12] - 127).max() < 12


@pytest.mark.parametrize(("mode", "clear"), [("P", 0), ("L", 0), ("RGB", (0, 0, 0)), ("1", 0)])
def test_transparent_color_becomes_white(mode, clear):
    image = Image.new(mode, (16, 16))
    assert pixels_of(made.encode(image, "PNG", transparency=clear)).min() == 255


def test_gray_with_alpha_lies_over_white():
    assert pixels_of(made.encode(Image.new("LA", (16, 16), (0, 0)), "PNG")).min() == 255


def test_cmyk_keeps_its_color():
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    for codec in ("JPEG", "TIFF"):
        assert np.abs(pixels_of(made.encode(red, codec))[8, 8] - (255, 0, 0)).max() < 12


@pytest.mark.parametrize("mode", ["1", "L", "P", "YCbCr", "LAB"])
def test_rarer_modes_become_rgb(mode):
    data = made.encode(Image.new(mode, (16, 16)), "TIFF")
    assert read_image(data).mode == "RGB"


@pytest.mark.parametrize("codec", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_of_an_animation_the_first_frame_is_read(codec):
    first, second = Image.new("RGB", (32, 32), (250, 0, 0)), Image.new("RGB", (32, 32), (0, 0, 250))
    result = pixels_of(made.encode(first, codec, save_all=True, append_images=[second, second]))
    assert np.abs(result - (250, 0, 0)).max() < 12


@pytest.mark.parametrize("size", [(5000, 1000), (300, 3000), (2049, 2048)])
@pytest.mark.parametrize("codec", ["JPEG", "PNG"])
def test_large_images_shrink_to_the_working_size(codec, size):
    image = read_image(made.encode(Image.new("RGB", size, (10, 200, 30)), codec))
    assert max(image.size) == MAX_WORKING_SIDE
    assert image.width / image.height == pytest.approx(size[0] / size[1], rel=0.01)
    assert np.abs(np.asarray(image).astype(int) - (10, 200, 30)).max() < 4


def test_shrinking_does_not_bleed_hidden_colors():
    hidden = np.zeros((16, 4096, 4), np.uint8)
    hidden[:, ::2] = (0, 0, 0, 255)
    hidden[:, 1::2] = (255, 0, 0, 0)
    result = pixels_of(made.encode(Image.fromarray(hidden).resize((4096, 400), 0), "PNG"))
    assert np.abs(result[50:60, 500:1500] - 127).max() < 12


def test_a_phone_picture_of_108_megapixels_is_cheap():
    data = made.encode(Image.new("L", (12_000, 9_000), 77), "JPEG")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    image = read_image(data)
    assert image.size == (2048, 1536)
    assert np.abs(np.asarray(image).astype(int) - 77).max() < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_metadata_are_dropped():
    image = read_image(made.with_metadata())
    assert image.info == {}
    assert len(image.getexif()) == 0
    assert b"secret" not in made.encode(image, "PNG")


TEXT_BOMB = zlib.compress(bytes(200_000_000), 9)
HOSTILE = {
    "empty": (b"", "empty"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
    "svg": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "svg"),
    "html": (b"<!DOCTYPE html><html><body>404</body></html>", "html"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "lfs"),
    "pdf": (b"%PDF-1.7\n", "pdf"),
    "zip": (b"PK\x03\x04" + bytes(40), "zip"),
    "photoshop": (b"8BPS" + bytes(40), "psd"),
    "jpeg xl": (b"\xff\x0a" + bytes(40), "jxl"),
    "video": (b"\0\0\0\x18ftypmp42" + bytes(40), "video"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not_an_image"),
    "text": (b"hello, world\n" * 40, "not_an_image"),
    "one byte": (b"x", "not_an_image"),
    "jpeg 2000": (made.encode(made.picture(), "JPEG2000"), "jp2"),
    "icon": (made.encode(made.picture(), "ICO"), "not_an_image"),
    "header of a jpeg": (b"\xff\xd8\xff\xe0", "damaged"),
    "checksum": (made.png_with_wrong_checksum(), "damaged"),
    "text bomb": (made.png(16, 16, extra=made.png_chunk(b"iCCP", b"x\0\0" + TEXT_BOMB)), "damaged"),
    "png of 400 megapixels": (made.png(20_000, 20_000), "too_many_pixels"),
    "png of 10^18 pixels": (made.png(2**31 - 1, 2**31 - 1), "too_many_pixels"),
    "png of 144 megapixels": (made.png(12_000, 12_000), "too_many_pixels"),
    "rgba png of 88 megapixels": (made.png(9_400, 9_400, color=6), "too_many_pixels"),
    "gif canvas": (made.gif_of_size(65_535, 65_535), "too_many_pixels"),
    "webp canvas": (made.webp_with_huge_canvas(), "too_many_pixels"),
    "tiff tile": (made.tiff_with_huge_tile(40_000), "too_many_pixels"),
    "jpeg of 400 megapixels": (made.jpeg_of_size(20_000, 20_000), "too_many_pixels"),
    "progressive jpeg of 100 megapixels": (
        made.jpeg_of_size(10_000, 10_000, progressive=True),
        "too_many_pixels",
    ),
    "jpeg of many scans": (made.jpeg_with_many_scans(300), "scans"),
    "side": (made.jpeg_of_size(30_000, 2_000), "side"),
    "aspect": (made.encode(Image.new("L", (2_000, 20)), "PNG"), "aspect"),
    "one row": (made.encode(Image.new("L", (20_000, 1)), "PNG"), "too_small"),
    "one pixel": (made.encode(Image.new("L", (1, 1)), "PNG"), "too_small"),
    "too many bytes": (bytes((20 << 20) + 1), "file_too_big"),
    "a path": ("picture.png", "not_bytes"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_are_refused_in_one_sentence(kind):
    data, code = HOSTILE[kind]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refuse(data) == code
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


@pytest.mark.parametrize("codec", made.FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.filterwarnings("ignore:Truncated", "ignore:Corrupt")
def test_truncated_files_are_refused(codec, share):
    data = made.encode(Image.effect_noise((200, 150), 90).convert("RGB"), codec)
    assert refuse(data[: int(len(data) * share)]) == "damaged"


def test_a_jpeg_that_is_also_a_zip_is_read_as_a_jpeg():
    data = made.encode(made.picture(), "JPEG") + b"PK\x05\x06" + bytes(18)
    assert read_image(data).size == (48, 32)


CORPUS = [made.encode(made.picture(), codec) for codec in made.FORMATS] + [
    made.encode(
        made.picture().quantize(16), "GIF", save_all=True, append_images=[made.picture().quantize(8)]
    ),
    made.encode(made.picture(), "JPEG", progressive=True),
    made.encode(made.picture(), "TIFF", compression="tiff_lzw"),
    made.encode(made.picture().convert("RGBA"), "PNG"),
    made.oriented(6),
]


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=800, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_mutations_give_a_picture_or_a_refusal(draw):
    data = bytearray(draw.draw(st.sampled_from(CORPUS)))
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, max(0, min(len(data), 400) - 1)))
        change = draw.draw(st.sampled_from(["cut", "flip", "splice", "extend"]))
        if change == "cut":
            del data[draw.draw(st.integers(0, len(data))) :]
        elif change == "flip" and data:
            data[at] ^= draw.draw(st.integers(1, 255))
        elif change == "splice":
            data[at:at] = draw.draw(st.sampled_from(CORPUS))[at : at + draw.draw(st.integers(1, 64))]
        else:
            data += draw.draw(st.binary(max_size=64))
    try:
        image = read_image(bytes(data))
    except BadImage:
        return
    assert image.mode == "RGB"
    assert max(image.size) <= MAX_WORKING_SIDE


def test_digest_tells_apart_what_differs():
    image = made.picture(512, 512)
    edited = image.copy()
    edited.putpixel((300, 400), (1, 2, 3))
    wide = Image.frombytes("RGB", (200, 100), bytes(60_000))
    tall = Image.frombytes("RGB", (100, 200), bytes(60_000))
    gray = Image.frombytes("L", (300, 200), bytes(60_000))
    assert len({image_digest(each) for each in (image, edited, wide, tall, gray)}) == 5
    assert image_digest(image) == image_digest(Image.open(io.BytesIO(made.encode(image, "PNG"))))


def test_sixteen_bit_tiff_in_motorola_order():
    ramp = np.arange(256, dtype=">u2").reshape(16, 16) * 257
    tags = {256: 16, 257: 16, 258: 16, 259: 1, 262: 1, 273: 8, 277: 1, 278: 16, 279: 512}
    table = b"".join(struct.pack(">HHIHH", tag, 3, 1, value, 0) for tag, value in tags.items())
    data = (
        b"MM\0*" + struct.pack(">I", 520) + ramp.tobytes() + struct.pack(">H", len(tags)) + table + bytes(4)
    )
    assert np.array_equal(pixels_of(data)[..., 0], np.arange(256).reshape(16, 16))
