"""What a network is shown: its normalization and the sizes it takes, each found once."""

from collections.abc import Callable

import pytest
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn
from torchvision.transforms.functional import normalize, pil_to_tensor

from featviz.errors import BadInput
from featviz.explain.maximization.maximize import maximize
from featviz.explain.maximization.preprocessing import color_channels, input_normalization, resolve_size
from featviz.explain.targets.units import Channel
from featviz.models.model import Model
from featviz.models.sources.load import load_model
from featviz.models.wrapping import wrap_model
from tests.toys import seeded


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
    gray = torch.full((1, 3, 4, 4), 0.5)
    for _twice in range(2):
        torch.testing.assert_close(input_normalization(one)(gray), 2 * gray)
        torch.testing.assert_close(input_normalization(other)(gray), 5 * gray)


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
        transform=lambda image: torch.tensor(image.getpixel((0, 0)))[:, None, None].expand(3, 16, 16) / 255,
        input_size=16,
    )
    assert color_channels(model) == channels


@pytest.mark.parametrize(("name", "channels"), [("digits-cnn", 1), ("shapes-resnet", 3), ("shapes-vit", 3)])
def test_the_bundled_network_of_digits_sees_gray(name: str, channels: int) -> None:
    assert color_channels(load_model(name)) == channels


class FirstOfEach(nn.Module):
    """Reads red more than blue, and edges."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.head = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.conv(x).relu().mean((2, 3)))


def caffe(image: Image.Image) -> Tensor:
    means = torch.tensor([104.0, 117.0, 123.0])[:, None, None]
    return pil_to_tensor(image).float().flip(0) - means


def gray(image: Image.Image) -> Tensor:
    return (pil_to_tensor(image.convert("L")).float() / 255).expand(3, -1, -1)


def imagenet(image: Image.Image) -> Tensor:
    return normalize(pil_to_tensor(image).float() / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


def inverted(image: Image.Image) -> Tensor:
    return 1 - pil_to_tensor(image).float() / 255


def standardized(image: Image.Image) -> Tensor:
    values = pil_to_tensor(image).float() / 255
    return (values - values.mean()) / (values.std() + 1e-6)


def stretched(image: Image.Image) -> Tensor:
    return pil_to_tensor(ImageOps.autocontrast(image)).float() / 255


@pytest.mark.parametrize(
    ("transform", "exact"),
    [
        (caffe, True),
        (gray, True),
        (imagenet, True),
        (inverted, True),
        (standardized, False),
        (stretched, False),
    ],
)
def test_the_score_told_is_that_of_the_image_shown_or_it_is_said(transform: Callable, exact: bool) -> None:
    model = wrap_model(seeded(FirstOfEach), name="own", transform=transform, input_size=24)
    *_, last = maximize(model, Channel("conv", 3), steps=24, transforms="plain")
    (shown,) = (last.image * 255).round().astype("uint8")
    x = model.preprocess(Image.fromarray(shown))
    score = float(model.module.conv(x)[0, 3].mean())
    assert input_normalization(model).exact == exact == (not last.made["notes"])
    if exact:
        assert last.score == pytest.approx(score, rel=0.01, abs=1e-3)  # of eight bits
    if transform is gray:
        assert (shown == shown[..., :1]).all()


class WithoutGradient(FirstOfEach):
    """Computes its features where no gradient reaches the image."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            maps = self.conv(x)
        return self.head(maps.relu().mean((2, 3)))


def test_a_network_that_gives_no_gradient_is_refused_rather_than_climbed() -> None:
    model = wrap_model(seeded(WithoutGradient), name="own", transform=inverted, input_size=24)
    with pytest.raises(BadInput, match="no gradient for the image"):
        list(maximize(model, Channel("conv", 3), steps=8))
