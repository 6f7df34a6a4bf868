"""The residual networks for CIFAR: three stages of 16, 32 and 64 channels, 20 to 110 layers (He et al. 2015, 4.2)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import pad

__all__ = ["CifarResNet"]

_WIDTHS = (16, 32, 64)


class PaddedShortcut(nn.Module):
    """Option A of the paper: every second pixel, and channels of zeros on both sides; no parameters."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def extra_repr(self) -> str:
        """How many channels come out."""
        return str(self.channels)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, channels, H / 2, W / 2)."""
        side = (self.channels - x.shape[1]) // 2
        return pad(x[:, :, ::2, ::2], (0, 0, 0, 0, side, side))


class CifarBlock(nn.Module):
    """Two convolutions and a shortcut around them."""

    def __init__(self, before: int, channels: int, stride: int, *, projection: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu2 = nn.ReLU()
        self.downsample: nn.Module = nn.Identity()
        if stride > 1:
            convolution = nn.Conv2d(before, channels, 1, stride, bias=False)
            projected = nn.Sequential(convolution, nn.BatchNorm2d(channels))
            self.downsample = projected if projection else PaddedShortcut(channels)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, channels, H / stride, W / stride)."""
        inner = self.relu1(self.bn1(self.conv1(x)))
        out: Tensor = self.relu2(self.bn2(self.conv2(inner)) + self.downsample(x))
        return out


class CifarResNet(nn.Module):
    """The network of a depth 6 n + 2.

    Args:
        depth: 20, 32, 44, 56 or 110.
        classes: number of outputs.
        projection: whether shortcuts that halve the image are convolutions (option B) instead of zeros (option A).
    """

    def __init__(self, depth: int, classes: int = 10, *, projection: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, _WIDTHS[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(_WIDTHS[0])
        self.relu = nn.ReLU()
        before, blocks = _WIDTHS[0], (depth - 2) // 6
        for number, channels in enumerate(_WIDTHS, 1):
            stage = nn.Sequential()
            for block in range(blocks):
                stride = 2 if block == 0 and number > 1 else 1
                stage.append(CifarBlock(before, channels, stride, projection=projection))
                before = channels
            self.add_module(f"layer{number}", stage)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(_WIDTHS[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, classes)."""
        x = self.relu(self.bn1(self.conv1(x)))
        for number in range(1, len(_WIDTHS) + 1):
            x = self.get_submodule(f"layer{number}")(x)
        out: Tensor = self.fc(self.avgpool(x).flatten(1))
        return out
