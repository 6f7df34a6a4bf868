"""Small networks in float64 for comparisons that rounding must not blur."""

import torch
from torch import Tensor, nn

from featviz.explain.targets.units import Target
from featviz.models.capture import recording
from featviz.models.model import Model
from tests.toys import noise, seeded, wrapped


class Biased(nn.Module):
    """A plain CNN with biases, max pooling and a hidden layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.relu1 = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(6, 8, 3, padding=1)
        self.relu2 = nn.ReLU(inplace=True)
        self.hidden = nn.Linear(8 * 8 * 8, 12)
        self.relu3 = nn.ReLU()
        self.head = nn.Linear(12, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.relu1(self.conv1(x)))
        return self.head(self.relu3(self.hidden(self.relu2(self.conv2(x)).flatten(1))))


class Residual(nn.Module):
    """Batch norm with statistics of its own, and a residual sum."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(6)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(6)
        self.relu2 = nn.ReLU()
        self.head = nn.Linear(6, 5)
        for norm in (self.bn1, self.bn2):
            nn.init.normal_(norm.running_mean)
            nn.init.uniform_(norm.running_var, 0.5, 2)
            nn.init.uniform_(norm.weight, 0.5, 2)
            nn.init.normal_(norm.bias)

    def forward(self, x: Tensor) -> Tensor:
        first = self.relu1(self.bn1(self.conv1(x)))
        return self.head(self.relu2(self.bn2(self.conv2(first)) + first).mean((2, 3)))


class Transformer(nn.Module):
    """Patches, a class token, attention, an MLP with a ReLU; read from the class token."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, stride=4)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.norm1 = nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm2 = nn.LayerNorm(8)
        self.up = nn.Linear(8, 16)
        self.relu = nn.ReLU()
        self.down = nn.Linear(16, 8)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(x), -1, -1), tokens], 1)
        normed = self.norm1(tokens)
        tokens = tokens + self.attention(normed, normed, normed)[0]
        tokens = tokens + self.down(self.relu(self.up(self.norm2(tokens))))
        return self.head(tokens[:, 0])


NETS: dict[str, type[nn.Module]] = {"biased": Biased, "residual": Residual, "transformer": Transformer}
CAM_LAYERS = {"biased": "conv2", "residual": "conv2", "transformer": "norm1"}


def double(module: nn.Module, size: int = 16, channels: int = 3) -> Model:
    """The network in float64; its layers are those of its float32 twin."""
    twin, model = wrapped(module.float(), size, channels), wrapped(module.double(), size, channels)
    model.__dict__["layers"] = twin.layers
    return model


def net(name: str) -> Model:
    return double(seeded(NETS[name]))


def picture(seed: int = 0, size: int = 16, channels: int = 3) -> Tensor:
    return noise(1, channels, size, size, seed=seed).double()


def value(model: Model, x: Tensor, target: int | Target = 0) -> Tensor:
    """A class's logit for each picture, by the plain network."""
    assert isinstance(target, int)
    with torch.no_grad():
        return model.module(x)[:, target]


def layer_output(model: Model, x: Tensor, layer: str) -> Tensor:
    replica = model.replica()
    with torch.no_grad(), recording(replica, {"it": (layer, 0)}) as outputs:
        replica(x)
    return outputs["it"]
