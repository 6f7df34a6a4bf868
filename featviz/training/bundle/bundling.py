"""Training a bundled network and writing its stages and its card."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Generator, Tensor, nn

from featviz.models.sources.bundled import ARCHITECTURES, NETWORKS, read_stage
from featviz.training.bundle.accuracy import accuracies
from featviz.training.bundle.loop import TrainingProgress, steps_of, train
from featviz.training.bundle.recipes import RECIPES, Recipe
from featviz.training.initialize import initialize


def train_bundled(
    name: str, *, folder: Path = NETWORKS, bfloat16: bool = False
) -> Iterator[TrainingProgress]:
    """Train the bundled network `name` and write its stages and its card to `folder/name`.

    Yields:
        the progress after each epoch and at each stage; the card is written after the last.
    """
    started, recipe, target = time.process_time(), RECIPES[name], folder / name
    target.mkdir(parents=True, exist_ok=True)
    module = initialize(ARCHITECTURES[name](), Generator().manual_seed(recipe.seed))
    module = module.to(memory_format=torch.channels_last)
    examples = recipe.training()
    steps = steps_of(recipe, len(examples.labels))
    stages = {round(steps * part): stage for stage, part in recipe.stages.items()}
    _write_stage(module, target / "random.safetensors")
    for progress in train(module, examples, recipe, reports=stages, bfloat16=bfloat16):
        if progress.step in stages:
            _write_stage(module, target / f"{stages[progress.step]}.safetensors")
        yield progress
    seconds = round(time.process_time() - started)
    card = _card(recipe, module, {0: "random"} | stages, target, seconds=seconds, bfloat16=bfloat16)
    (target / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def _write_stage(module: nn.Module, path: Path) -> None:
    weights = {name: _float16(tensor) for name, tensor in module.state_dict().items()}
    path.write_bytes(safetensors.torch.save(weights))


def _float16(tensor: Tensor) -> Tensor:
    return (tensor.half() if tensor.is_floating_point() else tensor).contiguous()


def _card(
    recipe: Recipe, module: nn.Module, stages: dict[int, str], target: Path, *, seconds: int, bfloat16: bool
) -> dict[str, Any]:
    """Describe the network; accuracies are those of the files, after rounding to float16."""
    held_out = recipe.held_out()
    command = f"python -m featviz.training {recipe.name}" + (" --bfloat16" if bfloat16 else "")
    return {
        "name": recipe.name,
        "architecture": type(module).__name__,
        "description": recipe.description,
        "input_size": [recipe.input_size] * 2,
        "mean": [recipe.mean] * 3,
        "std": [recipe.std] * 3,
        "parameters": sum(parameter.numel() for parameter in module.parameters()),
        "data": recipe.data,
        "command": command,
        "seconds": seconds,
        "licence": "MIT",
        "accuracy_of": recipe.accuracy_of,
        "stages": [
            {
                "name": stage,
                "step": step,
                "images_seen": step * recipe.batch,
                "accuracy": accuracies(
                    read_stage(recipe.name, target / f"{stage}.safetensors"), held_out, recipe
                ),
            }
            for step, stage in stages.items()
        ],
        "classes": list(recipe.classes),
    }
