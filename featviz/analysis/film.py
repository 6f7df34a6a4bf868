"""A run seen through its features: what a layer has learned after each epoch, from random to trained."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from featviz.errors import BadInput
from featviz.progress import Progress, yield_now
from featviz.representation.embeddings import Embeddings
from featviz.representation.projection import project
from featviz.representation.projection.procrustes import procrustes_align
from featviz.representation.quality.features import Features
from featviz.representation.quality.measurement import Undefined
from featviz.representation.quality.prediction import knn_accuracy
from featviz.representation.quality.spread import dead_units, effective_rank
from featviz.representation.similarity import similarity
from featviz.training.epoch import Epoch

__all__ = [
    "Film",
    "Frame",
    "epoch_maps",
    "film",
    "first_kernels",
    "layer_output",
    "probe_features",
    "spatial_layers",
]

_BATCH = 128
_MEASURE = "cka_debiased"
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Frame:
    """A layer after one epoch.

    Attributes:
        number: of the epoch; 0 is the network before training.
        points: (n, 2), the map of the probe images, laid over that of the epoch before.
        neighbor_accuracy: of the probe images by their ten nearest others, in [0, 1]; None without classes.
        effective_rank: how many equally strong dimensions the features use, at least 1; None where it is undefined.
        dead_units: units that give one number for all probe images.
        units: of the layer.
        similarity_to_start: debiased linear CKA with the network before training.
        similarity_to_end: the same with the last epoch; None while that is not known.
    """

    number: int
    points: Floats
    neighbor_accuracy: float | None
    effective_rank: float | None
    dead_units: int
    units: int
    similarity_to_start: float | None
    similarity_to_end: float | None = None


@dataclass(frozen=True, eq=False)
class Film:
    """A layer from epoch to epoch.

    Attributes:
        layer: its name.
        positions: (n,) which of the run's images are the probe set.
        labels: of the probe images; empty without classes.
        frames: one for each epoch.
        method: how the maps are made.
    """

    layer: str
    positions: NDArray[np.int64]
    labels: tuple[str, ...]
    frames: tuple[Frame, ...]
    method: str


def film(
    epochs: tuple[Epoch, ...], layer: str, *, images: int = 256, method: str = "pca", seed: int = 0
) -> Iterator[Progress[Film]]:
    """Run the probe set through the network of each epoch.

    Args:
        epochs: of one run, in order.
        layer: the name of a module of the network; its output is averaged over positions.
        images: size of the probe set: held-out images, the first of them.
        method: id of a projection.
        seed: of the projection.

    Yields:
        epochs done of all, with the frames so far; the last one also with the similarities to the end.

    Raises:
        BadInput: no epoch, no such layer, or fewer than four held-out images.
    """
    if not epochs:
        raise BadInput("A film takes at least one epoch.", code="epochs")
    data = epochs[0].data
    positions = data.held_out[:images]
    if len(positions) < 4:
        raise BadInput(f"A film takes at least four held-out images; {len(positions)} came.", code="images")
    labels = _labels(epochs[0], positions)
    network = copy.deepcopy(epochs[0].task.network).eval()
    frames: list[Frame] = []
    features: list[Floats] = []
    for number, epoch in enumerate(epochs, start=1):
        features.append(probe_features(network, epoch, layer, positions))
        frames.append(_frame(epoch, features, frames, labels, method, seed))
        told = Film(layer, positions.numpy(), labels, tuple(frames), method)
        if number < len(epochs):
            yield Progress(number, len(epochs), f"epoch {epoch.number}", told)
    ended = tuple(
        replace(frame, similarity_to_end=_similar(each, features[-1]))
        for frame, each in zip(frames, features, strict=True)
    )
    yield Progress(len(epochs), len(epochs), "", replace(told, frames=ended))


def probe_features(network: nn.Module, epoch: Epoch, layer: str, positions: Tensor) -> Floats:
    """What a layer gives for the images at n positions after an epoch: (n, d), means over positions.

    Args:
        network: a private copy of the run's network, in evaluation mode; it takes the epoch's weights.
        epoch: whose weights.
        layer: the name of a module.
        positions: of the run's images.

    Raises:
        BadInput: there is no such module.
    """
    features: Floats = _pooled(layer_output(network, epoch, layer, positions)).float().numpy()
    return features


def layer_output(network: nn.Module, epoch: Epoch, layer: str, positions: Tensor) -> Tensor:
    """What a layer gives for the images at n positions after an epoch: (n, ...); arguments as `probe_features`."""
    modules = dict(network.named_modules())
    if layer not in modules:
        raise BadInput(f"The network has no layer named {layer!r}.", code="layer")
    network.load_state_dict(dict(epoch.weights))
    outputs: list[Tensor] = []
    watched = modules[layer].register_forward_hook(lambda _, __, output: outputs.append(output.clone()))
    try:
        with torch.no_grad():
            for chosen in torch.split(positions, _BATCH):
                network(epoch.data.normalized(epoch.data.images[chosen]))
                yield_now()
    finally:
        watched.remove()
    return torch.cat(outputs)


def spatial_layers(epoch: Epoch) -> list[str]:
    """Names of the network's modules that give maps (n, C, H, W) of more than one position, in order of execution."""
    network = copy.deepcopy(epoch.task.network).eval()
    seen: dict[str, None] = {}

    def note(name: str) -> Callable[[nn.Module, object, object], None]:
        def look(_: nn.Module, __: object, output: object) -> None:
            if isinstance(output, Tensor) and output.ndim == 4 and output.shape[-1] > 1:
                seen.setdefault(name)

        return look

    for name, part in network.named_modules():
        if name:
            part.register_forward_hook(note(name))
    with torch.no_grad():
        network(epoch.data.normalized(epoch.data.images[:1]))
    return list(seen)


def first_kernels(epoch: Epoch) -> Floats | None:
    """The first convolution's kernels (K, C, h, w) after an epoch, C the channels of an image; None without one."""
    channels = epoch.data.inputs.channels
    for value in epoch.weights.values():
        if value.ndim == 4 and value.shape[1] == channels and value.shape[-1] > 1:
            kernels: Floats = value.float().numpy()
            return kernels
    return None


def epoch_maps(epochs: Sequence[Epoch], layer: str, position: int) -> list[Floats]:
    """The feature maps (C, H, W) of one of the run's images in a layer, after each epoch."""
    network = copy.deepcopy(epochs[0].task.network).eval()
    at = torch.tensor([position])
    return [layer_output(network, epoch, layer, at)[0].float().numpy() for epoch in epochs]


def _pooled(output: Tensor) -> Tensor:
    """Maps (N, C, H, W) and tokens (N, T, C) are averaged over positions."""
    if output.ndim == 4:
        return output.mean((2, 3))
    return output.mean(1) if output.ndim == 3 else output.flatten(1)


def _labels(epoch: Epoch, positions: Tensor) -> tuple[str, ...]:
    data = epoch.data
    codes = data.labels[positions].tolist()
    if len(data.classes) < 2 or min(codes) < 0:
        return ()
    return tuple(data.classes[code] for code in codes)


def _frame(
    epoch: Epoch, features: list[Floats], frames: list[Frame], labels: tuple[str, ...], method: str, seed: int
) -> Frame:
    vectors = features[-1]
    ids = tuple(str(index) for index in range(len(vectors)))
    measured = Features(Embeddings(vectors=vectors, ids=ids, labels=labels))
    points = project(vectors, method, seed=seed).points
    if frames:
        points = procrustes_align(points, frames[-1].points)
    dead = dead_units(measured).details["units"]
    return Frame(
        epoch.number,
        points,
        knn_accuracy(measured).value if labels else None,
        _rank(measured),
        len(dead),
        vectors.shape[1],
        _similar(features[0], vectors),
    )


def _rank(features: Features) -> float | None:
    try:
        return effective_rank(features).value
    except Undefined:
        return None


def _similar(first: Floats, second: Floats) -> float | None:
    try:
        return similarity(first, second, _MEASURE)
    except BadInput:
        return None  # a layer that gives the same for every image has no similarity
