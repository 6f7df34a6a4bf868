"""The contact sheets of the README: what units look for, in both bundled networks and in SqueezeNet 1.1.

python -m tests.maximization_sheets [shapes-resnet] [shapes-vit] [squeezenet]
    [--weights WEIGHTS] [--classes 12] [--channels 3] [--steps 512] [--pictures FOLDER]

SqueezeNet needs its WEIGHTS: pictures of 224 pixels above torch-lucent's of the same units after as many steps, each
painter with its own defaults, where torch-lucent is installed by hand. The first channels of each layer are shown,
not the best ones. Pictures found in FOLDER are not made again.
"""

import argparse
import importlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from featviz import Channel, Logit, LogProbability, each, load_model, maximize
from featviz.explain.targets.units import Objective
from featviz.models.model import Model
from featviz.render.sheet import sheet
from tests.serving import ROOT

FOLDER = ROOT / "assets" / "screenshots"
RELUS = (
    "stem.relu",
    *(f"stage{stage}.{block}.relu{n}" for stage in (1, 2, 3) for block in (0, 1) for n in (1, 2)),
)
BLOCKS = (
    "embedding",
    *(f"blocks.{block}{part}" for block in range(4) for part in (".mlp.gelu", "")),
)
FIRES = ("features.4", "features.7", "features.9", "features.12")
CLASSES = (
    "flamingo",
    "tiger",
    "monarch",
    "pizza",
    "goldfish",
    "peacock",
    "zebra",
    "daisy",
    "volcano",
    "steam locomotive",
    "strawberry",
    "jellyfish",
)
ACROSS = 8
TILE = 116
SIZE = 224
OUTPUT = "classifier_1"

Tile = NDArray[np.uint8]
Painter = Callable[[Model, Sequence[Objective], int], list[Tile]]


def featviz(model: Model, units: Sequence[Objective], steps: int) -> list[Tile]:
    """The last pictures of a run."""
    *_, frame = maximize(model, each(units), every=20_000, steps=steps)
    return [pixels(picture) for picture in frame.image]


def lucent(model: Model, units: Sequence[Objective], steps: int) -> list[Tile]:
    """torch-lucent's pictures; a class is its map before the mean."""
    objectives, param, render = (
        importlib.import_module(f"lucent.optvis.{name}") for name in ("objectives", "param", "render")
    )
    restore_kornia()
    # spared what costs time and changes no picture: gradients for weights, float32, layers behind the last one
    network: Any = model.execution_replica(keep=[unit.layer for unit in units if isinstance(unit, Channel)])
    network.forward = torch.autocast("cpu", torch.bfloat16)(network.forward)
    layers = [int(unit.layer.rpartition(".")[2]) for unit in units if isinstance(unit, Channel)]
    if len(layers) == len(units):
        last = max(layers)
        network.features, network.classifier = network.features[: last + 1], torch.nn.Identity()
    found = []
    for unit in units:
        of_channel = isinstance(unit, Channel)
        place = (unit.layer.replace(".", "_"), unit.channel) if of_channel else (OUTPUT, unit.index)  # type: ignore[attr-defined]
        torch.manual_seed(0)
        np.random.seed(0)
        pictures = render.render_vis(
            network,
            objectives.channel(*place),
            param_f=partial(param.image, SIZE),
            thresholds=(steps,),
            progress=False,
            show_image=False,
        )
        found.append(pixels(pictures[-1][0]))
    return found


def restore_kornia() -> None:
    """The two functions of kornia that torch-lucent turns pictures with, under the names they had."""
    kornia, now = importlib.import_module("kornia"), importlib.import_module("kornia.geometry.transform")
    for name in ("get_rotation_matrix2d", "warp_affine"):
        setattr(kornia, name, getattr(now, name))


def pixels(picture: NDArray[Any]) -> Tile:
    """A picture in [0, 1] as bytes."""
    tile: Tile = np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)
    return tile


@dataclass(frozen=True)
class Studio:
    """Where pictures are made, unless they are there already."""

    steps: int
    folder: Path | None

    def row(self, painter: Painter, model: Model, units: Sequence[Objective]) -> list[Tile]:
        """A picture of each unit."""
        found = {unit: self.found(painter, model, unit) for unit in units}
        missing = [unit for unit, tile in found.items() if tile is None]
        for unit, tile in zip(missing, painter(model, missing, self.steps) if missing else [], strict=True):
            found[unit] = tile
            if self.folder is not None:
                self.folder.mkdir(parents=True, exist_ok=True)
                Image.fromarray(tile).save(self.folder / self.name(painter, model, unit))
        return [tile for tile in found.values() if tile is not None]

    def found(self, painter: Painter, model: Model, unit: Objective) -> Tile | None:
        """A picture that has been made before."""
        path = None if self.folder is None else self.folder / self.name(painter, model, unit)
        return np.asarray(Image.open(path)) if path is not None and path.exists() else None

    def name(self, painter: Painter, model: Model, unit: Objective) -> str:
        """Of the file in which a picture is kept."""
        return f"{painter.__name__}_{model.name}_{unit}_{self.steps}.png".replace("/", "_")


def bundled(name: str, layers: Sequence[str], studio: Studio) -> None:
    """A row of channels for each layer, and a row of classes."""
    model = load_model(name)
    rows = [studio.row(featviz, model, channels(layer)) for layer in layers]
    heads = [f"channel {number}" for number in range(ACROSS)]
    classes = range(3, len(model.classes), len(model.classes) // ACROSS)[:ACROSS]
    last = [studio.row(featviz, model, [LogProbability(index) for index in classes])]
    names, widest = [model.classes[index] for index in classes], max(map(len, layers))
    below = sheet(last, rows=["class".ljust(widest)], columns=names, tile=TILE)
    keep(name, np.concatenate([sheet(rows, rows=layers, columns=heads, tile=TILE), below]))


def channels(layer: str) -> list[Objective]:
    """The first ones of a layer."""
    return [Channel(layer, number) for number in range(ACROSS)]


def squeezenet(weights: Path, units: Sequence[tuple[str, str | Channel]], studio: Studio) -> None:
    """Classes by their logit and channels of fire modules, eight beside each other, each painter below the other."""
    model = load_model("torchvision/squeezenet1_1", weights=weights)
    painters = [featviz, lucent] if importlib.util.find_spec("lucent") else [featviz]
    parts = []
    for first in range(0, len(units), ACROSS):
        titles, meant = zip(*units[first : first + ACROSS], strict=True)
        chosen = [Logit(model.classes.index(unit)) if isinstance(unit, str) else unit for unit in meant]
        empty = [None] * (ACROSS - len(chosen))
        rows = [[*studio.row(painter, model, chosen), *empty] for painter in painters]
        heads = ["featviz", "torch-lucent"][: len(painters)]
        parts.append(sheet(rows, rows=heads, columns=[*titles, *[""] * len(empty)], tile=136))
    keep("squeezenet", np.concatenate(parts))


def compared(classes: int, channels_each: int) -> list[tuple[str, str | Channel]]:
    """So many classes, and so many channels of each fire module, with what stands above them."""
    named: list[tuple[str, str | Channel]] = [(name, name) for name in CLASSES[:classes]]
    fires = [Channel(layer, number) for number in range(channels_each) for layer in FIRES]
    return named + [(f"{unit.layer}, {unit.channel}", unit) for unit in fires]


def keep(name: str, picture: Tile) -> None:
    """Write a sheet; pictures like these take a tenth of the space as JPEG."""
    Image.fromarray(picture).save(FOLDER / f"maximization_{name}.jpg", quality=84, optimize=True)


def main() -> None:
    """Draw the sheets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["shapes-resnet", "shapes-vit", "squeezenet"])
    parser.add_argument("--weights", type=Path, help="of SqueezeNet 1.1")
    parser.add_argument("--classes", type=int, default=12, help="of SqueezeNet")
    parser.add_argument("--channels", type=int, default=3, help="of each of SqueezeNet's fire modules")
    parser.add_argument("--steps", type=int, default=512)
    parser.add_argument("--pictures", type=Path, help="where finished pictures are kept and found")
    options = parser.parse_args()
    studio = Studio(options.steps, options.pictures)
    for name, layers in (("shapes-resnet", RELUS), ("shapes-vit", BLOCKS)):
        if name in options.parts:
            bundled(name, layers, studio)
    if "squeezenet" in options.parts and options.weights is not None:
        squeezenet(options.weights, compared(options.classes, options.channels), studio)


if __name__ == "__main__":
    main()
