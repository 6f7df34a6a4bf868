"""The three small networks featviz brings along, written to be looked into.

Every step that one may want to see is a module of its own with a name: no activation is reused and none works
in place. Inputs are normalised batches (N, 3, H, W); outputs are logits (N, classes).
"""

import torch
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around which the input flows unchanged (He et al. 2016, arXiv:1512.03385)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = _shortcut(inputs, outputs, stride)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        branch = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        out: Tensor = self.relu2(branch + self.shortcut(x))
        return out


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    if inputs == outputs and stride == 1:
        return nn.Identity()
    convolution = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class ShapesResNet(nn.Module):
    """A residual network for 64x64 images: a stem and three stages of two blocks, 32 to 8 pixels wide."""

    def __init__(self, classes: int = 80) -> None:
        super().__init__()
        self.stem = nn.Sequential()
        self.stem.add_module("conv", nn.Conv2d(3, 32, 7, stride=2, padding=3, bias=False))
        self.stem.add_module("bn", nn.BatchNorm2d(32))
        self.stem.add_module("relu", nn.ReLU())
        self.stage1 = nn.Sequential(ResidualBlock(32, 32), ResidualBlock(32, 32))
        self.stage2 = nn.Sequential(ResidualBlock(32, 56, stride=2), ResidualBlock(56, 56))
        self.stage3 = nn.Sequential(ResidualBlock(56, 96, stride=2), ResidualBlock(96, 96))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(96, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, 64, 64) to logits (N, classes)."""
        x = self.stage3(self.stage2(self.stage1(self.stem(x))))
        logits: Tensor = self.head(self.flatten(self.pool(x)))
        return logits


class Attention(nn.Module):
    """Self-attention of several heads; `weights` outputs (N, heads, tokens, tokens), each row adding to 1."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.weights = nn.Softmax(dim=-1)
        self.project = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens (N, T, width) to tokens (N, T, width)."""
        count, tokens, width = x.shape
        qkv = self.qkv(x).reshape(count, tokens, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        scale = (width // self.heads) ** -0.5
        weights = self.weights(query * scale @ key.transpose(-2, -1))
        mixed = (weights @ value).transpose(1, 2).reshape(count, tokens, width)
        out: Tensor = self.project(mixed)
        return out


class MLP(nn.Module):
    """Two linear layers applied to each token by itself."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.linear1 = nn.Linear(width, hidden)
        self.gelu = nn.GELU()
        self.linear2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens (N, T, width) to tokens (N, T, width)."""
        out: Tensor = self.linear2(self.gelu(self.linear1(x)))
        return out


class TransformerBlock(nn.Module):
    """Attention, then an MLP, each on normalised tokens and added to them (pre-norm)."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = MLP(width, hidden)

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens (N, T, width) to tokens (N, T, width)."""
        x = x + self.attention(self.norm1(x))
        out: Tensor = x + self.mlp(self.norm2(x))
        return out


class PatchEmbedding(nn.Module):
    """Cut the image into patches, prepend the class token and add the position embedding."""

    def __init__(self, image_size: int, patch: int, width: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, stride=patch)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(torch.zeros(1, (image_size // patch) ** 2 + 1, width))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to tokens (N, 1 + patches, width): the class token, then row after row."""
        patches = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.class_token.expand(len(x), -1, -1), patches], dim=1)
        return tokens + self.position


class ShapesViT(nn.Module):
    """A vision transformer for 64x64 images in patches of 8 (Dosovitskiy et al. 2021, arXiv:2010.11929).

    `blocks.i` outputs tokens (N, 65, 96), token 0 being the class token; `blocks.i.attention.weights` outputs
    the attention (N, 4, 65, 65) from each token (rows) to each (columns).
    """

    def __init__(self, classes: int = 80, *, width: int = 96, depth: int = 4, heads: int = 4) -> None:
        super().__init__()
        self.embedding = PatchEmbedding(64, 8, width)
        self.blocks = nn.Sequential(*(TransformerBlock(width, heads, 4 * width) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, 64, 64) to logits (N, classes), read from the class token."""
        tokens = self.norm(self.blocks(self.embedding(x)))
        logits: Tensor = self.head(tokens[:, 0])
        return logits


class DigitsCNN(nn.Module):
    """A tiny convolutional network for 32x32 digits; its first module makes one gray channel of three."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.gray = nn.Conv2d(3, 1, 1, bias=False)
        self.conv1 = nn.Conv2d(1, 12, 5, padding=2)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(12, 24, 3, padding=1)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.conv3 = nn.Conv2d(24, 32, 3, padding=1)
        self.relu3 = nn.ReLU()
        self.pool3 = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(32 * 4 * 4, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, 32, 32) to logits (N, classes)."""
        x = self.pool1(self.relu1(self.conv1(self.gray(x))))
        x = self.pool2(self.relu2(self.conv2(x)))
        x = self.pool3(self.relu3(self.conv3(x)))
        logits: Tensor = self.head(self.flatten(x))
        return logits
