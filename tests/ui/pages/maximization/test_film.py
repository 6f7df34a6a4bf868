"""The film of a run: bounded, in order, from its start to its end; and the files made of it."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from featviz.explain.maximization.frames import Frame
from featviz.ui.components.film.film import pack_film
from featviz.ui.pages.maximization.files import film_bytes
from featviz.ui.pages.maximization.film import Film, Reel, pixels
from tests.ui.components.payloads import unpacked


def frame(step: int, steps: int, side: int = 8) -> Frame:
    """One grey picture that grows brighter with each step."""
    painted = torch.full((1, 3, side, side), step / steps)
    return Frame(
        step=step,
        steps=steps,
        scores=np.array([float(step)], np.float32),
        moved=np.array([True]),
        ended="steps" if step == steps else "",
        _images=painted,
        _gradient_magnitude=torch.ones(1, side, side),
    )


def film(steps: int, side: int = 8) -> Film:
    reel = Reel()
    for step in range(steps + 1):
        newest = frame(step, steps, side)
        reel.add(newest)
    return reel.film(newest)


@pytest.mark.parametrize("steps", [1, 10, 47, 48, 49, 100, 512, 1000])
def test_a_film_has_at_most_48_pictures_in_order_and_ends_with_the_last(steps: int) -> None:
    made = film(steps)
    assert 2 <= len(made.images) <= 48
    assert made.steps[0] == 0
    assert made.steps[-1] == steps
    assert list(made.steps) == sorted(set(made.steps))
    assert len(made.images) >= min(steps, 24)
    assert len(made.curve) == steps + 1
    for step, picture in zip(made.steps, made.images, strict=True):
        assert picture[0, 0, 0, 0] == round(255 * step / steps)


def test_pictures_of_a_film_are_small() -> None:
    assert film(2, side=224).images[0].shape == (1, 112, 112, 3)
    assert film(2, side=160).images[0].shape == (1, 160, 160, 3)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_a_film_becomes_a_file_with_every_picture(kind: str) -> None:
    made = film(20)
    with Image.open(io.BytesIO(film_bytes(made, kind))) as image:
        assert image.format == kind
        assert image.n_frames == len(made.images)
        assert image.size == (256, 256)


def test_a_gif_has_one_palette_for_all_its_pictures_and_keeps_their_colors() -> None:
    ramp = torch.linspace(0, 1, 32)
    colors = torch.stack([*torch.meshgrid(ramp, ramp, indexing="ij"), torch.full((32, 32), 0.5)])
    reel = Reel()
    for step in range(9):
        newest = replace(frame(step, 8, 32), _images=(0.5 + (colors - 0.5) * step / 8)[None])
        reel.add(newest)
    made = reel.film(newest)
    seen = set()
    with Image.open(io.BytesIO(film_bytes(made, "GIF"))) as image:
        for number, pictures in enumerate(made.images):
            image.seek(number)
            drawn = np.asarray(image.convert("RGB"), float)
            wanted = Image.fromarray(pictures[0]).resize((256, 256), Image.Resampling.BICUBIC)
            assert np.abs(drawn - np.asarray(wanted, float)).mean() < 8
            seen |= set(map(tuple, drawn.reshape(-1, 3).tolist()))
    assert 64 < len(seen) <= 256


def test_what_the_browser_gets_says_how_it_is_cut() -> None:
    made = film(5)
    sent = pack_film(pixels(made.frame), made.images, made.steps, made.curve, "Done", "logit", 5, "run")
    header, arrays = unpacked(sent)
    np.testing.assert_array_equal(arrays["newest"], pixels(made.frame))
    np.testing.assert_array_equal(arrays["film"], made.images)
    assert arrays["film"].shape == (6, 1, 8, 8, 3)
    assert header["quantity"] == "logit"
    assert header["curve"] == [[step, float(step)] for step in range(6)]


def test_a_long_curve_is_thinned_and_keeps_its_end() -> None:
    curve = [float(step) for step in range(5000)]
    sent = pack_film(np.zeros((1, 1, 1, 3), np.uint8), (), (), curve, "", "score", 5000, "run")
    header, arrays = unpacked(sent)
    points = header["curve"]
    assert "film" not in arrays
    assert len(points) <= 242
    assert points[-1] == [4999, 4999.0]
