"""The contact sheets of the README: what units look for, in both bundled networks and in SqueezeNet 1.1.

python -m tests.maximization_sheets [bundled] [squeezenet] [--weights WEIGHTS] [--steps STEPS]

SqueezeNet's pictures stand above torch-lucent's of the same units, of the same size, after as many steps and with
the same robustness (torch-lucent's own asks kornia for a function that it no longer has), where torch-lucent is
installed by hand. The first channels of each layer are shown, not the
best ones.
"""

import argparse
import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from featviz import Channel, Logit, LogProbability, each, load_model, maximize
from featviz.explain.maximization.recipes import RECIPES
from featviz.explain.units import Objective
from featviz.models.model import Model
from featviz.render.sheet import sheet
from tests.serving import ROOT

FOLDER = ROOT / "assets" / "screenshots"
RESNET = ("stem.relu", *(f"stage{stage}.1.relu2" for stage in (1, 2, 3)))
VIT = tuple(f"blocks.{block}" for block in range(4))
FIRES = ("features.5", "features.7", "features.9", "features.12")
CLASSES = ("flamingo", "tiger", "monarch", "pizza")
ACROSS = 6
SIZE = 224
OUTPUT = "classifier_1"

Tile = NDArray[np.uint8]


def drawn(model: Model, objectives: Sequence[Objective], **options: Any) -> list[Tile]:
    """The last pictures of a run."""
    *_, frame = maximize(model, each(objectives), every=20_000, **options)
    return list(pixels(frame.image))


def pixels(pictures: NDArray[Any]) -> Tile:
    """Pictures in [0, 1] as bytes."""
    return np.rint(255 * np.clip(pictures, 0, 1)).astype(np.uint8)


def lucents(model: Model, unit: Objective, steps: int) -> Tile:
    """torch-lucent's picture of the same unit; a class is its map before the mean."""
    objectives, param, render = (
        importlib.import_module(f"lucent.optvis.{name}") for name in ("objectives", "param", "render")
    )
    generator, changed = torch.Generator().manual_seed(0), RECIPES["lucid"].function((SIZE, SIZE))
    layer, channel = (
        (unit.layer.replace(".", "_"), unit.channel) if isinstance(unit, Channel) else (OUTPUT, unit.index)  # type: ignore[attr-defined]
    )
    found = render.render_vis(
        model.replica().requires_grad_(),
        objectives.channel(layer, channel),
        param_f=lambda: param.image(SIZE),
        transforms=[lambda pictures: changed(pictures, generator)],
        thresholds=(steps,),
        progress=False,
        show_image=False,
    )
    return pixels(found[-1][0])


def bundled(steps: int) -> None:
    """Layers through the depth, a row of channels for each, and a row of six classes, of both bundled networks."""
    for name, stages in (("shapes-resnet", RESNET), ("shapes-vit", VIT)):
        model = load_model(name)
        rows = [drawn(model, [Channel(one, n) for n in range(ACROSS)], steps=steps) for one in stages]
        classes = range(3, len(model.classes), len(model.classes) // ACROSS)[:ACROSS]
        rows.append(drawn(model, [LogProbability(index) for index in classes], steps=steps))
        columns = [f"{n} · {model.classes[index]}" for n, index in enumerate(classes)]
        keep(name, sheet(rows, rows=[*stages, "class"], columns=columns, tile=148))


def squeezenet(weights: Path, steps: int) -> None:
    """Classes and a channel of several fire modules, at 224 pixels, above torch-lucent's; kept after each unit."""
    model = load_model("torchvision/squeezenet1_1", weights=weights)
    compared = importlib.util.find_spec("lucent") is not None
    names = ["featviz", *["torch-lucent"] * compared]
    rows: list[list[Tile]] = [[] for _ in names]
    columns: list[str] = []
    for name, layer in zip(CLASSES, FIRES, strict=True):
        for title, unit in ((name, Logit(model.classes.index(name))), (layer, Channel(layer, 3))):
            columns.append(title if title == name else f"{layer}, channel 3")
            rows[0].append(drawn(model, [unit], steps=steps)[0])
            if compared:
                rows[1].append(lucents(model, unit, steps))
            keep("squeezenet", sheet(rows, rows=names, columns=columns, tile=160))


def keep(name: str, picture: Tile) -> None:
    """Write a sheet; pictures like these take a tenth of the space as JPEG."""
    Image.fromarray(picture).save(FOLDER / f"maximization_{name}.jpg", quality=85, optimize=True)


def main() -> None:
    """Draw the sheets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["bundled", "squeezenet"])
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--steps", type=int, default=512)
    options = parser.parse_args()
    if "squeezenet" in options.parts and options.weights is not None:
        squeezenet(options.weights, options.steps)
    if "bundled" in options.parts:
        bundled(options.steps)


if __name__ == "__main__":
    main()
