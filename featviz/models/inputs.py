"""What a network takes: a specification of its input, and the processor that makes one of raw values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import torch
from PIL import Image
from torch import Tensor

from featviz.errors import BadInput
from featviz.render.rgb_image import rgb_image

__all__ = ["ImageProcessor", "InputSpec", "Modality", "Processor", "Transform", "check_image_input"]

Modality = Literal["image", "text", "audio", "table", "other"]
Transform = Callable[[Image.Image], Tensor]
Raw_contra = TypeVar("Raw_contra", contravariant=True)


@dataclass(frozen=True)
class InputSpec:
    """What a network takes.

    Attributes:
        modality: what the numbers stand for.
        shape: of one input, without the batch; of an image (C, H, W), of a text (tokens,).
        dtype: of the numbers; whole numbers are ids, such as those of tokens.
        ids: how many ids there are, for whole numbers; they count from 0.
    """

    modality: Modality
    shape: tuple[int, ...]
    dtype: torch.dtype = torch.float32
    ids: int = 0

    def example(self, batch: int = 1, *, seed: int = 0) -> Tensor:
        """An input to try a network with, (batch, *shape) on the CPU: evenly spread in [0, 1), or ids at random.

        Raises:
            BadInput: whole numbers without a number of ids.
        """
        generator = torch.Generator().manual_seed(seed)
        size = (batch, *self.shape)
        if self.dtype.is_floating_point:
            return torch.rand(size, generator=generator).to(self.dtype)
        if self.ids < 1:
            raise BadInput(
                f"An input of {self.dtype} needs the number of ids there are: InputSpec(..., ids=).",
                code="ids",
            )
        return torch.randint(self.ids, size, generator=generator, dtype=self.dtype)


def check_image_input(transform: object, input_size: object, input_channels: object) -> None:
    """Refuse what describes no input of images.

    Raises:
        BadInput: the transform cannot be called, or a size or a number of channels is no whole number above 0.
    """
    if not callable(transform):
        raise BadInput(
            f"transform makes a tensor (C, H, W) of an image; {transform!r} came.", code="transform"
        )
    for name, value in (("input_size", input_size), ("input_channels", input_channels)):
        if type(value) is not int or value < 1:
            raise BadInput(f"{name} is one whole number, as images are square; {value!r} came.", code=name)


class Processor(Protocol[Raw_contra]):
    """Makes a batch of raw values: what Hugging Face calls by this name."""

    def __call__(self, values: Raw_contra | Sequence[Raw_contra], /) -> Tensor:
        """One raw value or several -> a batch as the network takes it, on the CPU.

        Raises:
            BadInput: none came, or something else.
        """


@dataclass(frozen=True)
class ImageProcessor:
    """PIL images through a transform.

    Attributes:
        transform: one RGB image -> a normalised tensor (C, H, W); of a network that takes one channel it gets a
            gray image where an RGB one gives three.
        channels: that the network takes.
    """

    transform: Transform
    channels: int = 3

    def __call__(self, values: Image.Image | Sequence[Image.Image], /) -> Tensor:
        """PIL images -> a normalised batch (N, C, H, W) on the CPU.

        Raises:
            BadInput: no image, or something that is not one.
        """
        images = [values] if isinstance(values, Image.Image) else list(values)
        if not images or not all(isinstance(image, Image.Image) for image in images):
            raise BadInput("Expected one PIL image or several: featviz.data.read_image reads one from bytes.")
        return torch.stack([self._transformed(rgb_image(image)) for image in images])

    def _transformed(self, image: Image.Image) -> Tensor:
        tensor = self.transform(image)
        if self.channels == 1 and isinstance(tensor, Tensor) and tensor.ndim == 3 and len(tensor) == 3:
            return self.transform(image.convert("L"))
        return tensor
