"""The target's score as a function of the image (captum: `forward_func`): its values and input gradients."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from featviz.errors import BadInput, FeatvizError
from featviz.explain.targets.target import outputs_read, read_target, sliced_target
from featviz.explain.targets.units import Channel, Neuron, Target
from featviz.models.capture import recording
from featviz.models.layers import Address
from featviz.models.model import Model
from featviz.models.predictions import check_real

__all__ = ["Pass", "TargetScore", "batch_size_for", "batches", "seeded_generator"]

_MAX_PIXELS = 8 * 224 * 224
_MAX_BATCH = 16
_TARGET = "the target"


class Pass(NamedTuple):
    """The result of one pass: the target's values (N,) and the recorded outputs by key."""

    values: Tensor
    layers: dict[str, Tensor]


class TargetScore:
    """A target's value and gradients, on private replicas that execute fast; a pass ends at the target's layer.

    Only the target's output channels are computed where they can be sliced. Which batch norms are folded away depends
    on what a pass records: the recorded layers' outputs stay their own.

    Args:
        model: the network.
        target: what to read from it.
        keep_relu_order: each ReLU runs where the network has it, as a propagation rule needs; else some run after a
            max pooling, which is faster and changes no value and no gradient.
    """

    def __init__(self, model: Model, target: Target, *, keep_relu_order: bool = False) -> None:
        self.model, self.target, self._keep_relu_order = model, target, keep_relu_order
        hidden = isinstance(target, (Channel, Neuron))
        self._site = {_TARGET: model.resolve(target.layer).address} if hidden else {}  # type: ignore[union-attr]

    def __call__(self, x: Tensor) -> Tensor:
        """The target's values for a batch (N, C, H, W), (N,), without a graph."""
        with torch.no_grad(), self.model.execution.use_prepacked():
            return torch.cat([self.run(each).values for each in self.model.batches_of(x)])

    def gradient(self, x: Tensor) -> Tensor:
        """The gradient of each image's value for the image, (N, C, H, W)."""
        return torch.cat([self._gradient(each) for each in self.model.batches_of(x)])

    def _gradient(self, x: Tensor) -> Tensor:
        leaf = x.detach().requires_grad_()
        with self.model.execution.input_gradient():
            (result,) = self.gradients(self.run(leaf).values, [leaf])
        return torch.zeros_like(x) if result is None else result

    def summed_gradient(self, x: Tensor, weights: Tensor | None = None) -> Tensor:
        """The sum over a batch of the gradients of the images' values, (C, H, W).

        Args:
            x: the batch (N, C, H, W).
            weights: (N,) of the images in the sum; None weighs each by 1.
        """
        parts = self.model.batches_of(x)
        if len(parts) > 1:
            factors = [None] * len(parts) if weights is None else list(torch.split(weights, 1))
            return sum(map(self.summed_gradient, parts, factors), torch.zeros_like(x[0]))
        shift = torch.zeros_like(x[:1]).requires_grad_()
        batch = x.detach() + shift
        with self.model.execution.input_gradient(shift=shift, batch=batch):
            values = self.run(batch).values
            (result,) = self.gradients(values if weights is None else values * weights, [shift])
        return torch.zeros_like(x[0]) if result is None else result[0]

    def run(self, x: Tensor, layers: Mapping[str, tuple[str, int] | Address] | None = None) -> Pass:
        """One pass with a graph: from `x` on where it requires a gradient, else from the recorded layers on.

        Args:
            x: a batch (N, C, H, W).
            layers: by key, the module and which of its calls to record.
        """
        recorded: dict[str, tuple[str, int] | Address] = {**(layers or {}), **self._site}
        keep = {address[0] for address in recorded.values()}
        root, stop, output = not x.requires_grad and bool(layers), bool(self._site), None
        execution, read, target = self.model.execution, outputs_read(self.target), self.target
        if execution.can_slice(read, keep):
            target = sliced_target(target, read)
        else:
            read = ()
        with (
            execution.lease_replica(keep, pool_early=not self._keep_relu_order, channels=read) as replica,
            recording(replica, recorded, detach=False, stop=stop, root=root) as outputs,
        ):
            output = self._forward(replica, x)
        size = (x.shape[-2], x.shape[-1])
        return Pass(read_target(self.model, target, outputs.pop(_TARGET, output), size), outputs)

    def gradients(self, values: Tensor, inputs: Sequence[Tensor]) -> tuple[Tensor | None, ...]:
        """Gradients of the summed values; None where they do not depend on an input.

        Raises:
            BadInput: nothing can be differentiated.
        """
        if not values.requires_grad:
            raise BadInput(
                f"{self.target} of {self.model.name} has no gradient for the image.", code="gradient"
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
        check_real(output, self.model.name)
        return output


def batch_size_for(x: Tensor) -> int:
    """The batch size for images of the size of `x`, 1 to 16: more take more memory and are hardly faster."""
    return max(1, min(_MAX_BATCH, _MAX_PIXELS // (x.shape[-1] * x.shape[-2])))


def seeded_generator(seed: int) -> torch.Generator:
    """A new random generator on the CPU, independent of torch's global one."""
    return torch.Generator().manual_seed(seed)


def batches(count: int, size: int) -> Iterator[tuple[int, int]]:
    """Cut `count` pieces of work into even batches of at most `size`: where each starts and how long it is."""
    pieces = -(-count // size)
    edges = [count * piece // pieces for piece in range(pieces + 1)]
    return ((start, end - start) for start, end in pairwise(edges))
