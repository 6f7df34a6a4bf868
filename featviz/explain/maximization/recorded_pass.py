"""Activations recorded in one forward pass, up to the deepest layer an objective reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from featviz.errors import BadInput, FeatvizError, LayerNotFound
from featviz.explain.features.spatial import to_feature_maps
from featviz.explain.targets.target import read_target, sliced_target
from featviz.explain.targets.units import Objective, Target
from featviz.models.capture import recording
from featviz.models.model import Model

__all__ = ["ActivationRecorder", "RecordedPass"]

# whose weights autocast rounds; what derives from them may do more with its weights
_ROUNDED = (nn.Conv2d, nn.Linear)


@dataclass(frozen=True, eq=False)
class RecordedPass:
    """One pass over a batch, as `featviz.explain.targets.units.ForwardPass` describes it.

    Attributes:
        model: the network.
        images: (N, C, H, W) in [0, 1].
        outputs: by layer, None for the network's own output; each with its batch dimension first.
        channels: by layer whose output was sliced, the channels it has, in this order.
    """

    model: Model
    images: Tensor
    outputs: Mapping[str | None, Tensor] = field(repr=False)
    channels: Mapping[str | None, tuple[int, ...]] = field(default_factory=dict)

    def output(self, layer: str | None) -> Tensor:
        """A layer's output with its batch dimension first."""
        return self.outputs[layer]

    def maps(self, layer: str) -> Tensor:
        """A layer's output as maps (N, C, h, w)."""
        return to_feature_maps(self.outputs[layer], self.model.resolve(layer).layer)

    def value_of(self, target: Target) -> Tensor:
        """The value of a class, a channel or a neuron for each image, (N,)."""
        layer = getattr(target, "layer", None)
        if channels := self.channels.get(layer):
            target = sliced_target(target, channels)
        return read_target(self.model, target, self.outputs[layer])

    @cached_property
    def per_image(self) -> tuple[RecordedPass, ...]:
        """The same pass, image by image."""
        # one split of each tensor: the gradient of indexing would fill a whole batch of zeros for each image
        images = self.images.unsqueeze(1).unbind(0)
        outputs = {layer: output.unsqueeze(1).unbind(0) for layer, output in self.outputs.items()}
        return tuple(
            RecordedPass(
                self.model,
                image,
                {layer: per_layer[n] for layer, per_layer in outputs.items()},
                self.channels,
            )
            for n, image in enumerate(images)
        )


class ActivationRecorder:
    """A private replica that runs as far as an objective reads it.

    Args:
        model: the network.
        objective: what will be read.
        half_precision: whether it runs in bfloat16.

    Raises:
        LayerNotFound: the objective names a layer the network does not have.
    """

    def __init__(self, model: Model, objective: Objective, *, half_precision: bool = False) -> None:
        self.model, self.objective = model, objective
        self._calls = {name: model.resolve(name).address for name in objective.layers if name is not None}
        self._reads_output = None in objective.layers
        weights = (each.dtype for each in model.module.parameters() if each.is_floating_point())
        self._dtype = next(weights, None)
        self._channels: dict[str | None, tuple[int, ...]] = {}
        self.replica = self._build_replica()
        if half_precision:
            _halve(self.replica)
        model.execution.prepare_input_gradient(self.replica)

    def run(self, batch: Tensor, images: Tensor) -> RecordedPass:
        """Run the network.

        Args:
            batch: normalised, (N, C, h, w); a network that begins in place may overwrite it.
            images: before preprocessing and transforms, (N, C, H, W) in [0, 1].

        Raises:
            BadInput: the network cannot take the batch, or outputs no tensor.
        """
        if not self._calls and not self._reads_output:
            return RecordedPass(self.model, images, {})
        output: Tensor | None = None
        with recording(self.replica, self._calls, detach=False, stop=not self._reads_output) as outputs:
            output = self._forward(batch)
        if len(outputs) < len(self._calls):
            missing = ", ".join(set(self._calls) - set(outputs))
            raise LayerNotFound(f"{self.model.name} did not run {missing} for this input.")
        for layer_output in outputs.values():
            _keep_layout(layer_output)
        recorded: dict[str | None, Tensor] = {} if output is None else {None: output}
        recorded.update(outputs)
        return RecordedPass(self.model, images, recorded, self._channels)

    def value(self, batch: Tensor, images: Tensor, objective: Objective | None = None) -> Tensor:
        """The objective, or the one given for these images, (N,)."""
        return (objective or self.objective).value(self.run(batch, images))

    def _build_replica(self) -> nn.Module:
        """A replica that computes, of the output that ends a pass, only the channels that are read."""
        execution, keep = self.model.execution, [address.module for address in self._calls.values()]
        name, channels = self._end()
        layer = None if name is None else self.model.resolve(name).name
        if not execution.can_slice(channels, keep, layer):
            return execution.replica(keep, pool_early=True)
        self._channels[name] = channels
        return execution.replica(keep, pool_early=True, channels=channels, layer=layer)

    def _end(self) -> tuple[str | None, tuple[int, ...]]:
        """The output with which every pass ends, and the channels of it that are read; () for all."""
        if not self._reads_output and len(self._calls) != 1:
            return None, ()
        name = None if self._reads_output else next(iter(self._calls))
        return name, tuple(sorted(self.objective.units(name) or ()))

    def _forward(self, batch: Tensor) -> Tensor:
        try:
            output = self.replica(batch if self._dtype is None else batch.to(self._dtype))
        except FeatvizError:
            raise
        except Exception as error:  # a network of one's own may raise anything
            raise BadInput(
                f"{self.model.name} cannot take images of {batch.shape[-2]} × {batch.shape[-1]} pixels: {error}",
                code="forward",
            ) from error
        if not isinstance(output, Tensor):
            raise BadInput(f"{self.model.name} outputs {type(output).__name__}, not a tensor.", code="output")
        return output


def _halve(replica: nn.Module) -> None:
    """Round to bfloat16 once the weights that autocast would round in every step; shared weights stay as they are."""
    for module in replica.modules():
        if type(module) in _ROUNDED:
            for name, weight in module.named_parameters(recurse=False):
                setattr(module, name, nn.Parameter(weight.bfloat16(), requires_grad=False))


def _keep_layout(maps: Tensor) -> None:
    """Make the gradient for channels-last maps channels-last here, once, instead of in each operation before them."""
    if not maps.requires_grad or maps.ndim != 4 or maps.is_contiguous():
        return
    if maps.is_contiguous(memory_format=torch.channels_last):
        maps.register_hook(lambda gradient: gradient.contiguous(memory_format=torch.channels_last))  # type: ignore[no-untyped-call]
