"""Image sets: images with ids, labels and, where known, the truth about them, made when asked for."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featviz.data.digits import DIGITS_CLASSES, DIGITS_HELD_OUT, digit_image, digits_split
from featviz.data.shapes import HELD_OUT_LENGTH, HELD_OUT_SEED, SHAPES_CLASSES, ShapesFactors, shapes_image
from featviz.errors import BadInput

_PHOTOS = ("china", "flower")


@dataclass(frozen=True, eq=False)
class Sample:
    """One image of a set.

    Attributes:
        image: RGB.
        id: stable and unique among all sets, such as "shapes/17".
        label: the name of its class, where it has one.
        mask: (H, W), true where the thing shown is, where that is known.
        factors: all that the image was made from, where that is known.
    """

    image: Image.Image
    id: str
    label: str | None = None
    mask: NDArray[np.bool_] | None = None
    factors: ShapesFactors | None = None


class ImageSet:
    """A named sequence of samples; `images[i]` makes the i-th anew each time, the same in every process.

    Attributes:
        name: the set's name.
        classes: the labels that occur, in the order of the networks' logits; empty where there are no labels.
    """

    def __init__(
        self, name: str, length: int, sample: Callable[[int], Sample], classes: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self.classes = classes
        self._length = length
        self._sample = sample

    @staticmethod
    def bundled(name: str) -> "ImageSet":
        """Open a set that comes with featviz; none of its images was trained on by the bundled networks.

        Args:
            name: "shapes" (2,000 pictures 64x64 with masks and factors), "digits" (500 scans 32x32) or
                "photos" (2 photographs 640x427).

        Raises:
            BadInput: there is no such set.
        """
        if name not in _BUNDLED:
            raise BadInput(
                f"No bundled image set is called {name!r}; choose one of {', '.join(_BUNDLED)}.",
                code="ImageSetNotFound",
            )
        return _BUNDLED[name]()

    def __len__(self) -> int:
        """Count the images."""
        return self._length

    def __getitem__(self, index: SupportsIndex) -> Sample:
        """Make the sample at `index`; negative ones count from the end.

        Raises:
            BadInput: the set has no such index.
        """
        try:
            position = range(self._length)[operator.index(index)]
        except (IndexError, TypeError):
            raise BadInput(
                f"{self.name} has no image {index!r}; its {self._length} images are numbered "
                f"0 to {self._length - 1}.",
                code="ImageNotFound",
            ) from None
        return self._sample(position)

    def __iter__(self) -> Iterator[Sample]:
        """Make one sample after the other."""
        return map(self._sample, range(self._length))

    def __repr__(self) -> str:
        """Say which set this is and how long."""
        return f"<ImageSet {self.name}: {self._length} images>"


def _shapes() -> ImageSet:
    return ImageSet("shapes", HELD_OUT_LENGTH, _shapes_sample, SHAPES_CLASSES)


def _shapes_sample(index: int) -> Sample:
    picture = shapes_image(HELD_OUT_SEED, index)
    image = Image.fromarray(picture.pixels)
    return Sample(image, f"shapes/{index}", picture.factors.label, picture.mask, picture.factors)


def _digits() -> ImageSet:
    held_out = digits_split()[1].tolist()

    def sample(index: int) -> Sample:
        image, label = digit_image(held_out[index])
        return Sample(image, f"digits/{index}", label)

    return ImageSet("digits", DIGITS_HELD_OUT, sample, DIGITS_CLASSES)


def _photos() -> ImageSet:
    return ImageSet("photos", len(_PHOTOS), _photo)


def _photo(index: int) -> Sample:
    from sklearn.datasets import load_sample_image

    name = _PHOTOS[index]
    return Sample(Image.fromarray(load_sample_image(f"{name}.jpg")), f"photos/{name}")


_BUNDLED: dict[str, Callable[[], ImageSet]] = {"shapes": _shapes, "digits": _digits, "photos": _photos}
