"""Photographs of free licence: two of scikit-learn, the others of scikit-image, whose authors stand beside them."""

from pathlib import Path

from PIL import Image

from featviz.data.images.reading import read_image

__all__ = ["PHOTOGRAPHS", "photograph"]

PHOTOGRAPHS = (
    *("china", "flower", "chelsea", "coffee", "astronaut", "camera", "clock"),
    *("retina", "hubble", "cell", "brick", "grass", "gravel", "rocket"),
)
"""Their names, in the order of the set; `assets/photographs/LICENSES.md` says where each comes from."""

FOLDER = Path(__file__).parents[3] / "assets" / "photographs"
_OF_SCIKIT_LEARN = ("china", "flower")


def photograph(name: str) -> Image.Image:
    """A photograph out of `PHOTOGRAPHS` as RGB, at most 640 pixels wide and high."""
    if name in _OF_SCIKIT_LEARN:
        from sklearn.datasets import load_sample_image

        return Image.fromarray(load_sample_image(f"{name}.jpg"))
    return read_image((FOLDER / f"{name}.jpg").read_bytes())
