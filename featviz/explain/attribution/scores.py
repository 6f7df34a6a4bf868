"""The number that is explained, as a function of the picture: values, and gradients for the picture alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from featviz.errors import BadInput, FeatvizError
from featviz.explain.attribution.targets import Channel, Neuron, Target, locate, read_target
from featviz.models.model import Model
from featviz.models.recording import recording

__all__ = ["Pass", "Scores", "batches", "pictures_a_pass", "private"]

_PIXELS_A_PASS = 1 << 18
_TARGET = "the target"


class Pass(NamedTuple):
    """What one pass gave: the target's values (N,) and the outputs of the layers asked for."""

    values: Tensor
    layers: dict[str, Tensor]


class Scores:
    """A target's value on a private replica; the pass ends at the target's layer.

    Args:
        model: the network.
        target: what to read from it.
    """

    def __init__(self, model: Model, target: Target) -> None:
        self.model, self.target = model, target
        self.replica = model.replica()
        hidden = isinstance(target, (Channel, Neuron))
        self._site = {_TARGET: locate(model, target.layer)} if hidden else {}  # type: ignore[union-attr]

    def __call__(self, x: Tensor) -> Tensor:
        """The target's values for a batch (N, C, H, W), (N,), without a graph."""
        with torch.no_grad():
            return self.run(x).values

    def gradient(self, x: Tensor) -> Tensor:
        """The gradient of each picture's value for the picture, (N, C, H, W)."""
        leaf = x.detach().clone().requires_grad_()
        (found,) = self.derivatives(self.run(leaf).values, [leaf])
        return torch.zeros_like(x) if found is None else found

    def run(self, x: Tensor, layers: Mapping[str, tuple[str, int]] | None = None) -> Pass:
        """One pass that keeps its graph where `x` wants a gradient.

        Args:
            x: a batch (N, C, H, W).
            layers: by key, the module and which of its calls to record.
        """
        wanted = {**(layers or {}), **self._site}
        output = None
        with recording(self.replica, wanted, detach=False, stop=bool(self._site)) as outputs:
            output = self._forward(x)
        return Pass(read_target(self.model, self.target, outputs.pop(_TARGET, output)), outputs)

    def derivatives(self, values: Tensor, inputs: Sequence[Tensor]) -> tuple[Tensor | None, ...]:
        """Gradients of the summed values; None where they do not depend on an input.

        Raises:
            BadInput: nothing can be differentiated.
        """
        if not values.requires_grad:
            raise BadInput(
                f"{self.target} of {self.model.name} has no gradient for the picture.", code="gradient"
            )
        return torch.autograd.grad(values.sum(), inputs, allow_unused=True)

    def _forward(self, x: Tensor) -> Tensor:
        try:
            # a copy, so that a network that begins in place may have it
            output = self.replica(x.clone())
        except FeatvizError:
            raise
        except Exception as error:  # a network of one's own may raise anything
            raise BadInput(
                f"{self.model.name} cannot take a batch of shape {tuple(x.shape)}: {error}", code="forward"
            ) from error
        if not isinstance(output, Tensor):
            raise BadInput(f"{self.model.name} outputs {type(output).__name__}, not a tensor.", code="output")
        return output


def pictures_a_pass(x: Tensor) -> int:
    """How many pictures of this size to compute at once: few stay in the processor's caches."""
    return max(1, min(16, _PIXELS_A_PASS // (x.shape[-1] * x.shape[-2])))


def private(seed: int) -> torch.Generator:
    """A generator that nobody else draws from."""
    return torch.Generator().manual_seed(seed)


def batches(count: int, size: int) -> Iterator[tuple[int, int]]:
    """Cut `count` pieces of work into batches: where each starts and how long it is."""
    return ((start, min(size, count - start)) for start in range(0, count, size))
