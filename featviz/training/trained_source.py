"""Networks that were trained here, as a source of networks like any other: each with the weights of every epoch."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import torch

from featviz.errors import ModelNotFound
from featviz.models.cards import ModelCard
from featviz.models.model import Model
from featviz.models.sources.registry import SOURCES, Weights, WeightsOffer
from featviz.training.epoch import Epoch
from featviz.training.run import TrainingRun

__all__ = ["SOURCE", "keep_trained", "trained_run"]

SOURCE = "trained"
_MOST = 24
_TRAINED, _RANDOM = "trained", "random"
_RUNS: OrderedDict[str, TrainingRun] = OrderedDict()
_LOCK = threading.Lock()


def keep_trained(run: TrainingRun) -> str:
    """Offer the network of a run, and give its name; the 24 runs kept last are offered.

    Equal runs have one name.
    """
    digest = f"{run.spec.key[:6]}{run.data.digest[:4]}"
    name = f"{SOURCE}/{run.spec.network if len(run.spec.network) < 40 else run.spec.method}-{digest}"
    with _LOCK:
        _RUNS[name] = run
        _RUNS.move_to_end(name)
        while len(_RUNS) > _MOST:
            _RUNS.popitem(last=False)
    return name


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
        seed: int,  # noqa: ARG002 - random weights are those the run began with
        classes: tuple[str, ...],  # noqa: ARG002 - it has its own
    ) -> Model:
        """The network after an epoch.

        Raises:
            ModelNotFound: it is not kept any more, or has no such epoch.
        """
        epochs = _run(card.name).epochs
        named = {"default": epochs[-1], _TRAINED: epochs[-1], None: epochs[0], _RANDOM: epochs[0]}
        by_number = {f"epoch-{each.number}": each for each in epochs}
        epoch = named.get(weights if weights is None or isinstance(weights, str) else "") or by_number.get(
            str(weights)
        )
        if epoch is None:
            raise ModelNotFound(f"{card.name} has no weights {weights!r}: it has {', '.join(by_number)}.")
        model = epoch.model
        said = (
            "trained"
            if epoch is epochs[-1]
            else "random, as training began"
            if epoch is epochs[0]
            else str(weights)
        )
        module = model.module.to(device)
        return replace(model, name=card.name, module=module, device=device, card=card, weights=said)

    def code(self, model: Model) -> str:
        """The lines that train it again."""
        spec = _run(model.name).spec
        return f"# train it again: page Train, {spec.network}, {spec.method}, seed {spec.seed}"

    def comparable(self, model: Model) -> tuple[tuple[str, str], ...]:
        """Its own start."""
        return ((model.name, _RANDOM),)


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
