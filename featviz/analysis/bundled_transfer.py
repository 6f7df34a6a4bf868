"""What transfer from a bundled network is worth, measured for the page Transfer and read from a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from featviz.analysis.label_efficiency import LabelEfficiency, Point, label_efficiency
from featviz.data.sets.image_set import ImageSet
from featviz.models.sources.load import load_model
from featviz.progress import Progress, finished
from featviz.training.bundle.runs import FOLDER
from featviz.training.data import Labels, load_training_data

__all__ = ["TRANSFERS", "Transfer", "bundled_transfer", "measure_transfer"]

_SETTINGS = {"steps": 80, "rate": 0.01}


@dataclass(frozen=True)
class Transfer:
    """A network, and the images and labels that it is used for."""

    name: str
    title: str
    description: str
    model: str
    images: str
    length: int
    labels: Labels = "label"


TRANSFERS = {
    each.name: each
    for each in (
        Transfer(
            "shapes",
            "The Shapes world, by shape alone",
            "shapes-resnet has learned these shapes before, from other images of them: the best case there is.",
            "shapes-resnet",
            "shapes",
            1000,
            "shape",
        ),
        Transfer(
            "digits",
            "Handwritten digits",
            "shapes-resnet has never seen writing: what it knows of edges may help, and the rest not.",
            "shapes-resnet",
            "digits",
            1000,
        ),
    )
}


def measure_transfer(name: str, folder: Path = FOLDER) -> Iterator[Progress[LabelEfficiency]]:
    """Measure it anew and write it to `folder/transfer-<name>.json`."""
    recipe = TRANSFERS[name]
    model = load_model(recipe.model)
    data = finished(
        load_training_data(
            ImageSet.bundled(recipe.images, recipe.length),
            resolution=model.input_size,
            labels=recipe.labels,
            held_out=0.4,
        )
    )
    last: Progress[LabelEfficiency] | None = None
    for last in label_efficiency(model, data, **_SETTINGS):  # type: ignore[arg-type]
        yield last
    if last is not None and last.result is not None:
        text = json.dumps(
            {
                **asdict(last.result),
                "command": f"python -m featviz.analysis {name}",
                "held_out": len(data.held_out),
                "settings": _SETTINGS,
            },
            indent=1,
        )
        (folder / f"transfer-{name}.json").write_text(text + "\n", encoding="utf-8")


@cache
def bundled_transfer(name: str, folder: Path = FOLDER) -> LabelEfficiency:
    """The accuracies as they were measured."""
    known = json.loads((folder / f"transfer-{name}.json").read_text(encoding="utf-8"))
    points = tuple(
        Point(each["approach"], each["labels"], tuple(each["accuracies"])) for each in known["points"]
    )
    changes = tuple((name, value) for name, value in known["changes"])
    return LabelEfficiency(known["model"], known["images"], points, changes)
