"""What a network is shown: its normalization and the sizes it takes, each found once."""

import pytest
import torch
from torch import Tensor, nn

from featviz.explain.maximization.preprocessing import color_channels, input_normalization, resolve_size
from featviz.models.model import Model, wrap_model
from featviz.models.sources.load import load_model


class Sized(nn.Module):
    """Takes squares of 16 and 32 pixels; of 32 only where the machine is not short of memory."""

    passes = 0
    short = False

    def forward(self, x: Tensor) -> Tensor:
        type(self).passes += 1
        if x.shape[-1] == 32 and type(self).short:
            raise MemoryError
        if x.shape[-1] not in (16, 32):
            raise ValueError("this size cannot be")
        return x.mean((2, 3))


def sized() -> Model:
    Sized.passes, Sized.short = 0, False
    return wrap_model(Sized(), name="sized", transform=lambda _image: torch.zeros(3, 16, 16), input_size=16)


def test_a_size_that_it_took_is_not_tried_again() -> None:
    model = sized()
    assert resolve_size(model, 32) == ((32, 32), (32, 32))
    passes = Sized.passes
    assert resolve_size(model, 32) == ((32, 32), (32, 32)) and Sized.passes == passes


def test_a_size_it_cannot_take_is_shown_at_its_own() -> None:
    assert resolve_size(sized(), (20, 24)) == ((20, 24), (16, 16))


def test_what_failed_for_want_of_memory_is_tried_again() -> None:
    model = sized()
    Sized.short = True
    assert resolve_size(model, 32) == ((32, 32), (16, 16))
    Sized.short = False
    assert resolve_size(model, 32) == ((32, 32), (32, 32))


def test_each_network_has_a_normalization_of_its_own() -> None:
    one, other = (
        wrap_model(
            Sized(),
            name=name,
            transform=lambda image, gain=gain: (
                gain * torch.full((3, 16, 16), image.getpixel((0, 0))[0] / 255)
            ),
            input_size=16,
        )
        for name, gain in (("one", 2.0), ("other", 5.0))
    )
    grey = torch.full((1, 3, 4, 4), 0.5)
    for _twice in range(2):
        torch.testing.assert_close(input_normalization(one)(grey), 2 * grey)
        torch.testing.assert_close(input_normalization(other)(grey), 5 * grey)


class Colors(nn.Module):
    """Reads a weighted sum of the colors, then one number of it at each position."""

    def __init__(self, *weights: float) -> None:
        super().__init__()
        self.sum = nn.Conv2d(3, 1, 1, bias=False)
        self.sum.weight.data = torch.tensor(weights).reshape(1, 3, 1, 1)
        self.read = nn.Conv2d(1, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.read(self.sum(x)).square().mean((2, 3))


@pytest.mark.parametrize(
    ("weights", "channels"),
    [((0.3, 0.6, 0.1), 1), ((1.8, -0.5, -2.8), 1), ((0.0, 1.0, 0.0), 1), ((1.0, -0.5, -0.5), 3)],
)
def test_a_network_that_reads_one_sum_of_the_colors_sees_gray_unless_gray_is_nothing_to_it(
    weights: tuple[float, ...], channels: int
) -> None:
    model = wrap_model(
        Colors(*weights),
        name="sum",
        transform=lambda image: torch.full((3, 16, 16), image.getpixel((0, 0))[0] / 255),
        input_size=16,
    )
    assert color_channels(model) == channels


@pytest.mark.parametrize(("name", "channels"), [("digits-cnn", 1), ("shapes-resnet", 3), ("shapes-vit", 3)])
def test_the_bundled_network_of_digits_sees_gray(name: str, channels: int) -> None:
    assert color_channels(load_model(name)) == channels
