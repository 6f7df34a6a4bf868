"""A run of training: its settings, its state, and how it is prepared."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Generator, nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from featviz.errors import BadInput
from featviz.models.isolated_rng import IsolatedRNG
from featviz.models.model import Model
from featviz.parameter import Parameter
from featviz.training.data import TrainingData
from featviz.training.epoch import Epoch, Step
from featviz.training.initialize import Initialization, initialize
from featviz.training.methods import TRAINING_METHODS
from featviz.training.networks import NETWORKS
from featviz.training.seeded_layers import seed_layers
from featviz.training.settings import SETTINGS, Settings, settings
from featviz.training.task import Task

__all__ = ["RunSpec", "TrainingRun", "divide_options", "prepare"]

_MOMENTUM = 0.9
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass(frozen=True)
class RunSpec:
    """Everything that a run follows from, beside its images: equal specs on equal images are one run.

    Attributes:
        network: id of a network to train, or the fingerprint of one that was given.
        method: id of a training method.
        epochs: passes over the training images.
        seed: of the weights, the order, the augmentation and dropout.
        network_options, method_options, settings: complete.
    """

    network: str
    method: str
    epochs: int
    seed: int
    network_options: Mapping[str, Any] = field(default_factory=dict)
    method_options: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """A digest that equal specs share."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:32]


@dataclass(eq=False)
class TrainingRun:
    """A run, which grows while it is trained; readers on other threads see complete steps and epochs alone.

    Attributes:
        spec: what it follows from.
        task: what is learned.
        data: what it is learned from.
        settings: checked.
        optimizer: with its state.
        generator: of all that is drawn at random.
        layers: names of the layers with parameters, in order.
        steps, epochs: recorded so far; `epochs[0]` is the network before training.
        ended: why it ended before its last epoch, a sentence; "" where it did not.
    """

    spec: RunSpec
    task: Task
    data: TrainingData
    settings: Settings
    optimizer: Optimizer
    generator: Generator
    layers: tuple[str, ...]
    steps: list[Step] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    ended: str = ""

    @property
    def epoch_steps(self) -> int:
        """Optimizer steps of one epoch; what is left of the images after full batches waits for the next."""
        return len(self.data.training) // self.settings.batch

    @property
    def total_steps(self) -> int:
        """Optimizer steps of the whole run."""
        return self.spec.epochs * self.epoch_steps

    @property
    def is_finished(self) -> bool:
        """Whether all epochs are trained, or training ended early."""
        return bool(self.ended) or (bool(self.epochs) and self.epochs[-1].number >= self.spec.epochs)

    @property
    def parameter_counts(self) -> tuple[int, int]:
        """Parameters that learn now, and all, of everything in the task; each counted once."""
        parameters = list(self.task.module.parameters())
        return sum(each.numel() for each in parameters if each.requires_grad), sum(
            each.numel() for each in parameters
        )


def prepare(
    network: str | Model | nn.Module,
    data: TrainingData,
    *,
    method: str = "supervised",
    epochs: int = 10,
    seed: int = 0,
    **options: Any,
) -> TrainingRun:
    """Make a run that has not begun.

    Args:
        network: id of a network to train; or a model or a module, of which a copy is trained.
        data: what to learn from and to measure on.
        method: id of a training method.
        epochs: passes over the training images.
        seed: of everything that is drawn at random.
        options: of the network, of the method, and settings, by name.

    Raises:
        BadInput: an option that none of them has, or one that does not fit the images.
    """
    if not 1 <= epochs <= 10_000:
        raise BadInput(f"epochs takes a whole number from 1 to 10000; {epochs!r} came.", code="option")
    of_network, of_method, common = divide_options(network, method, options)
    chosen = settings(**common)
    if isinstance(network, Model):
        data = data.seen_by(network)
    generator = Generator().manual_seed(seed)
    with IsolatedRNG(seed):  # layers draw weights as they are made
        module = _module(network, data, of_network, generator, chosen.initialization)
        task = TRAINING_METHODS[method].function(module, data, **of_method)
    _check_batch(chosen.batch, data, task)
    seed_layers(task.module, generator)
    task.module.to(memory_format=torch.channels_last)
    name = network if isinstance(network, str) else _fingerprint(network)
    spec = RunSpec(name, method, epochs, seed, of_network, of_method, common)
    return TrainingRun(
        spec, task, data, chosen, _optimizer(task, chosen), generator, _parameterized(task.module)
    )


def _check_batch(batch: int, data: TrainingData, task: Task) -> None:
    if batch > len(data.training):
        raise BadInput(
            f"A batch of {batch} is larger than the {len(data.training)} training images: choose at most "
            f"{len(data.training)}.",
            code="batch",
        )
    if batch == 1 and any(isinstance(part, _BATCH_NORMS) for part in task.module.modules()):
        raise BadInput(
            "Batch normalization takes the mean of a batch, and one image has none: choose a batch of two or more, "
            "or another normalization.",
            code="batch",
        )


def divide_options(
    network: object, method: str, options: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Options of the network, of the method, and settings, each complete and checked.

    Raises:
        BadInput: an option that none of them has, or a value it does not take.
    """
    of_method = TRAINING_METHODS[method]
    own = NETWORKS[network] if isinstance(network, str) else None
    takes: list[tuple[Parameter, ...]] = [
        own.parameters if own else (),
        of_method.parameters,
        SETTINGS["settings"].parameters,
    ]
    known = [{each.name for each in parameters} for parameters in takes]
    names = {name for each in known for name in each}
    if unknown := sorted(set(options) - names):
        raise BadInput(
            f"{method} has no option {', '.join(unknown)}: there are {', '.join(sorted(names))}.",
            code="option",
        )
    first, second, third = (
        {each.name: each.check(options.get(each.name, each.default)) for each in parameters}
        for parameters in takes
    )
    return first, second, third


def _module(
    network: str | Model | nn.Module,
    data: TrainingData,
    options: Mapping[str, Any],
    generator: Generator,
    initialization: Initialization,
) -> nn.Module:
    if isinstance(network, str):
        made: nn.Module = NETWORKS[network].function(data.inputs, max(len(data.classes), 1), **options)
        return initialize(made, generator, initialization)
    module = copy.deepcopy(network.module if isinstance(network, Model) else network)
    return module.requires_grad_(requires_grad=True)


def _fingerprint(network: Model | nn.Module) -> str:
    if isinstance(network, Model):
        return network.fingerprint
    digest = hashlib.sha256(str(network).encode())
    for name, value in network.state_dict().items():
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _optimizer(task: Task, chosen: Settings) -> Optimizer:
    groups = task.groups
    parameters: list[dict[str, Any]] = [
        {"params": list(group.parameters), "lr": chosen.rate * group.rate, "factor": group.rate}
        for group in groups
    ] or [{"params": list(task.module.parameters()), "lr": chosen.rate, "factor": 1.0}]
    decay = chosen.weight_decay
    if chosen.optimizer == "sgd":
        return SGD(parameters, chosen.rate, momentum=_MOMENTUM, weight_decay=decay)
    kind = AdamW if chosen.optimizer == "adamw" else Adam
    return kind(parameters, chosen.rate, weight_decay=decay)


def _parameterized(module: nn.Module) -> tuple[str, ...]:
    return tuple(
        name for name, part in module.named_modules() if any(True for _ in part.parameters(recurse=False))
    )
