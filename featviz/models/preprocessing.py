"""Preprocessing: what makes an image the input of a network, as plain numbers that can be read, changed and told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple

from PIL import Image
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms._presets import ImageClassification

from featviz.errors import BadInput

__all__ = ["STATISTICS", "Basis", "Preprocessing", "Statistics", "parsed_statistics", "preprocessing_of"]

Basis = Literal["given", "file", "weights", "assumed"]
"""Where numbers come from: who loads the network, its file, the shapes of its weights, or nowhere."""

_LARGEST_SIZE = 2048
_RGB = 3
_SENTENCES: dict[Basis, str] = {
    "file": "Read from {where}: {what}.",
    "weights": "Inferred from the shapes of the weights: {what}.",
    "assumed": "Assumed, as the file does not say: {what}.",
}


class Statistics(NamedTuple):
    """A mean and a standard deviation that networks are often trained with, and what people call them."""

    name: str
    mean: tuple[float, ...]
    std: tuple[float, ...]


STATISTICS = {
    "imagenet": Statistics("ImageNet", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "cifar10": Statistics("CIFAR-10", (0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
    "half": Statistics("0.5 and 0.5: values from -1 to 1", (0.5,) * 3, (0.5,) * 3),
    "unit": Statistics("None: values from 0 to 1", (0.0,) * 3, (1.0,) * 3),
    "bytes": Statistics("None: values from 0 to 255", (0.0,) * 3, (1 / 255,) * 3),
    "mnist": Statistics("MNIST", (0.1307,), (0.3081,)),
}
"""The usual ones by id, of values in [0, 1]."""


@dataclass(frozen=True)
class Preprocessing:
    """Resize the shorter side, cut the square out of the middle, and normalize: (value - mean) / std.

    Attributes:
        input_size: height and width of what comes out, in pixels.
        mean: of the values in [0, 1], for each channel; one for a network of gray images.
        std: standard deviation of the values in [0, 1], for each channel.
        resize: pixels of the shorter side before the square is cut out, at least `input_size`.
        interpolation: such as "bilinear" or "bicubic".
        size_basis: where the size comes from; equal ones may come from elsewhere.
        statistics_basis: where the mean and the standard deviation come from.
        where: what said so, if it was a file.
    """

    input_size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    resize: int
    interpolation: str = "bilinear"
    size_basis: Basis = field(default="given", compare=False)
    statistics_basis: Basis = field(default="given", compare=False)
    where: str = field(default="", compare=False)

    def __call__(self, image: Image.Image) -> Tensor:
        """One image -> a normalised tensor (channels, input_size, input_size)."""
        shown = image.convert("L") if len(self.mean) == 1 else image.convert("RGB")
        tensor: Tensor = self._transform(shown)
        return tensor

    @cached_property
    def _transform(self) -> Any:
        return ImageClassification(
            crop_size=self.input_size,
            resize_size=self.resize,
            mean=self.mean,
            std=self.std,
            interpolation=InterpolationMode(self.interpolation),
        )

    @property
    def statistics(self) -> str:
        """The id of its mean and standard deviation in `STATISTICS`; "" for others."""
        own = _rounded(self.mean), _rounded(self.std)
        ids = (key for key, each in STATISTICS.items() if (_rounded(each.mean), _rounded(each.std)) == own)
        return next(ids, "")

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what was read, inferred or assumed; none of what was given."""
        parts = ((self.size_basis, self.size_text), (self.statistics_basis, self.statistics_text))
        by_basis: dict[Basis, list[str]] = {}
        for basis, text in parts:
            by_basis.setdefault(basis, []).append(text)
        return tuple(
            _SENTENCES[basis].format(where=self.where or "the file", what=" and ".join(texts))
            for basis, texts in by_basis.items()
            if basis != "given"
        )

    @property
    def size_text(self) -> str:
        """The size in words."""
        return f"{self.input_size} × {self.input_size} pixels"

    @property
    def statistics_text(self) -> str:
        """The mean and the standard deviation in words."""
        known = STATISTICS.get(self.statistics)
        if known is not None and not known.name.startswith(("None", "0.5")):
            return f"the mean and standard deviation of {known.name}"
        mean, std = (
            "/".join(f"{each:.4g}" for each in dict.fromkeys(part)) for part in (self.mean, self.std)
        )
        return f"mean {mean}, standard deviation {std}"

    def changed(
        self,
        input_size: int | None = None,
        mean: float | Sequence[float] | None = None,
        std: float | Sequence[float] | None = None,
    ) -> Preprocessing:
        """The same with another size, mean or standard deviation; at another size nothing is cut off a square image.

        Raises:
            BadInput: no size from 1 to 2048, no finite numbers, a deviation of 0, or not one for each channel.
        """
        size = self.input_size if input_size is None else _checked_size(input_size)
        channels = len(self.mean)
        return replace(
            self,
            input_size=size,
            resize=self.resize if size == self.input_size else size,
            mean=self.mean if mean is None else _per_channel("mean", mean, channels),
            std=self.std if std is None else _per_channel("std", std, channels),
            size_basis=self.size_basis if input_size is None else "given",
            statistics_basis=self.statistics_basis if mean is None and std is None else "given",
        )


def parsed_statistics(text: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean and the standard deviation that a text stands for: an id, or numbers such as "0.5,0.5,0.5/0.25".

    Raises:
        BadInput: it stands for none.
    """
    if text in STATISTICS:
        return STATISTICS[text].mean, STATISTICS[text].std
    parts = [part.split(",") for part in text.split("/")]
    if len(parts) != 2 or not {len(part) for part in parts} <= {1, _RGB}:
        raise BadInput(f"{text!r} names no mean and standard deviation.", code="mean")
    channels = max(map(len, parts))
    mean, std = (
        _per_channel(name, part, channels) for name, part in zip(("mean", "std"), parts, strict=True)
    )
    return mean, std


def preprocessing_of(transform: object) -> Preprocessing:
    """The numbers of a transform, torchvision's for classification or one of these.

    Raises:
        BadInput: of another transform; nobody can know what it does.
    """
    if isinstance(transform, Preprocessing):
        return transform
    if not isinstance(transform, ImageClassification):
        raise BadInput(
            "The size, the mean and the deviation are part of this network's transform: give another transform.",
            code="transform",
        )
    return Preprocessing(
        input_size=int(transform.crop_size[0]),
        mean=tuple(map(float, transform.mean)),
        std=tuple(map(float, transform.std)),
        resize=int(transform.resize_size[0]),
        interpolation=transform.interpolation.value,
    )


def _per_channel(name: str, value: object, channels: int) -> tuple[float, ...]:
    """One number for each channel; a single one counts for all.

    Args:
        name: "mean" or "std", for which 0 is no value.
        value: a number or several.
        channels: how many there are.

    Raises:
        BadInput: not as many finite numbers, or a standard deviation that is not above 0.
    """
    try:
        several = isinstance(value, Sequence) and not isinstance(value, str)
        numbers = [float(each) for each in (value if several else [value])]  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        numbers = []
    numbers = numbers * channels if len(numbers) == 1 else numbers
    fits = len(numbers) == channels and all(abs(each) < 1e6 for each in numbers)
    if not fits or (name == "std" and min(numbers) <= 0):
        more = ", above 0" if name == "std" else ""
        count = "one number" if channels == 1 else f"one number or {channels}, one for each channel"
        raise BadInput(f"{name} is {count}{more}; {value!r} came.", code=name)
    return tuple(numbers)


def _checked_size(size: int) -> int:
    if type(size) is not int or not 1 <= size <= _LARGEST_SIZE:
        raise BadInput(
            f"input_size is one whole number up to {_LARGEST_SIZE}, as images are square; {size!r} came.",
            code="input_size",
        )
    return size


def _rounded(numbers: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(each, 3) for each in numbers)
