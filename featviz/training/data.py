"""Images as tensors that a network is trained and measured on, checked before training."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor

from featviz.data.sets.image_set import ImageSet
from featviz.data.sets.listing import Skipped
from featviz.data.sets.sample import Sample
from featviz.errors import BadImage, BadInput
from featviz.models.model import Model
from featviz.models.preprocessing import Preprocessing
from featviz.progress import Progress, yield_now
from featviz.training.input_shape import InputShape

__all__ = ["Labels", "TrainingData", "load_training_data"]

Labels = Literal["label", "shape", "texture"]
_CHUNK = 32
_LARGEST = 300 << 20


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Images, their labels and their division into training and held-out images.

    Attributes:
        name: of the image set.
        images: (N, 3, S, S) uint8, the images at the resolution the network takes.
        labels: (N,) int64, positions in `classes`; -1 where an image has no label.
        classes: the labels that occur; empty where there are none.
        ids: of the images, as in their set.
        training, held_out: positions of the images to learn from and to measure on, in random order.
        mean, std: (3,) of the training images' values in [0, 1], by which images are normalized.
        left_out: images that could not be read, each with its reason.
        factor: which of the images' labels are learned.
    """

    name: str
    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    ids: tuple[str, ...]
    training: Tensor
    held_out: Tensor
    mean: Tensor
    std: Tensor
    left_out: tuple[Skipped, ...] = ()
    factor: Labels = "label"

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the images, their labels and their division."""
        digest = hashlib.sha256(repr(self.classes).encode())
        for tensor in (self.images, self.labels, self.training, self.held_out, self.mean, self.std):
            digest.update(f"{tuple(tensor.shape)}".encode())
            digest.update(tensor.contiguous().numpy().data)
        return digest.hexdigest()

    @property
    def inputs(self) -> InputShape:
        """What a network for these images takes."""
        return InputShape(self.images.shape[1], self.images.shape[2])

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """Training and held-out images of each class."""
        trained, held = (Counter(self.labels[part].tolist()) for part in (self.training, self.held_out))
        return {name: (trained[index], held[index]) for index, name in enumerate(self.classes)}

    def normalized(self, images: Tensor) -> Tensor:
        """Images (B, 3, S, S) of 0 to 255 as the network takes them: float32, mean 0 and standard deviation 1."""
        mean, std = self.mean[:, None, None], self.std[:, None, None]
        return ((images.float() / 255 - mean) / std).contiguous(memory_format=torch.channels_last)

    def pixels(self, normalized: Tensor) -> Tensor:
        """The inverse of `normalized`, in [0, 1] before clipping."""
        return normalized * self.std[:, None, None] + self.mean[:, None, None]

    def seen_by(self, model: Model) -> TrainingData:
        """The same images, normalized as this model's own preprocessing does.

        Its mean and standard deviation are read off a black and a white image: (0 - mean) / std and (1 - mean) / std.

        Raises:
            BadInput: its input has another size or other channels, or its preprocessing does more than that.
        """
        if (model.input_channels, model.input_size) != (self.images.shape[1], self.images.shape[2]):
            raise BadInput(
                f"{model.name} takes {model.input_channels} channels of {model.input_size} x {model.input_size} "
                f"pixels; the images were read with {self.images.shape[2]}.",
                code="resolution",
            )
        size = (model.input_size, model.input_size)
        black, gray, white = (
            model.transform(Image.new("RGB", size, (value,) * 3)).amax((1, 2)) for value in (0, 51, 255)
        )
        std = 1 / (white - black)
        if not torch.allclose(gray, black + (white - black) / 5, atol=1e-4):
            raise BadInput(f"The preprocessing of {model.name} does more than normalize.", code="transform")
        return replace(self, mean=-black * std, std=std)

    @property
    def preprocessing(self) -> Preprocessing:
        """The same for one image at a time, as the trained network will need it."""
        size = self.inputs.size
        mean, std = (tuple(values.tolist()) for values in (self.mean, self.std))
        return Preprocessing(size, mean, std, resize=size, interpolation="bicubic")


def load_training_data(
    images: ImageSet, *, resolution: int, labels: Labels = "label", held_out: float = 0.2, seed: int = 0
) -> Iterator[Progress[TrainingData]]:
    """Read all images of a set, and divide them; each class is divided alike.

    Args:
        images: the set.
        resolution: height and width in pixels; each image's center square is scaled to it.
        labels: what is learned: the set's labels, or a factor that the images are made from.
        held_out: the fraction of images that is measured on and not learned from, in (0, 1).
        seed: of the division.

    Yields:
        images read of all; the last with the data.

    Raises:
        BadInput: fewer than two images can be read, there are more than memory is set aside for, or the images have
            no such factor.
    """
    _check_size(len(images), resolution)
    pixels: list[Tensor] = []
    said: list[str | None] = []
    ids: list[str] = []
    left_out = list(images.skipped)
    for index in range(len(images)):
        try:
            sample = images[index]
        except BadImage as error:
            left_out.append(Skipped(str(index), str(error), error.code))
        else:
            pixels.append(_square(sample.image, resolution))
            said.append(_label(sample, labels))
            ids.append(sample.id)
        if index % _CHUNK == 0:
            yield_now()
            yield Progress(index, len(images), "reading images")
    classes = tuple(each for each in _ordered(images, labels) if each in said)
    positions = torch.tensor([classes.index(each) if each in classes else -1 for each in said])
    stacked = _stacked(pixels)
    training, held = _divided(positions, held_out, Generator().manual_seed(seed))
    data = TrainingData(
        *(images.name, stacked, positions, classes, tuple(ids), training, held),
        *_moments(stacked[training]),
        tuple(left_out),
        labels,
    )
    yield Progress(len(images), len(images), "reading images", data)


def _stacked(pixels: list[Tensor]) -> Tensor:
    if len(pixels) < 2:
        raise BadInput(
            f"Training takes at least two images, one to learn from and one held out; {len(pixels)} came.",
            code="images",
        )
    return torch.stack(pixels)


def _check_size(count: int, resolution: int) -> None:
    size = count * 3 * resolution**2
    if size > _LARGEST:
        fewer = _LARGEST // (3 * resolution**2)
        raise BadInput(
            f"{count:,} images of {resolution} × {resolution} pixels take {size >> 20:,} MB of memory, and training "
            f"takes at most {_LARGEST >> 20}: choose a lower resolution, or at most {fewer:,} images.",
            code="size",
        )


def _square(image: Image.Image, resolution: int) -> Tensor:
    """As `Preprocessing` does it later: the shorter side is resized, and the square cut out of the middle."""
    short = min(image.size)
    if short != resolution:
        width, height = (int(resolution * side / short) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = (round((side - resolution) / 2) for side in image.size)
    image = image.crop((left, top, left + resolution, top + resolution))
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def _label(sample: Sample, labels: Labels) -> str | None:
    if labels == "label":
        return sample.label
    if sample.factors is None:
        raise BadInput(
            f"These images have no {labels}: only the Shapes world is made from it.", code="labels"
        )
    factor: str = getattr(sample.factors, labels)
    return factor


def _ordered(images: ImageSet, labels: Labels) -> list[str]:
    if labels == "label":
        return list(images.classes)
    factors = images.factors
    return (
        [] if factors is None else sorted({getattr(factors(index), labels) for index in range(len(images))})
    )


def _divided(labels: Tensor, fraction: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """A class of n images gives round(fraction n) to the held-out ones; one of several gives one, and keeps one.

    Where every class has but one image, all are divided as one class.
    """
    if len(torch.unique(labels)) == len(labels):
        labels = torch.zeros_like(labels)
    training, held = [], []
    for label in torch.unique(labels).tolist():
        members = (labels == label).nonzero().squeeze(1)
        members = members[torch.randperm(len(members), generator=generator)]
        count = min(max(1, round(fraction * len(members))), len(members) - 1)
        held.append(members[:count])
        training.append(members[count:])
    parts: Any = (torch.cat(part) for part in (training, held))
    first, second = (part[torch.randperm(len(part), generator=generator)] for part in parts)
    return first, second


def _moments(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel, exactly: from how often each of the 256 values occurs."""
    counts = torch.zeros(images.shape[1], 256, dtype=torch.float64)
    for chunk in torch.split(images, 256):
        for channel, values in enumerate(chunk.unbind(1)):
            counts[channel] += torch.bincount(values.flatten(), minlength=256)
    frequency, values = counts / counts.sum(1, keepdim=True), torch.arange(256, dtype=torch.float64) / 255
    mean = frequency @ values
    variance = (frequency * (values - mean[:, None]).square()).sum(1)
    return mean.float(), variance.sqrt().clamp_min(1e-3).float()
