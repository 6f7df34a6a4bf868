"""Networks whose best pictures are known."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torchvision.transforms.functional import pil_to_tensor

from featviz.models.isolated_rng import IsolatedRNG
from featviz.models.model import Model
from featviz.models.wrapping import wrap_model

SIDE = 16


def waves(count: int, side: int, seed: int = 0) -> Tensor:
    """Smooth kernels (count, 3, side, side) of length 1, without a mean."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn((count, 3, 4, 4), generator=generator)
    kernels = nn.functional.interpolate(coarse, size=side, mode="bicubic", align_corners=False)
    kernels = kernels - kernels.mean((1, 2, 3), keepdim=True)
    return kernels / kernels.flatten(1).norm(dim=1)[:, None, None, None]


class Matching(nn.Module):
    """One convolution with known kernels as large as the picture, then a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, SIDE, bias=False)
        self.conv.weight = nn.Parameter(waves(4, SIDE))
        self.flatten = nn.Flatten()
        self.head = nn.Linear(4, 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.flatten(self.conv(x)))


class Linear(nn.Module):
    """Logits that are weighted sums of pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.head = nn.Linear(3 * SIDE * SIDE, 3)
        self.head.weight = nn.Parameter(waves(3, SIDE, seed=1).flatten(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.flatten(x))


class Asleep(nn.Module):
    """Channels that are silent on everything grey: 0 wakes for contrast, 1 never does, 2 is always awake."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 5, padding=2)
        self.conv.weight = nn.Parameter(
            waves(3, 5, seed=2) * torch.tensor([4.0, 0.0, 4.0])[:, None, None, None]
        )
        self.conv.bias = nn.Parameter(torch.tensor([-0.8, -1.0, 1.0]))
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.AdaptiveAvgPool2d(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(self.relu(self.conv(x))).flatten(1)


class Small(nn.Module):
    """A residual network with random weights, batch norm and a ReLU in place that is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(6)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.head = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        out = self.conv2(x)
        out += x
        return self.head(self.relu(out).mean((2, 3)))


def known(module: Callable[[], nn.Module], size: int = SIDE, channels: int = 3) -> Model:
    with IsolatedRNG(0):
        network = module().eval()
    return wrap_model(
        network,
        name=type(network).__name__.lower(),
        transform=lambda image: (pil_to_tensor(image).float() / 255 - 0.5) / 0.25,
        input_size=size,
        input_channels=channels,
    )


def correlation(a: Tensor, b: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1])
