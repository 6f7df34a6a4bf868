"""The contact sheets of the README: what units look for, in both bundled networks and in SqueezeNet 1.1.

python -m tests.maximization_sheets [WEIGHTS] [--steps STEPS]

Without the file of SqueezeNet's weights, the bundled networks' sheets are drawn alone. The first channels of each
layer are shown, not the best ones.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featviz import Channel, LogProbability, each, load_model, maximize
from featviz.explain.units import Objective
from featviz.models.model import Model
from featviz.render.sheet import sheet
from tests.serving import ROOT

FOLDER = ROOT / "assets" / "screenshots"
RESNET = ("stem.relu", *(f"stage{stage}.{block}.relu2" for stage in (1, 2, 3) for block in (0, 1)))
VIT = tuple(f"blocks.{block}" for block in range(4))
FIRES = tuple(f"features.{number}" for number in (3, 5, 7, 9, 10, 12))
CLASSES = [
    "goldfish",
    "flamingo",
    "tabby",
    "tiger",
    "ladybug",
    "monarch",
    "espresso",
    "pizza",
    "strawberry",
    "volcano",
    "school bus",
    "chain mail",
]
ACROSS = 6

Tiles = list[NDArray[np.uint8] | None]


def drawn(model: Model, objectives: Sequence[Objective], **options: Any) -> Tiles:
    """The last pictures of a run."""
    *_, frame = maximize(model, each(objectives), every=20_000, **options)
    return list((255 * frame.image).round().astype(np.uint8))


def layers(model: Model, names: Sequence[str], **options: Any) -> NDArray[np.uint8]:
    """The first channels of each layer, a row for each."""
    rows = [drawn(model, [Channel(name, n) for n in range(ACROSS)], **options) for name in names]
    return sheet(rows, rows=names, columns=[f"channel {n}" for n in range(ACROSS)], tile=128)


def classes(model: Model, names: Sequence[str], **options: Any) -> NDArray[np.uint8]:
    """Classes by name, six in a row."""
    tiles = drawn(model, [LogProbability(model.classes.index(name)) for name in names], **options)
    starts = range(0, len(names), ACROSS)
    parts = [
        sheet([tiles[n : n + ACROSS]], rows=["class"], columns=names[n : n + ACROSS], tile=160)
        for n in starts
    ]
    return np.concatenate(parts)


def keep(name: str, picture: NDArray[np.uint8]) -> None:
    """Write a sheet; pictures like these take a tenth of the space as JPEG."""
    Image.fromarray(picture).save(FOLDER / f"maximization_{name}.jpg", quality=85, optimize=True)


def bundled(steps: int) -> None:
    """Every stage, and twelve classes, of both bundled networks."""
    for name, stages in (("shapes-resnet", RESNET), ("shapes-vit", VIT)):
        model = load_model(name)
        keep(name, layers(model, stages, steps=steps))
        keep(f"{name}_classes", classes(model, model.classes[:: len(model.classes) // 12][:12], steps=steps))


def squeezenet(weights: Path, steps: int) -> None:
    """Several fire modules and twelve classes, at 224 pixels."""
    model = load_model("torchvision/squeezenet1_1", weights=weights)
    keep("squeezenet_classes", classes(model, CLASSES, steps=steps))
    keep("squeezenet", layers(model, FIRES, steps=steps))


def main() -> None:
    """Draw the sheets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", nargs="?", type=Path)
    parser.add_argument("--steps", type=int, default=512)
    options = parser.parse_args()
    bundled(options.steps)
    if options.weights is not None:
        squeezenet(options.weights, options.steps)


if __name__ == "__main__":
    main()
