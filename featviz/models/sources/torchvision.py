"""torchvision's classification zoo: every architecture with its transforms, class names and weights."""

import hashlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import torch
import torchvision
from torch import nn
from torchvision.models import get_model, get_model_builder, get_model_weights

from featviz.errors import ModelNotFound, WeightsUnavailable
from featviz.models.cards import ModelCard
from featviz.models.isolated_rng import IsolatedRNG
from featviz.models.sources.download import download
from featviz.progress import Progress

__all__ = [
    "PREFIX",
    "RESCALING",
    "architectures",
    "build",
    "builders",
    "categories",
    "fetch_weights",
    "is_cached",
    "preset",
    "pretrained",
    "zoo_card",
]

PREFIX = "torchvision/"
RESCALING = ("googlenet", "inception_v3")
"""Trained on values from -1 to 1: torchvision's own weights of these rescale ImageNet's normalization to that."""
_FAMILIES = {
    "alexnet": "AlexNet",
    "convnext": "ConvNeXt",
    "densenet": "DenseNet",
    "efficientnet": "EfficientNet",
    "googlenet": "GoogLeNet",
    "inception": "Inception",
    "maxvit": "MaxViT",
    "mnasnet": "MNASNet",
    "mobilenet": "MobileNet",
    "regnet": "RegNet",
    "resnet": "ResNet",
    "resnext": "ResNeXt",
    "shufflenet": "ShuffleNet",
    "squeezenet": "SqueezeNet",
    "swin": "Swin Transformer",
    "vgg": "VGG",
    "vit": "Vision Transformer",
    "wide_resnet": "Wide ResNet",
}


@cache
def architectures() -> tuple[str, ...]:
    """The names of all classification architectures, without the prefix."""
    return tuple(torchvision.models.list_models(module=torchvision.models))


def _weights(architecture: str) -> Any:
    if architecture not in architectures():
        raise ModelNotFound(f"torchvision has no classification network named {architecture!r}.")
    return get_model_weights(architecture).DEFAULT


def preset(architecture: str) -> Any:
    """torchvision's own transform for the default weights: PIL -> normalised tensor (3, H, W)."""
    return _weights(architecture).transforms()


def categories(architecture: str) -> tuple[str, ...]:
    """The names of ImageNet's 1,000 classes, in the order of the outputs."""
    return tuple(_weights(architecture).meta["categories"])


@cache
def zoo_card(architecture: str) -> ModelCard:
    """What torchvision says of an architecture and its default weights; nothing is built or fetched."""
    weights = _weights(architecture)
    family = next(name for key, name in _FAMILIES.items() if architecture.startswith(key))
    swag = "license" in weights.meta
    return ModelCard(
        name=PREFIX + architecture,
        source="torchvision",
        task="classification",
        parameters=weights.meta["num_params"],
        input_size=weights.transforms().crop_size[0],
        classes=len(weights.meta["categories"]),
        licence="CC BY-NC 4.0 (SWAG)" if swag else "BSD-3-Clause; ImageNet's terms for the weights",
        accuracy=weights.meta["_metrics"]["ImageNet-1K"]["acc@1"] / 100,
        accuracy_of="top-1, one crop, ImageNet-1K validation, as torchvision reports it",
        data="ImageNet-1K, 1.28 million photos in 1,000 classes",
        family=family,
        download_mb=float(weights.meta["_file_size"]),
    )


def build(architecture: str, classes: int = 1000, **options: Any) -> nn.Module:
    """Build an architecture with freshly drawn weights, in the input size of its default weights."""
    if architecture.startswith("vit_"):
        options["image_size"] = zoo_card(architecture).input_size
    if architecture in RESCALING:
        options = {"init_weights": True, "transform_input": True, **options}
    module: nn.Module = get_model_builder(architecture)(weights=None, num_classes=classes, **options)
    return module


def build_seeded(architecture: str, seed: int) -> nn.Module:
    """Build an architecture with random weights that depend on `seed` alone."""
    return _build_seeded(architecture, seed, len(categories(architecture)))


def _build_seeded(architecture: str, seed: int, classes: int, **options: Any) -> nn.Module:
    with IsolatedRNG(seed):
        return build(architecture, classes, **options)


def builders(architecture: str) -> tuple[Callable[[int], nn.Module], ...]:
    """The forms in which checkpoints of an architecture are saved: with auxiliary heads and without."""
    forms: tuple[dict[str, Any], ...] = ({},)
    if architecture in RESCALING:
        forms = ({"transform_input": False}, {"transform_input": False, "aux_logits": False})
    return tuple(partial(_build_seeded, architecture, 0, **form) for form in forms)


def _cache_path(architecture: str) -> Path:
    """Where torchvision itself keeps this file, so that earlier downloads are found."""
    return Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(_weights(architecture).url).path).name


def is_cached(architecture: str) -> bool:
    """Whether the pretrained weights are on this machine already."""
    return _cache_path(architecture).is_file()


def fetch_weights(architecture: str) -> Iterator[Progress[Path]]:
    """Download the pretrained weights unless they are cached, verified by the hash in the file's name.

    Raises:
        WeightsUnavailable: no internet, or a file that is not what was announced.
    """
    path, url = _cache_path(architecture), _weights(architecture).url
    if not path.is_file():
        yield from download(url, path, sha256_prefix=_announced(path))


def pretrained(architecture: str) -> nn.Module:
    """Build an architecture with its cached default weights.

    Raises:
        WeightsUnavailable: the cached file is damaged.
    """
    path = _cache_path(architecture)
    try:
        with IsolatedRNG(0):
            return get_model(architecture, weights=_weights(architecture))  # type: ignore[no-any-return]
    except Exception as error:  # damaged files raise many unrelated types, and so does a lack of memory
        if path.is_file() and _is_whole(path):
            raise
        path.unlink(missing_ok=True)
        raise WeightsUnavailable(
            f"The cached weights of {architecture} were damaged and have been removed: load them again.",
            code="damaged",
        ) from error


def _announced(path: Path) -> str:
    """The first digits of a file's SHA-256, which torchvision writes at the end of its name."""
    return path.stem.rpartition("-")[2]


def _is_whole(path: Path) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest().startswith(_announced(path))
