"""The bundled networks: their cards, and their weights at each stage of training, from random to trained."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor, nn

from featviz.errors import BadInput, ModelNotFound
from featviz.models.isolated_rng import IsolatedRNG
from featviz.models.networks.bundled import DigitsCNN, ShapesResNet, ShapesViT

__all__ = [
    "BUNDLED",
    "BundledCard",
    "TrainingCheckpoint",
    "build_bundled",
    "build_random",
    "bundled_card",
    "read_stage",
]

NETWORKS = Path(__file__).parents[3] / "assets" / "networks"
ARCHITECTURES: dict[str, Callable[[], nn.Module]] = {
    "shapes-resnet": ShapesResNet,
    "shapes-vit": ShapesViT,
    "digits-cnn": DigitsCNN,
}
BUNDLED: tuple[str, ...] = tuple(ARCHITECTURES)


@dataclass(frozen=True)
class TrainingCheckpoint:
    """A checkpoint of the training: its name, optimizer steps and images until then, accuracies in [0, 1].

    The accuracies are those of the file, rounded to float16 as it is: "joint" is the part of the held-out
    images whose class is named rightly; for Shapes, "shape" and "texture" count one part of the name alone.
    """

    name: str
    step: int
    images_seen: int
    accuracy: Mapping[str, float]


@dataclass(frozen=True)
class BundledCard:
    """What is known of a bundled network.

    Attributes:
        name: one of `BUNDLED`.
        architecture: the class in `featviz.models.networks.bundled`.
        description: one sentence.
        classes: their names, in the order of the logits.
        input_size: height and width in pixels that images are resized to.
        mean, std: of red, green and blue in [0, 1]; the network takes (value - mean) / std.
        parameters: number of learned parameters.
        data: what it was trained on.
        accuracy_of: what "joint" accuracy means and on what it was measured.
        command: what trains it.
        seconds: of processor time that took, summed over cores; on two free cores it lasts about half as long.
        licence: of the weights.
        stages: the checkpoints from "random" to "trained".
    """

    name: str
    architecture: str
    description: str
    classes: tuple[str, ...]
    input_size: tuple[int, int]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    parameters: int
    data: str
    accuracy_of: str
    command: str
    seconds: int
    licence: str
    stages: tuple[TrainingCheckpoint, ...]

    @property
    def accuracy(self) -> Mapping[str, float]:
        """The trained network's accuracies on held-out images."""
        return self.stages[-1].accuracy


def bundled_card(name: str) -> BundledCard:
    """Read the card of a bundled network.

    Raises:
        ModelNotFound: no bundled network has this name.
    """
    fields: dict[str, Any] = json.loads((_folder(name) / "card.json").read_text(encoding="utf-8"))
    stages = tuple(TrainingCheckpoint(**stage) for stage in fields.pop("stages"))
    lists = {key: tuple(value) for key, value in fields.items() if isinstance(value, list)}
    return BundledCard(**{**fields, **lists, "stages": stages})


def build_bundled(name: str, stage: str = "trained") -> nn.Module:
    """Build a bundled network with its weights of one stage: float32, frozen, in evaluation mode.

    Raises:
        ModelNotFound: no bundled network has this name.
        BadInput: the network has no such stage.
    """
    stages = [known.name for known in bundled_card(name).stages]
    if stage not in stages:
        raise BadInput(f"{name} has no stage {stage!r}; choose one of {', '.join(stages)}.", code="stage")
    return read_stage(name, _folder(name) / f"{stage}.safetensors")


def build_random(name: str, seed: int) -> nn.Module:
    """Build a bundled network with random weights that depend on `seed` alone; frozen, in evaluation mode.

    The stage "random" is another one: the weights from which the training started.

    Raises:
        BadInput: the seed is negative or too large.
    """
    with IsolatedRNG(seed):
        return ARCHITECTURES[name]().eval().requires_grad_(False)


def read_stage(name: str, path: Path) -> nn.Module:
    """Build the network `name` with the weights in `path`, as `build_bundled` does."""
    module = ARCHITECTURES[name]()
    weights = safetensors.torch.load(path.read_bytes())
    module.load_state_dict({key: _float32(tensor) for key, tensor in weights.items()})
    return module.eval().requires_grad_(False)


def _float32(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _folder(name: str) -> Path:
    if name not in BUNDLED:
        raise ModelNotFound(f"No bundled network is called {name!r}; choose one of {', '.join(BUNDLED)}.")
    return NETWORKS / name
