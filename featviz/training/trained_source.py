"""Networks that were trained here, as a source of networks like any other: each with the weights of every epoch."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import torch
from torch import Generator

from featviz.errors import ModelNotFound
from featviz.models.cards import ModelCard
from featviz.models.isolated_rng import IsolatedRNG
from featviz.models.model import Model
from featviz.models.sources.registry import OF_THIS_PROCESS, SOURCES, Weights, WeightsOffer
from featviz.training.epoch import Epoch
from featviz.training.export import training_call
from featviz.training.initialize import initialize
from featviz.training.run import TrainingRun

__all__ = ["SOURCE", "keep_trained", "trained_name", "trained_run"]

SOURCE = OF_THIS_PROCESS
_OTHER_SEED = 1_000_003  # that of a run draws the weights it begins with
_MOST = 24
_TRAINED, _RANDOM = "trained", "random"
_RUNS: OrderedDict[str, TrainingRun] = OrderedDict()
_LOCK = threading.Lock()


def keep_trained(run: TrainingRun) -> str:
    """Offer the network of a run, and give its name; the 24 runs kept last are offered.

    Equal runs have one name.
    """
    name = trained_name(run)
    with _LOCK:
        _RUNS[name] = run
        _RUNS.move_to_end(name)
        while len(_RUNS) > _MOST:
            _RUNS.popitem(last=False)
    return name


def trained_name(run: TrainingRun) -> str:
    """What the network of a run is called, known before it is trained."""
    digest = f"{run.spec.key[:6]}{run.data.digest[:4]}"
    return f"{SOURCE}/{run.spec.network if len(run.spec.network) < 40 else run.spec.method}-{digest}"


def trained_run(name: str) -> TrainingRun | None:
    """The run of a network's name, if it is still kept."""
    with _LOCK:
        return _RUNS.get(name)


@SOURCES.register(SOURCE)
class TrainedSource:
    """Networks that were trained on this server and are still kept."""

    def available(self) -> bool:
        """Whether there is one."""
        return bool(_RUNS)

    def cards(self) -> tuple[ModelCard, ...]:
        """One for each run."""
        with _LOCK:
            runs = list(_RUNS.items())
        return tuple(_card(name, run) for name, run in runs)

    def weights(self, name: str) -> WeightsOffer:
        """Those of the last epoch, of each one before, and of the start."""
        first, *between, last = _run(name).epochs
        options = (
            Weights(_TRAINED, "Trained", _TRAINED, _accuracy(last)),
            *(
                Weights(
                    f"epoch-{each.number}", f"Epoch {each.number}", f"epoch-{each.number}", _accuracy(each)
                )
                for each in reversed(between)
            ),
            Weights(_RANDOM, "Random", _RANDOM, _accuracy(first)),
        )
        return WeightsOffer(options, "The network was trained here: its weights after each epoch.")

    def load(
        self,
        card: ModelCard,
        weights: str | Path | bytes | None,
        device: torch.device,
        seed: int,
        classes: tuple[str, ...],  # noqa: ARG002 - it has its own
    ) -> Model:
        """The network after an epoch; without weights, with random ones of a seed, others than those it began with.

        Raises:
            ModelNotFound: it is not kept any more, or has no such epoch.
        """
        epochs = _run(card.name).epochs
        if weights is None:
            return _with_card(_redrawn(epochs[0].model, seed), card, f"random, seed {seed}", device)
        by_number = {f"epoch-{each.number}": each for each in epochs}
        named = {**by_number, "default": epochs[-1], _TRAINED: epochs[-1], _RANDOM: epochs[0]}
        epoch = named.get(str(weights))
        if epoch is None:
            raise ModelNotFound(f"{card.name} has no weights {weights!r}: it has {', '.join(by_number)}.")
        said = _TRAINED if epoch is epochs[-1] else _RANDOM if epoch is epochs[0] else str(weights)
        return _with_card(epoch.model, card, said, device)

    def code(self, model: Model) -> str:
        """The line that trains it again: on a CPU, to the same weights."""
        run = _run(model.name)
        number = {_TRAINED: len(run.epochs) - 1}.get(model.weights) or model.weights.removeprefix("epoch-")
        position = int(number) - 1 if str(number).isdecimal() else -1
        return f"model = list({training_call(run)})[{position}].model"

    def comparable(self, model: Model) -> tuple[tuple[str, str], ...]:
        """Its own end, start and the epoch half way."""
        between = len(_run(model.name).epochs) // 2
        half = [f"epoch-{between}"] if 0 < between < len(_run(model.name).epochs) - 1 else []
        return tuple((model.name, weights) for weights in (_TRAINED, _RANDOM, *half))


def _with_card(model: Model, card: ModelCard, weights: str, device: torch.device) -> Model:
    return replace(
        model, name=card.name, module=model.module.to(device), device=device, card=card, weights=weights
    )


def _redrawn(model: Model, seed: int) -> Model:
    module = copy.deepcopy(model.module)
    with IsolatedRNG(seed):
        initialize(module, Generator().manual_seed(_OTHER_SEED + seed))
    return replace(model, module=module)


def _run(name: str) -> TrainingRun:
    run = trained_run(name)
    if run is None:
        raise ModelNotFound(f"{name} is not on this server any more: train it again on the page Train.")
    return run


def _accuracy(epoch: Epoch) -> float | None:
    return epoch.metrics.get("held_out_accuracy")


def _card(name: str, run: TrainingRun) -> ModelCard:
    last = run.epochs[-1]
    return ModelCard(
        name=name,
        source=SOURCE,
        task="classification" if run.task.classes else run.task.outputs,
        parameters=sum(each.numel() for each in run.task.network.parameters()),
        input_size=run.data.inputs.size,
        classes=len(run.task.classes),
        accuracy=_accuracy(last),
        accuracy_of=f"held-out images of {run.data.name}",
        description=f"Trained here: {run.spec.method}, {last.number} epochs, seed {run.spec.seed}.",
        data=run.data.name,
        licence="yours",
        quick=True,
        suits=run.data.name if run.data.name in ("shapes", "digits", "photos") else "photos",
        class_names=run.task.classes,
    )
