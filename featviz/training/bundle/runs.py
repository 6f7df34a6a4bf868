"""The finished runs that come with featviz: each epoch's weights and what was recorded, trained from a seed."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput
from featviz.models.sources.bundled import NETWORKS as ASSETS
from featviz.progress import Progress, finished
from featviz.training.data import Labels, TrainingData, load_training_data
from featviz.training.epoch import Epoch, Step
from featviz.training.learning import learn
from featviz.training.run import TrainingRun, prepare

__all__ = ["RUNS", "BundledRun", "bundled_run", "train_run"]

FOLDER = ASSETS.parent / "runs"
_DIGITS = 4  # significant ones of what is recorded


@dataclass(frozen=True)
class BundledRun:
    """How a run that comes along is trained.

    Attributes:
        name: of its folder.
        title: what it is called on a page.
        description: one sentence.
        images, length: the bundled image set, and how many of it.
        resolution: height and width in pixels.
        labels: what is learned.
        network, method, epochs, seed, options: as `featviz.train` takes them.
    """

    name: str
    title: str
    description: str
    images: str
    length: int
    resolution: int
    network: str
    method: str
    epochs: int
    labels: Labels = "label"
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    def data(self) -> TrainingData:
        """Read the images."""
        return finished(
            load_training_data(
                ImageSet.bundled(self.images, self.length), resolution=self.resolution, labels=self.labels
            )
        )

    def prepared(self, data: TrainingData) -> TrainingRun:
        """The run before its first step."""
        return prepare(
            self.network, data, method=self.method, epochs=self.epochs, seed=self.seed, **self.options
        )


RUNS: dict[str, BundledRun] = {
    each.name: each
    for each in (
        BundledRun(
            "shapes-texture",
            "Textures of the Shapes world, supervised",
            "A plain CNN learns from labels which of eight textures a shape has.",
            "shapes",
            2000,
            48,
            "cnn",
            "supervised",
            12,
            labels="texture",
            options={"depth": 4, "width": 12, "batch": 50, "augmentation": "mirror"},
        ),
        BundledRun(
            "digits",
            "Handwritten digits, supervised",
            "A plain CNN learns from labels to read digits.",
            "digits",
            1797,
            32,
            "cnn",
            "supervised",
            10,
            options={"depth": 3, "width": 12, "batch": 32, "augmentation": "shift"},
        ),
        BundledRun(
            "digits-autoencoder",
            "Handwritten digits, variational autoencoder",
            "A convolutional network learns without labels to rebuild digits from a code of two numbers.",
            "digits",
            1797,
            32,
            "variational_autoencoder",
            "reconstruction",
            30,
            options={"code": 2, "width": 12, "depth": 3, "batch": 32, "rate": 4e-3, "beta": 0.3},
        ),
        BundledRun(
            "shapes-simclr",
            "The Shapes world without labels, SimCLR",
            "A plain CNN learns without labels to tell two views of an image from all other images.",
            "shapes",
            2000,
            32,
            "cnn",
            "simclr",
            20,
            labels="texture",
            options={"depth": 3, "width": 24, "batch": 128, "rate": 4e-3, "temperature": 0.2},
        ),
    )
}


def train_run(name: str, folder: Path = FOLDER) -> Iterator[Progress[TrainingRun]]:
    """Train a run that comes along and write it to `folder/name`.

    Weights are kept as float16; what is told of each epoch is measured with these.
    """
    started, recipe = time.process_time(), _recipe(name)
    run = recipe.prepared(recipe.data())
    yield from learn(run)
    epochs = [_rounded(run, epoch) for epoch in run.epochs]
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    weights = {
        f"{epoch.number}/{key}": _half(value) for epoch in epochs for key, value in epoch.weights.items()
    }
    (target / "epochs.safetensors").write_bytes(safetensors.torch.save(weights))
    card = {
        "title": recipe.title,
        "description": recipe.description,
        "command": f"python -m featviz.training --run {name}",
        "seconds": round(time.process_time() - started),
        "licence": "MIT",
        "spec": asdict(run.spec),
        "parameters": run.parameter_counts[1],
        "epochs": [
            {
                "number": epoch.number,
                "step": epoch.step,
                "seconds": round(epoch.seconds, 2),
                "metrics": {key: _short(value) for key, value in epoch.metrics.items()},
            }
            for epoch in epochs
        ],
        "steps": [_step_values(step) for step in run.steps],
    }
    (target / "card.json").write_text(json.dumps(card, separators=(",", ":")) + "\n", encoding="utf-8")


def bundled_run(name: str, folder: Path = FOLDER) -> TrainingRun:
    """A finished run, read from its files: its steps, its epochs, and its network as it was at the end.

    Raises:
        BadInput: no run of this name comes along.
    """
    recipe = _recipe(name)
    card = json.loads((folder / name / "card.json").read_text(encoding="utf-8"))
    weights = safetensors.torch.load_file(folder / name / "epochs.safetensors")
    run = recipe.prepared(recipe.data())
    for values in card["steps"]:
        number, epoch, loss, accuracy, rate, gradients, parameters = values
        accuracy = math.nan if accuracy is None else accuracy
        run.steps.append(Step(number, epoch, loss, accuracy, rate, tuple(gradients), tuple(parameters)))
    for about in card["epochs"]:
        own = {
            key.partition("/")[2]: _full(value)
            for key, value in weights.items()
            if key.startswith(f"{about['number']}/")
        }
        run.epochs.append(
            Epoch(
                about["number"],
                about["metrics"],
                about["step"],
                about["seconds"],
                own,
                run.task,
                run.data,
                name,
            )
        )
    run.task.network.load_state_dict(dict(run.epochs[-1].weights))
    run.task.module.eval()
    return run


def _recipe(name: str) -> BundledRun:
    if name not in RUNS:
        raise BadInput(f"No run called {name!r} comes along: there are {', '.join(RUNS)}.", code="run")
    return RUNS[name]


@torch.no_grad()
def _rounded(run: TrainingRun, epoch: Epoch) -> Epoch:
    """The epoch with weights as they are kept; classification and reconstruction are measured anew with them."""
    weights = {name: _full(_half(value)) for name, value in epoch.weights.items()}
    if run.task.module is not run.task.network:
        return replace(epoch, weights=weights)  # its head is not kept, and neither can it be measured again
    run.task.network.load_state_dict(weights)
    run.task.module.eval()
    return replace(epoch, weights=weights, metrics={**epoch.metrics, **run.task.measure()})


def _half(value: Tensor) -> Tensor:
    return (value.half() if value.is_floating_point() else value).contiguous()


def _full(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value


def _step_values(step: Step) -> list[Any]:
    return [
        step.number,
        _short(step.epoch),
        _short(step.loss),
        None if math.isnan(step.accuracy) else _short(step.accuracy),
        _short(step.rate),
        [_short(value) for value in step.gradient_norms],
        [_short(value) for value in step.weight_norms],
    ]


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
