"""What a picture is compared with is what it is called."""

import pytest
import torch
from PIL import Image

from featviz.errors import BadInput
from featviz.explain.attribution.attribute import attribute
from featviz.explain.attribution.baselines import baseline_images
from featviz.models.sources.load import load_model
from tests.explain.attribution.nets import Biased
from tests.toys import noise, seeded, wrapped


def made(baseline: object, x: torch.Tensor, **options: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    model = wrapped(seeded(Biased))
    return baseline_images(model, x, baseline, generator=generator, **options)  # type: ignore[arg-type]


def test_colors() -> None:
    x = noise(1, 3, 16, 16)
    assert torch.equal(made("black", x), torch.zeros_like(x))
    torch.testing.assert_close(made("mean", x)[0, :, 4, 5], x.mean((2, 3))[0])
    background = torch.full((1, 3, 16, 16), 0.25)
    background[:, :, 4:10, 4:10] = x[:, :, 4:10, 4:10]
    assert torch.equal(made("median", background), torch.full_like(x, 0.25))


def test_black_is_what_preprocessing_makes_of_black() -> None:
    model = load_model("shapes-resnet")
    black = baseline_images(model, torch.zeros(1, 3, 64, 64), "black", generator=torch.Generator())
    torch.testing.assert_close(black, model.preprocess(Image.new("RGB", (64, 64))))


def test_blur_keeps_the_mean_and_loses_the_detail() -> None:
    flat, x = torch.full((1, 3, 16, 16), 0.7), noise(1, 3, 16, 16)
    torch.testing.assert_close(made("blur", flat), flat)
    assert made("blur", x).std() < 0.3 * x.std()


def test_noise_stays_within_the_picture_and_is_the_seeds() -> None:
    x = noise(1, 3, 16, 16)
    drawn = made("noise", x, count=4)
    assert drawn.shape == (4, 3, 16, 16) and x.min() <= drawn.min() and drawn.max() <= x.max()
    assert torch.equal(drawn, made("noise", x, count=4)) and not torch.equal(drawn[0], drawn[1])


def test_colors_are_plain_pictures_in_colors_of_the_picture() -> None:
    x = noise(1, 3, 16, 16)
    drawn = made("colors", x, count=5)
    assert drawn.shape == (5, 3, 16, 16) and torch.equal(drawn, drawn[:, :, :1, :1].expand_as(drawn))
    pixels = x[0].flatten(1).T
    assert all(bool((pixels == color).all(1).any()) for color in drawn[:, :, 0, 0])
    assert torch.equal(drawn, made("colors", x, count=5)) and not torch.equal(drawn[0], drawn[1])


def test_integrated_gradients_average_over_several_baselines() -> None:
    model, x, begins = wrapped(seeded(Biased)), noise(1, 3, 16, 16), noise(2, 3, 16, 16, seed=5)
    one, two, both = (
        torch.from_numpy(
            attribute(model, x, "integrated_gradients", target=0, baseline=begin, steps=8).raw.copy()
        )
        for begin in (begins[:1], begins[1:], begins)
    )
    torch.testing.assert_close(both, (one + two) / 2, rtol=1e-4, atol=1e-6)


def test_black_needs_the_networks_channels() -> None:
    with pytest.raises(BadInput, match="choose another baseline"):
        made("black", noise(1, 1, 16, 16))
