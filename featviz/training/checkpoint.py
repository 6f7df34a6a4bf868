"""Checkpoints of a run: a folder from which training is resumed as if it had never stopped.

`state.safetensors` holds everything that the next step depends on, and what was recorded, in one file that is replaced
as a whole; `epoch-N.safetensors` hold the weights of each epoch; `card.json` says the same as the state in words.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from featviz.errors import BadCheckpoint, BadInput
from featviz.progress import Progress
from featviz.store.checked_file import write_atomic
from featviz.training.epoch import Epoch, Step
from featviz.training.learning import learn
from featviz.training.run import TrainingRun

__all__ = ["learn_resumed", "resume", "save_checkpoint"]

_STATE, _CARD = "state.safetensors", "card.json"
_MODULE, _OPTIMIZER, _GENERATOR = "module.", "optimizer.", "generator"
_LARGEST = 2 << 30


def save_checkpoint(run: TrainingRun, folder: Path) -> None:
    """Write the run as it is after its last epoch; whoever reads sees the one before or this one, whole.

    Raises:
        BadInput: the disk is full or read-only; the checkpoint before is whole.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for epoch in run.epochs:
            path = _epoch_file(folder, epoch.number)
            if not path.exists():
                write_atomic(path, safetensors.torch.save(_contiguous(epoch.weights)))
        card = _card(run)
        tensors = {
            **{f"{_MODULE}{name}": value for name, value in run.task.module.state_dict().items()},
            **_optimizer_tensors(run),
            _GENERATOR: run.generator.get_state(),
        }
        write_atomic(folder / _STATE, safetensors.torch.save(_contiguous(tensors), {"run": json.dumps(card)}))
        write_atomic(folder / _CARD, json.dumps({**card, "steps": len(run.steps)}, indent=1).encode())
    except OSError as error:
        raise BadInput(
            f"The checkpoint cannot be written ({error.strerror}); the one before it is whole.", code="disk"
        ) from error


def resume(run: TrainingRun, folder: Path) -> TrainingRun:
    """Set a freshly prepared run to where its checkpoint is.

    Returns:
        the same run; what it learns from here on equals, bit by bit on a CPU, what it would have learned unstopped.

    Raises:
        BadCheckpoint: there is none, it is damaged, or it is that of another run.
    """
    try:
        path = folder / _STATE
        if path.stat().st_size > _LARGEST:
            raise BadCheckpoint("The checkpoint is larger than 2 GB.", code="size")
        with safetensors.safe_open(path, "pt") as file:
            card = json.loads(file.metadata()["run"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        _require_same(run, card)
        _restore(run, card, tensors, folder)
    except BadCheckpoint:
        raise
    except Exception as error:  # SafetensorError, KeyError, RuntimeError, ... of a damaged file
        raise BadCheckpoint(
            "There is no whole checkpoint of this run to resume: train it anew.", code="damaged"
        ) from error
    return run


def _require_same(run: TrainingRun, card: Mapping[str, Any]) -> None:
    if (card["key"], card["data"]) != (run.spec.key, run.data.digest):
        raise BadCheckpoint("The checkpoint is that of another run or of other images.", code="other")


def _card(run: TrainingRun) -> dict[str, Any]:
    return {
        "key": run.spec.key,
        "data": run.data.digest,
        "images": run.data.name,
        "classes": list(run.task.classes),
        "spec": asdict(run.spec),
        "ended": run.ended,
        "steps": [list(asdict(step).values()) for step in run.steps],
        "epochs": [
            {
                "number": epoch.number,
                "metrics": dict(epoch.metrics),
                "step": epoch.step,
                "seconds": epoch.seconds,
                "ended": epoch.ended,
            }
            for epoch in run.epochs
        ],
    }


def _optimizer_tensors(run: TrainingRun) -> dict[str, Tensor]:
    state = run.optimizer.state_dict()["state"]
    return {
        f"{_OPTIMIZER}{index}.{name}": torch.as_tensor(value)
        for index, values in state.items()
        for name, value in values.items()
        if value is not None
    }


def _restore(run: TrainingRun, card: Mapping[str, Any], tensors: Mapping[str, Tensor], folder: Path) -> None:
    module = {name.removeprefix(_MODULE): each for name, each in tensors.items() if name.startswith(_MODULE)}
    steps = [Step(*values[:-2], *(tuple(norms) for norms in values[-2:])) for values in card["steps"]]
    epochs = [
        Epoch(
            **about,
            weights=safetensors.torch.load_file(_epoch_file(folder, about["number"])),
            task=run.task,
            data=run.data,
            name=run.spec.network,
        )
        for about in card["epochs"]
    ]
    run.task.module.load_state_dict(module)
    run.optimizer.load_state_dict(_optimizer_state(run, tensors))
    run.generator.set_state(tensors[_GENERATOR])
    run.steps, run.epochs, run.ended = steps, epochs, card["ended"]


def _optimizer_state(run: TrainingRun, tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith(_OPTIMIZER):
            index, _, key = name.removeprefix(_OPTIMIZER).partition(".")
            state.setdefault(int(index), {})[key] = value
    return {**run.optimizer.state_dict(), "state": state}


def _epoch_file(folder: Path, number: int) -> Path:
    return folder / f"epoch-{number}.safetensors"


def _contiguous(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().contiguous() for name, value in tensors.items()}


def learn_resumed(run: TrainingRun, folder: Path | None) -> Iterator[Progress[TrainingRun]]:
    """Train a run from where its checkpoint is, or from the start, and write one after each epoch.

    Args:
        run: freshly prepared.
        folder: of this run; None keeps nothing. Where it cannot be written, training goes on without.
    """
    if folder is not None:
        with contextlib.suppress(BadCheckpoint):
            resume(run, folder)
    told = len(run.epochs)
    for progress in learn(run):
        if folder is not None and len(run.epochs) > told:
            told = len(run.epochs)
            with contextlib.suppress(BadInput):
                save_checkpoint(run, folder)
        yield progress
    if run.is_finished:
        yield Progress(run.total_steps, run.total_steps, "", run)
