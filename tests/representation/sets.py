"""Pictures as files, a network that counts its passes, and vectors worked out one picture at a time."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms.functional import pil_to_tensor

from featviz.data.sets.image_set import ImageSet
from featviz.models.model import Model
from featviz.models.recording import record
from tests.data.hostile_archives import jpeg
from tests.toys import seeded, wrapped


class Counting(nn.Module):
    """A small network for 16×16 pictures that notes the size of every batch that goes through any replica."""

    def __init__(self, note: Callable[[int], None]) -> None:
        super().__init__()
        self.note = note
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(6, 4, 3, padding=1)
        self.head = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        self.note(len(x))
        return self.head(self.second(self.relu(self.first(x))).mean((2, 3)))


def counting(seed: int = 0, kind: type[Counting] = Counting) -> tuple[Model, list[int]]:
    """A network of that kind, and the list of its passes, empty."""
    passes: list[int] = []
    model = resizing(wrapped(seeded(lambda: kind(passes.append), seed)))
    _ = model.layers, model.fingerprint
    passes.clear()
    return model, passes


def resizing(model: Model) -> Model:
    """The model, made to take pictures of any size."""
    return replace(model, transform=_small)


def _small(image: Image.Image) -> Tensor:
    return pil_to_tensor(image.resize((16, 16))).float() / 255


def pictures(count: int, damaged: tuple[int, ...] = ()) -> list[tuple[str, bytes]]:
    files = [(f"{'ab'[number % 2]}/{number:03}.jpg", jpeg(number)) for number in range(count)]
    return [(name, data[:300] if place in damaged else data) for place, (name, data) in enumerate(files)]


def by_hand(model: Model, images: ImageSet, layer: str) -> dict[str, np.ndarray]:
    """The mean of a layer's output for every picture that can be decoded, one pass each."""
    found = {}
    for position in range(len(images)):
        sample = images[position]
        output = record(model, model.preprocess(sample.image), layer)[layer]
        found[sample.id] = (
            torch.flatten(output, 2).mean(2)[0].numpy() if output.ndim > 2 else output[0].numpy()
        )
    return found
