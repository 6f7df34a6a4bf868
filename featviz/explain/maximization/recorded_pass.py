"""What a network makes of a batch of pictures, as far as objectives ask: one pass, stopped at the last layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor, nn

from featviz.errors import BadInput, FeatvizError, LayerNotFound
from featviz.explain.features.spatial import as_maps
from featviz.explain.targets.target import read_target, renumbered
from featviz.explain.targets.units import Objective, Target
from featviz.models.capture import recording
from featviz.models.model import Model

__all__ = ["Eye", "Seen"]

# whose weights autocast rounds; what derives from them may do more with its weights
_ROUNDED = (nn.Conv2d, nn.Linear)


@dataclass(frozen=True, eq=False)
class Seen:
    """One pass over a batch, as `featviz.explain.targets.units.Sight` describes it.

    Attributes:
        model: the network.
        pictures: (N, C, H, W) in [0, 1].
        outputs: by layer, None for the network's own output.
        chosen: by layer whose output is not whole, which units it has.
    """

    model: Model
    pictures: Tensor
    outputs: Mapping[str | None, Tensor] = field(repr=False)
    chosen: Mapping[str | None, tuple[int, ...]] = field(default_factory=dict)

    def output(self, layer: str | None) -> Tensor:
        """A layer's output with its batch dimension first."""
        return self.outputs[layer]

    def maps(self, layer: str) -> Tensor:
        """A layer's output as maps (N, C, h, w)."""
        return as_maps(self.outputs[layer], self.model.resolve(layer).layer)

    def read(self, target: Target) -> Tensor:
        """The value of a class, a channel or a neuron for each picture, (N,)."""
        layer = getattr(target, "layer", None)
        if units := self.chosen.get(layer):
            target = renumbered(target, units)
        return read_target(self.model, target, self.outputs[layer])

    @cached_property
    def rows(self) -> tuple[Seen, ...]:
        """The same pass, picture by picture."""
        # one split of each tensor: cutting out rows one by one would fill a whole batch of zeros for each
        pictures = self.pictures.unsqueeze(1).unbind(0)
        outputs = {layer: output.unsqueeze(1).unbind(0) for layer, output in self.outputs.items()}
        return tuple(
            Seen(self.model, picture, {layer: parts[n] for layer, parts in outputs.items()}, self.chosen)
            for n, picture in enumerate(pictures)
        )


class Eye:
    """A private replica that runs as far as an objective reads it.

    Args:
        model: the network.
        objective: what will be read.
        half: whether it runs in bfloat16.

    Raises:
        LayerNotFound: the objective names a layer the network does not have.
    """

    def __init__(self, model: Model, objective: Objective, *, half: bool = False) -> None:
        self.model, self.objective = model, objective
        self._sites = {name: model.resolve(name).address for name in objective.layers if name is not None}
        self._whole = None in objective.layers
        weights = (each.dtype for each in model.module.parameters() if each.is_floating_point())
        self._dtype = next(weights, None)
        self._chosen: dict[str | None, tuple[int, ...]] = {}
        self.replica = self._slice_members()
        if half:
            _halve(self.replica)
        model.execution.prepare_input_gradient(self.replica)

    def look(self, batch: Tensor, pictures: Tensor) -> Seen:
        """Run the network.

        Args:
            batch: normalised, (N, C, h, w); a network that begins in place may overwrite it.
            pictures: what was painted, (N, C, H, W) in [0, 1].

        Raises:
            BadInput: the network cannot take the batch, or outputs something else than asked for.
        """
        if not self._sites and not self._whole:
            return Seen(self.model, pictures, {})
        found: Tensor | None = None
        with recording(self.replica, self._sites, detach=False, stop=not self._whole) as outputs:
            found = self._forward(batch)
        if len(outputs) < len(self._sites):
            missing = ", ".join(set(self._sites) - set(outputs))
            raise LayerNotFound(f"{self.model.name} did not run {missing} for this input.")
        for output in outputs.values():
            _keep_layout(output)
        seen: dict[str | None, Tensor] = {} if found is None else {None: found}
        seen.update(outputs)
        return Seen(self.model, pictures, seen, self._chosen)

    def value(self, batch: Tensor, pictures: Tensor, objective: Objective | None = None) -> Tensor:
        """The objective, or a part of it, for each picture, (N,)."""
        return (objective or self.objective).value(self.look(batch, pictures))

    def _slice_members(self) -> nn.Module:
        """The network with no units at its end but those that are read, where the others make nothing else."""
        execution, keep = self.model.execution, [module for module, _call in self._sites.values()]
        name, units = self._end()
        layer = None if name is None else self.model.resolve(name).name
        if not execution.can_slice(units, keep, layer):
            return execution.replica(keep, pool_early=True)
        self._chosen[name] = units
        return execution.replica(keep, pool_early=True, channels=units, layer=layer)

    def _end(self) -> tuple[str | None, tuple[int, ...]]:
        """The output with which every pass ends, and the units of it that are read; () for all."""
        if not self._whole and len(self._sites) != 1:
            return None, ()
        name = None if self._whole else next(iter(self._sites))
        return name, tuple(sorted(self.objective.units(name) or ()))

    def _forward(self, batch: Tensor) -> Tensor:
        try:
            output = self.replica(batch if self._dtype is None else batch.to(self._dtype))
        except FeatvizError:
            raise
        except Exception as error:  # a network of one's own may raise anything
            raise BadInput(
                f"{self.model.name} cannot take pictures of {batch.shape[-2]} x {batch.shape[-1]} pixels: {error}",
                code="forward",
            ) from error
        if not isinstance(output, Tensor):
            raise BadInput(f"{self.model.name} outputs {type(output).__name__}, not a tensor.", code="output")
        return output


def _halve(replica: nn.Module) -> None:
    """Round the weights once that autocast would round in every step; those that all share stay as they are."""
    for module in replica.modules():
        if type(module) in _ROUNDED:
            for name, weight in module.named_parameters(recurse=False):
                setattr(module, name, nn.Parameter(weight.bfloat16(), requires_grad=False))


def _keep_layout(maps: Tensor) -> None:
    """Objectives leave gradients plane by plane: turn them here, once, instead of in each operation on the way back."""
    if not maps.requires_grad or maps.ndim != 4 or maps.is_contiguous():
        return
    if maps.is_contiguous(memory_format=torch.channels_last):
        maps.register_hook(lambda slope: slope.contiguous(memory_format=torch.channels_last))  # type: ignore[no-untyped-call]
