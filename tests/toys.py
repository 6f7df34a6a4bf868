"""Small networks whose truths are known, and the ways to run them by hand."""

import hashlib
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torchvision.transforms.functional import pil_to_tensor

from featviz.models.isolated_rng import IsolatedRNG
from featviz.models.layers import Layer
from featviz.models.model import Model
from featviz.models.outputs import Outputs
from featviz.models.probing.layer_evidence import read_layers
from featviz.models.probing.passes import Passes
from featviz.models.wrapping import wrap_model


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def seeded(make: Callable[[], nn.Module], seed: int = 0) -> nn.Module:
    with IsolatedRNG(seed):
        return make().eval()


def wrapped(
    module: nn.Module,
    size: int = 16,
    channels: int = 3,
    name: str = "toy",
    classes: Sequence[str] = (),
    outputs: Outputs | None = None,
) -> Model:
    return wrap_model(
        module,
        name=name,
        transform=lambda image: pil_to_tensor(image).float() / 255,
        input_size=size,
        input_channels=channels,
        classes=classes,
        outputs=outputs,
    )


def listed(module: nn.Module, x: Tensor) -> tuple[Layer, ...]:
    """The layers of a network that is no Model."""
    return read_layers(Passes(module, x, repeat=False))


class InPlace(nn.Module):
    """A residual block: two outputs are overwritten, by `relu` and by `+=`; `relu` is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        identity = self.relu(self.conv1(x))
        out = self.conv2(identity)
        out += identity
        return self.head(self.relu(out).mean((2, 3)))

    def by_hand(self, x: Tensor) -> dict[str, Tensor]:
        """Every output, with no in-place operation."""
        conv1 = self.conv1(x)
        first = conv1.clamp(min=0)
        conv2 = self.conv2(first)
        second = (conv2 + first).clamp(min=0)
        head = self.head(second.mean((2, 3)))
        return {
            "conv1": conv1,
            "relu:0": first,
            "conv2": conv2,
            "relu:1": second,
            "relu": second,
            "head": head,
        }


class Attending(nn.Module):
    """Patches, then self-attention, which returns a tuple."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, stride=4)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        attended, _weights = self.attention(tokens, tokens, tokens)
        return self.head(attended.mean(1))


class Tied(nn.Module):
    """Two layers that share one weight, and batch norm with its buffers."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3)
        self.second = nn.Conv2d(3, 3, 3, padding=1)
        self.second.weight = self.first.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.norm(self.first(x))).mean((2, 3))


class Step(nn.Module):
    """Tells that it ran, then adds one. `note` may raise."""

    def __init__(self, note: Callable[[], object]) -> None:
        super().__init__()
        self.note = note

    def forward(self, x: Tensor) -> Tensor:
        self.note()
        return x + 1


def state_digest(module: nn.Module) -> str:
    """SHA-256 over everything a computation might leave behind in a network: weights, flags, hooks."""
    digest = hashlib.sha256()
    for name, child in module.named_modules():
        hooks = {key: len(held) for key, held in vars(child).items() if key.endswith("hooks")}
        digest.update(f"{name} {child.training} {sorted(hooks.items())}".encode())
    for name, parameter in module.named_parameters():
        digest.update(f"{name} {parameter.requires_grad} {parameter.grad is None}".encode())
    for tensor in module.state_dict().values():
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def hooks_left(module: nn.Module) -> int:
    """How many hooks of any kind hang on any module of a network."""
    return sum(
        len(held)
        for child in module.modules()
        for key, held in vars(child).items()
        if key.startswith("_") and key.endswith("hooks")
    )
