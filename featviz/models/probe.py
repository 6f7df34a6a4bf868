"""What a network of one's own does, from a few passes of noise: what it outputs, and whether it answers alike twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node, saved_tensors_hooks

from featviz.errors import BadInput
from featviz.models.inputs import InputSpec
from featviz.models.outputs import End, OutputReading, Outputs, output_count, read_outputs
from featviz.models.replication import replicate

__all__ = ["Behavior", "Probe"]

_TOLERANCE = 1e-4
_LAYOUT_OPERATIONS = frozenset(
    (
        *(
            "Alias",
            "Clone",
            "Expand",
            "Permute",
            "Reshape",
            "ReshapeAlias",
            "Select",
            "Slice",
            "Squeeze",
            "T",
        ),
        *("ToCopy", "Transpose", "UnsafeView", "Unsqueeze", "View"),
    )
)
_ENDS: dict[str, End] = {"Sigmoid": "sigmoid", "Hardsigmoid": "sigmoid", "Addmm": "linear"}


@dataclass(frozen=True, eq=False)
class OutputSample:
    """A network's output for a batch of noise.

    Attributes:
        output: (N, ...), finite or not.
        end: the operation that it is the result of.
    """

    output: Tensor
    end: End


@dataclass(frozen=True)
class Behavior:
    """Whether a network is the function of one image that everything here takes it for.

    Attributes:
        repeatable: it answers alike from the same state.
        stateful: a pass changes what the next one answers.
        joint: its answer for an image depends on the others of the batch, or it takes one image at a time.
    """

    repeatable: bool = True
    stateful: bool = False
    joint: bool = False

    @property
    def is_function(self) -> bool:
        """Whether equal images give equal answers, so that results can be kept."""
        return self.repeatable and not self.stateful

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know, in sentences."""
        sentences = {
            "The network draws at random: two passes of the same image differ, and no result is stored.": not (
                self.repeatable
            ),
            "The network keeps state between passes: each image gets a fresh copy, and no result is stored.": (
                self.stateful
            ),
            "The network mixes the images of a batch, so each image gets a pass of its own.": self.joint,
        }
        return tuple(sentence for sentence, applies in sentences.items() if applies)


class Probe:
    """A network probed with noise; each pass is run when its result is first asked for, and never again.

    Args:
        module: the shared network; private replicas of it run.
        inputs: what it takes.
        device: where it computes.
        is_own: whether its code may be anybody's; else it is taken for a function of each image alone.
    """

    def __init__(self, module: nn.Module, inputs: InputSpec, device: torch.device, *, is_own: bool) -> None:
        self._module, self._inputs, self._device, self._is_own = module, inputs, device, is_own

    def _fresh(self) -> nn.Module:
        return replicate(self._module)

    def noise(self, batch: int = 2) -> Tensor:
        """Images to try it with, (batch, C, H, W)."""
        return self._inputs.example(batch).to(self._device)

    @cached_property
    def behavior(self) -> Behavior:
        """Whether it is a function of each image alone, from four passes at most."""
        return _behavior(self._fresh, self.noise()) if self._is_own else Behavior()

    @cached_property
    def sample(self) -> OutputSample | None:
        """What it outputs, from one pass; None where that is no tensor (N, ...)."""
        return _sample(self._fresh(), self.noise())

    def reading(self, declared: Outputs | None, *, named: bool) -> OutputReading:
        """How its outputs are read; no probabilities where a pass fails and nobody said what they are."""
        if self.sample is None or (declared and not self._is_own):
            return OutputReading(declared or "embedding")
        return read_outputs(self.sample.output, self.sample.end, named=named, declared=declared)

    def check_names(self, names: Sequence[str], network: str) -> None:
        """Refuse class names of another number than outputs; one output may have two, of its no and its yes.

        Raises:
            BadInput: there are more outputs, or fewer.
        """
        if not names or self.sample is None:
            return
        count = output_count(self.sample.output)
        if len(names) != count and (len(names), count) != (2, 1):
            raise BadInput(
                f"{len(names)} class names came for {count} outputs of {network}: give one name for each output, "
                "in their order, or none.",
                code="classes",
            )


def _sample(replica: nn.Module, noise: Tensor) -> OutputSample | None:
    """The output for a batch, or for its first image where the network takes one at a time; None where it fails."""
    output = next(
        (found for batch in (noise, noise[:1]) if (found := _with_graph(replica, batch)) is not None), None
    )
    return None if output is None else OutputSample(output.detach().float(), _end(output))


def _with_graph(replica: nn.Module, batch: Tensor) -> Tensor | None:
    """The output (N, ...) with what it was computed by."""
    try:
        with torch.enable_grad(), saved_tensors_hooks(_dropped, _gone):
            output = replica(batch.clone().requires_grad_().clone())
    except Exception:  # whatever a network of one's own raises, it will raise again when it is used
        return None
    return output if isinstance(output, Tensor) and output.ndim > 1 and len(output) else None


def _dropped(_saved: object) -> None:
    """Nothing is kept for a way back that nobody takes: what is read is by which operations the output came."""


def _gone(_nothing: object) -> Tensor:
    raise RuntimeError("the way back was not kept")


def _end(output: Tensor) -> End:
    """The operation that gave the numbers; those that only lay them out anew are passed over."""
    node = output.grad_fn
    while node is not None and _operation(node) in _LAYOUT_OPERATIONS:
        node = next((each for each, _ in node.next_functions if each is not None), None)
    return "other" if node is None else _ENDS.get(_operation(node), "other")


def _operation(node: Node) -> str:
    return node.name().partition("Backward")[0]


def _behavior(fresh: Callable[[], nn.Module], noise: Tensor) -> Behavior:
    """Four passes of two images at most; a network that fails is taken for a plain one.

    Args:
        fresh: makes a private replica in its first state.
        noise: a batch of two images.
    """
    replica = fresh()
    try:
        first, second = _answers(replica, noise), _answers(replica, noise)
    except Exception:  # as above; one that takes single images alone runs them one by one
        return Behavior(joint=_takes_one(fresh(), noise))
    if not _alike(first, second):
        again = _answers(fresh(), noise)
        stateful = _alike(first, again)
        return Behavior(repeatable=stateful, stateful=stateful, joint=stateful)
    return Behavior(joint=not _alike(first[:1], _answers(fresh(), noise[:1])))


def _answers(replica: nn.Module, noise: Tensor) -> Tensor:
    with torch.no_grad():
        output = replica(noise.clone())
    while isinstance(output, (tuple, list)) and output:
        output = output[0]
    if isinstance(output, dict):
        output = next(iter(output.values()))
    if not isinstance(output, Tensor) or len(output) != len(noise):
        raise TypeError("no tensor of one answer an image")
    return output.detach().double().cpu()


def _takes_one(replica: nn.Module, noise: Tensor) -> bool:
    try:
        return len(_answers(replica, noise[:1])) == 1
    except Exception:  # as above
        return False


def _alike(first: Tensor, second: Tensor) -> bool:
    if first.shape != second.shape:
        return False
    largest = float(first[first.isfinite()].abs().max()) if bool(first.isfinite().any()) else 0.0
    return bool(torch.allclose(first, second, rtol=0, atol=_TOLERANCE * largest, equal_nan=True))
