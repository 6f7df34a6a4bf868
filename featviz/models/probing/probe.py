"""Probe: what a network is found to do, from a few passes of noise that are kept with its model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor, nn

from featviz.errors import BadInput
from featviz.models.inputs import InputSpec
from featviz.models.layers import Layer
from featviz.models.outputs import OutputReading, Outputs, output_count, read_outputs
from featviz.models.probing.behavior import Behavior
from featviz.models.probing.layer_evidence import read_layers
from featviz.models.probing.passes import Passes

__all__ = ["Probe"]


class Probe:
    """A network probed with noise: seven passes at most, each run when its result is first asked for.

    Args:
        module: the shared network; private replicas of it run.
        inputs: what it takes.
        device: where it computes.
        is_own: whether its code may be anybody's; else it is taken for a function of each image alone.
    """

    def __init__(self, module: nn.Module, inputs: InputSpec, device: torch.device, *, is_own: bool) -> None:
        self._is_own = is_own
        self.noise: Tensor = inputs.example().to(device)
        self._passes = Passes(module, self.noise, repeat=is_own)

    @property
    def behavior(self) -> Behavior:
        """Whether it is a function of each image alone."""
        return self._passes.behavior if self._is_own else Behavior()

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Every module whose output depends on the image, as `read_layers` gives them."""
        return read_layers(self._passes)

    @property
    def _output(self) -> Tensor | None:
        """What it gave, (N, ...): several images where these were run, else one; None where that is no such tensor."""
        batch = self._passes.batch if self._is_own else None
        outputs = (batch.output if batch else None, self._passes.first.output)
        return next((each for each in outputs if each is not None and each.ndim > 1 and len(each)), None)

    def reading(self, declared: Outputs | None, *, named: bool) -> OutputReading:
        """How its outputs are read; no probabilities where a pass fails and nobody said what they are."""
        if declared and not self._is_own:
            return OutputReading(declared)
        output = self._output
        if output is None:
            return OutputReading(declared or "embedding")
        return read_outputs(output, self._passes.first.end, named=named, declared=declared)

    def check_names(self, names: Sequence[str], network: str) -> None:
        """Refuse class names of another number than outputs; one output may have two, of its no and its yes.

        Raises:
            BadInput: there are more outputs, or fewer.
        """
        output = self._passes.first.output if names else None
        if output is None or output.ndim < 2:
            return
        count = output_count(output)
        if len(names) != count and (len(names), count) != (2, 1):
            raise BadInput(
                f"{len(names)} class names came for {count} outputs of {network}: give one name for each output, "
                "in their order, or none.",
                code="classes",
            )
