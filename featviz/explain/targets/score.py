"""The number that is explained, as a function of the picture: values, and gradients for the picture alone."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from featviz.errors import BadInput, FeatvizError
from featviz.explain.targets.target import outputs_read, read_target, renumbered
from featviz.explain.targets.units import Channel, Neuron, Target
from featviz.models.capture import recording
from featviz.models.model import Model

__all__ = ["Pass", "Scores", "batches", "pictures_a_pass", "private"]

_PIXELS_A_PASS = 8 * 224 * 224
_PICTURES_A_PASS = 16
_TARGET = "the target"


class Pass(NamedTuple):
    """What one pass gave: the target's values (N,) and the outputs of the layers asked for."""

    values: Tensor
    layers: dict[str, Tensor]


class Scores:
    """A target's value on private replicas that execute fast; the pass ends at the target's layer.

    Classes other than the target's are left out where the network's last layer has a unit for each. Which batch
    norms are folded away depends on what a pass records: those layers' outputs stay their own.

    Args:
        model: the network.
        target: what to read from it.
        as_written: each ReLU stands where the network has it, for a rule of one's own; else some come after a
            max pooling, which is quicker and changes no value and no gradient.
    """

    def __init__(self, model: Model, target: Target, *, as_written: bool = False) -> None:
        self.model, self.target, self._as_written = model, target, as_written
        hidden = isinstance(target, (Channel, Neuron))
        self._site = {_TARGET: model.resolve(target.layer).address} if hidden else {}  # type: ignore[union-attr]

    def __call__(self, x: Tensor) -> Tensor:
        """The target's values for a batch (N, C, H, W), (N,), without a graph."""
        with torch.no_grad(), self.model.execution.use_prepacked():
            return self.run(x).values

    def gradient(self, x: Tensor) -> Tensor:
        """The gradient of each picture's value for the picture, (N, C, H, W)."""
        leaf = x.detach().requires_grad_()
        with self.model.execution.input_gradient():
            (found,) = self.derivatives(self.run(leaf).values, [leaf])
        return torch.zeros_like(x) if found is None else found

    def summed_gradient(self, x: Tensor, weights: Tensor | None = None) -> Tensor:
        """The sum over a batch of the gradients of the pictures' values, (C, H, W).

        Args:
            x: the batch (N, C, H, W).
            weights: (N,) of the pictures in the sum; None counts each once.
        """
        shift = torch.zeros_like(x[:1]).requires_grad_()
        batch = x.detach() + shift
        with self.model.execution.input_gradient(shift=shift, batch=batch):
            values = self.run(batch).values
            (found,) = self.derivatives(values if weights is None else values * weights, [shift])
        return torch.zeros_like(x[0]) if found is None else found[0]

    def run(self, x: Tensor, layers: Mapping[str, tuple[str, int]] | None = None) -> Pass:
        """One pass that keeps its graph: from `x` on where it wants a gradient, else from the recorded layers on.

        Args:
            x: a batch (N, C, H, W).
            layers: by key, the module and which of its calls to record.
        """
        wanted = {**(layers or {}), **self._site}
        keep = {name for name, _call in wanted.values()}
        root, stop, output = not x.requires_grad and bool(layers), bool(self._site), None
        execution, read, target = self.model.execution, outputs_read(self.target), self.target
        if execution.can_slice(read, keep):
            target = renumbered(target, read)
        else:
            read = ()
        with (
            execution.lease_replica(keep, pool_early=not self._as_written, channels=read) as replica,
            recording(replica, wanted, detach=False, stop=stop, root=root) as outputs,
        ):
            output = self._forward(replica, x)
        return Pass(read_target(self.model, target, outputs.pop(_TARGET, output)), outputs)

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

    def _forward(self, replica: nn.Module, x: Tensor) -> Tensor:
        try:
            # a leaf is copied, so that a network that begins in place may have it
            output = replica(x.clone() if x.is_leaf else x)
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
    """How many pictures of this size to compute at once: more take more memory and are hardly quicker."""
    return max(1, min(_PICTURES_A_PASS, _PIXELS_A_PASS // (x.shape[-1] * x.shape[-2])))


def private(seed: int) -> torch.Generator:
    """A generator that nobody else draws from."""
    return torch.Generator().manual_seed(seed)


def batches(count: int, size: int) -> Iterator[tuple[int, int]]:
    """Cut `count` pieces of work into even batches of at most `size`: where each starts and how long it is."""
    parts = -(-count // size)
    edges = [count * part // parts for part in range(parts + 1)]
    return ((start, end - start) for start, end in pairwise(edges))
