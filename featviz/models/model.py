"""Model: a frozen network with the preprocessing and the class names that belong to it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Hashable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import torch
from PIL import Image
from torch import Tensor, nn

from featviz.errors import BadInput, LayerNotFound
from featviz.models.cards import ModelCard, Origin, with_choices
from featviz.models.copying import precision_of
from featviz.models.execution.plan import ExecutionPlan
from featviz.models.first_state import beginning_anew
from featviz.models.identity import computed_fingerprint, fingerprint
from featviz.models.inputs import ImageProcessor, InputSpec, Processor, Transform
from featviz.models.layers import Layer, LayerCall, split_call
from featviz.models.memory import Memory
from featviz.models.outputs import OutputReading, Outputs
from featviz.models.predictions import Prediction, class_outputs, ranked_predictions
from featviz.models.probing.behavior import Behavior
from featviz.models.probing.probe import Probe
from featviz.models.replication import ReplicaPool, replicate

__all__ = ["Model", "Prediction"]

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Model:
    """A frozen network, shared by everybody and therefore never called: computations take a `replica()`.

    Attributes:
        name: such as `shapes-resnet` or `torchvision/resnet18`.
        module: the published network: evaluation mode, no gradients. Never call, hook, move or change it.
        transform: one RGB image -> a normalised tensor (C, H, W).
        classes: a name for every output.
        input_size: height and width, in pixels, of what `transform` makes.
        device: where it computes.
        card: what is known about it.
        weights: which weights it carries, in words.
        read_notes: what a user should know about how the weights were read.
        input_channels: channels of the input, 3 for RGB.
        declared_outputs: what kind of numbers it gives, as its maker says; None where nobody did.
        origin: what `load_model` was given; None where nothing could load it again.
        choices: what was chosen of its preprocessing and outputs, as arguments of `load_model`.
    """

    name: str
    module: nn.Module
    transform: Transform
    classes: tuple[str, ...]
    input_size: int
    device: torch.device
    card: ModelCard
    weights: str = "default"
    read_notes: tuple[str, ...] = ()
    input_channels: int = 3
    declared_outputs: Outputs | None = None
    origin: Origin | None = None
    choices: tuple[tuple[str, object], ...] = ()
    _replicas: ReplicaPool = field(default_factory=ReplicaPool, init=False, repr=False)
    _memory: Memory = field(default_factory=Memory, init=False, repr=False)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over its modules, parameters, buffers, choices; of one of one's own also over what it computes."""
        if not self._is_own:
            return with_choices(fingerprint(self.module), self.choices)
        return computed_fingerprint(self.module, self.probe.noise if self.behavior.is_function else None)

    @property
    def _is_own(self) -> bool:
        """Whether its code may be anybody's; that of all other sources is known."""
        return self.card.source == "own"

    @cached_property
    def probe(self) -> Probe:
        """What it does with noise, from seven passes at most, each run when it is first asked for."""
        return Probe(self.module, self.inputs, self.device, is_own=self._is_own)

    @property
    def behavior(self) -> Behavior:
        """Whether it is a function of each image alone."""
        return self.probe.behavior

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know: how the weights were read, and where it is no function of each image alone."""
        return (*self.read_notes, *self.behavior.notes)

    @cached_property
    def reading(self) -> OutputReading:
        """How its outputs are read."""
        return self.probe.reading(self.declared_outputs, named=bool(self.classes))

    @property
    def outputs(self) -> Outputs:
        """What kind of numbers it gives: as declared, else found out by a pass of noise."""
        return self.reading.kind

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Every module whose output depends on the image, as it is executed; a container after the layers in it."""
        return self.probe.layers

    @property
    def inputs(self) -> InputSpec:
        """What it takes."""
        shape = (self.input_channels, self.input_size, self.input_size)
        return InputSpec("image", shape, precision_of(self.module))

    @property
    def processor(self) -> Processor[Image.Image]:
        """What turns PIL images into a batch."""
        return ImageProcessor(self.transform, self.input_channels)

    @cached_property
    def parameter_count(self) -> int:
        """How many parameters the loaded network has, each counted once; its card may speak of other classes."""
        return sum(parameter.numel() for parameter in self.module.parameters())

    @cached_property
    def layers_by_name(self) -> dict[str, Layer]:
        """The same layers by name."""
        return {layer.name: layer for layer in self.layers}

    def layer(self, name: str) -> Layer:
        """The layer of this name.

        Raises:
            LayerNotFound: with the nearest names there are.
        """
        if name in self.layers_by_name:
            return self.layers_by_name[name]
        if name in dict(self.module.named_modules()):
            raise LayerNotFound(
                f"{name} is a part of {self.name} and none of its layers: for the images of noise that it was tried "
                "with it was not called, or gave no tensor of real numbers that depends on the image."
            )
        near = difflib.get_close_matches(name, self.layers_by_name, n=3, cutoff=0.3)
        hint = f" Near it: {', '.join(near)}." if near else ""
        raise LayerNotFound(f"{self.name} has no layer named {name!r} that outputs a tensor.{hint}")

    def resolve(self, name: str) -> LayerCall:
        """The layer, and which of its calls, that a name stands for: `name` its last call, `name:0` its first.

        Raises:
            LayerNotFound: with the nearest names there are, or how often the layer is called.
        """
        if not isinstance(name, str):
            raise LayerNotFound(f"A layer is meant by its name; {name!r} came.")
        base, call = split_call(name, self.layers_by_name)
        layer = self.layer(base)
        if call is None:
            return LayerCall(layer, layer.calls - 1)
        if call >= layer.calls:
            times = "once" if layer.calls == 1 else f"{layer.calls} times"
            raise LayerNotFound(
                f"{base} is called {times} in a pass, and calls count from 0: there is no call {call}."
            )
        return LayerCall((*layer.earlier, layer)[call], call)

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """The cached result of `make()` about this network, which never changes; computed at the first call.

        Safe from any thread; the last few hundred results are cached. A call that raises is not.

        Args:
            key: names the result, beginning with a name that only the calling code uses.
            make: computes it.
        """
        return self._memory.recall(key, make)

    @cached_property
    def _source(self) -> nn.Module:
        """What replicas are made of: where the network keeps state, a copy that begins every pass in the first."""
        return beginning_anew(self.module) if self.behavior.stateful else self.module

    def replica(self) -> nn.Module:
        """A private copy of the structure that shares the weights' storage (2 to 20 ms)."""
        return replicate(self._source)

    @cached_property
    def execution(self) -> ExecutionPlan:
        """How it is executed fast, planned once, in the time of about six passes; nothing is changed in float64."""
        return ExecutionPlan(self._source, self.probe.noise.float())

    def execution_replica(
        self,
        *,
        keep: Collection[str] = (),
        pool_early: bool = False,
        channels: Sequence[int] = (),
        layer: str | None = None,
    ) -> nn.Module:
        """A private replica that computes the same faster; see `ExecutionPlan.replica`."""
        return self.execution.replica(keep, pool_early=pool_early, channels=channels, layer=layer)

    def lease_replica(self) -> AbstractContextManager[nn.Module]:
        """Lend a replica for one computation that leaves it as it was; after an error it is thrown away."""
        return self._replicas.lease(None, self.replica)

    def preprocess(self, images: Image.Image | Sequence[Image.Image]) -> Tensor:
        """PIL images -> a normalised batch (N, C, H, W) on the model's device.

        Raises:
            BadInput: no image, or something that is not one.
        """
        return self.processor(images).to(self.device)

    def as_input(self, x: Tensor) -> Tensor:
        """A copy of a batch where the network computes, in its precision: a pass may begin in place."""
        return x.to(device=self.device, dtype=precision_of(self.module), copy=True)

    def batches_of(self, x: Tensor) -> Sequence[Tensor]:
        """The batch as it can be run: whole, or image by image where the network mixes them or keeps state."""
        return torch.split(x, 1) if self.behavior.joint else [x]

    def logits(self, x: Tensor) -> Tensor:
        """The network's output for a batch, (N, ...) on the CPU: for a classifier (N, classes).

        Raises:
            BadInput: the network cannot take `x`, or its output is no finite tensor (N, ...).
        """
        output = torch.cat([self._output(each) for each in self.batches_of(x)])
        if not bool(torch.isfinite(output).all()):
            raise BadInput(f"The output of {self.name} is not finite for this input.", code="nan")
        return output.float().cpu()

    def _output(self, x: Tensor) -> Tensor:
        with self.lease_replica() as replica:
            return class_outputs(replica, self.as_input(x), self.name)

    def predict(self, x: Tensor, top: int = 5) -> list[list[Prediction]]:
        """The best classes for every image of a batch, best first; equal ones in the order of the outputs.

        Args:
            x: a normalised batch (N, C, H, W).
            top: how many classes; at most as many as there are.
        """
        names = len(self.classes)
        return ranked_predictions(self.logits(x), self.reading, self.class_name, names=names, top=top)

    def class_name(self, index: int) -> str:
        """The name of output `index`: `class 3` where it has none, `output 3` or `channel 3` of what is no class."""
        if index < len(self.classes):
            return self.classes[index]
        return f"{self.reading.unit} {index}"
