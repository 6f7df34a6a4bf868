"""Ways to paint: starts that come back, ranges, colours that go together, magnitudes that stay."""

import pytest
import torch

from featviz.explain.maximization.fourier import magnitude_falling, to_spectrum
from featviz.explain.maximization.image_statistics import color_matrix, color_matrix_of
from featviz.explain.maximization.parameterizations import PARAMETERIZATIONS, ImageSpec

KINDS = [kind.id for kind in PARAMETERIZATIONS]
SIZE = (17, 20)


def seeded_generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def start(channels: int = 3) -> torch.Tensor:
    return 0.1 + 0.8 * torch.rand((2, channels, *SIZE), generator=seeded_generator())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_lie_between_black_and_white(kind: str, channels: int) -> None:
    image = PARAMETERIZATIONS[kind].function(ImageSpec(2, channels, SIZE, seeded_generator()))
    painted = image.to_image(
        image.parameters + 3 * torch.randn(image.parameters.shape, generator=seeded_generator())
    )
    assert painted.shape == (2, channels, *SIZE)
    assert painted.min() >= 0 and painted.max() <= 1
    assert painted.std() > 0.05


@pytest.mark.parametrize("kind", ["fourier", "pixel"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_picture_to_begin_with_is_the_first_one_painted(kind: str, channels: int) -> None:
    image = PARAMETERIZATIONS[kind].function(
        ImageSpec(2, channels, SIZE, seeded_generator(), start(channels))
    )
    torch.testing.assert_close(image.to_image(image.parameters), start(channels), atol=2e-4, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("transparent", [False, True])
def test_the_way_back_is_the_slope_of_the_picture(kind: str, transparent: bool) -> None:
    image = PARAMETERIZATIONS[kind].function(
        ImageSpec(2, 3, (5, 6), seeded_generator(), transparent=transparent)
    )
    leaf = (
        image.parameters.double() + torch.randn(image.parameters.shape, generator=seeded_generator()).double()
    )
    assert torch.autograd.gradcheck(image.to_image, leaf.requires_grad_())


def test_phases_alone_keep_what_lies_where() -> None:
    image = PARAMETERIZATIONS["maco"].function(ImageSpec(2, 3, SIZE, seeded_generator(), start()))
    painted = image.to_image(image.parameters)
    assert float(torch.corrcoef(torch.stack([painted.flatten(), start().flatten()]))[0, 1]) > 0.3


def test_only_phases_change() -> None:
    image = PARAMETERIZATIONS["maco"].function(ImageSpec(1, 1, (16, 16), seeded_generator()))
    painted = image.to_image(image.parameters).double().logit()
    found = to_spectrum(painted)[0, 0].abs()[1:8, 1:8]
    expected = magnitude_falling(16, 16, 1.0)[1:8, 1:8].double()
    ratio = found / expected
    assert float(ratio.std() / ratio.mean()) < 0.01


def test_a_transparent_picture_has_a_plane_more() -> None:
    for kind in KINDS:
        image = PARAMETERIZATIONS[kind].function(ImageSpec(1, 3, SIZE, seeded_generator(), transparent=True))
        assert image.to_image(image.parameters).shape == (1, 4, *SIZE)


def test_measured_colors_are_those_the_pictures_were_made_with() -> None:
    made = torch.tensor([[0.3, 0.1, 0.0], [0.3, -0.1, 0.05], [0.3, 0.0, -0.05]])
    numbers = torch.randn((4, 3, 64, 64), generator=seeded_generator())
    matrix = color_matrix_of(torch.einsum("dc,nchw->ndhw", made, numbers))
    expected = made @ made.T / (made @ made.T).diagonal().sum()
    found = matrix @ matrix.T / (matrix @ matrix.T).diagonal().sum()
    torch.testing.assert_close(found, expected, atol=5e-3, rtol=0)


@pytest.mark.parametrize("statistics", ["imagenet", "shapes", "digits", "photos"])
def test_the_longest_color_has_length_one(statistics: str) -> None:
    assert color_matrix(statistics).norm(dim=0).max() == pytest.approx(1)


def test_digits_are_gray() -> None:
    matrix = color_matrix("digits")
    assert matrix[:, 0].abs().std() == pytest.approx(0, abs=1e-4)
    assert matrix[:, 1:].abs().max() < 1e-2
