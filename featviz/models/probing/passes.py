"""The passes that a network is probed with: each is run when it is first asked for, and never again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node

from featviz.models.layers import output_tensor
from featviz.models.outputs import End
from featviz.models.probing.axis_evidence import (
    Evidence,
    blob_images,
    evidence_of_batch,
    one_image,
    two_images,
    with_change,
)
from featviz.models.probing.behavior import Behavior
from featviz.models.probing.last_operation import graph_alone, last_operation
from featviz.models.probing.layer_reading import is_certain, is_settled, kind_order
from featviz.models.replication import replicate
from featviz.models.skip_connections import SkipConnection, skip_connections

__all__ = ["FirstPass", "Passes"]

Shape = tuple[int, ...]
Ratio = tuple[float, float]
Note = Callable[[str, nn.Module, Tensor, Tensor | None], None]
_SAMPLE = 64
_TOLERANCE = 1e-4
_OBLONG: tuple[Ratio, ...] = ((1.5, 0.5), (2.0, 1.0))
"""Height and width of an oblong image as multiples of the square one's: those tried until the network takes one."""


@dataclass
class FirstPass:
    """What one image's pass showed.

    Attributes:
        outputs: the shapes of all outputs, by module and call.
        second_rows: of outputs with several entries along the first dimension, some of the second one's values.
        around_convolutions: the shapes that convolutions and the like take and give, without the batch dimension.
        output: what the network gave, (1, ...); None where that is no tensor.
        answer: what it gave the image, (1, ...), in float64; None where that is none.
        end: the operation that gave it.
        repeats: whether a second pass of the same replica gave the same; None where it was not run.
        error: what it raised.
        skips: its skip connections; none where it has no graph.
        operations: while it runs, the modules by the operation that gives their output.
        attempts: how often it was run: once more without a graph where that is in its way.
    """

    outputs: dict[str, list[Shape]] = field(default_factory=dict)
    second_rows: dict[tuple[str, int], Tensor] = field(default_factory=dict)
    around_convolutions: set[Shape] = field(default_factory=set)
    output: Tensor | None = None
    answer: Tensor | None = None
    end: End = "other"
    repeats: bool | None = None
    error: Exception | None = None
    attempts: int = 1
    skips: tuple[SkipConnection, ...] = ()
    operations: dict[Node, list[str]] = field(default_factory=dict)

    def note(self, name: str, module: nn.Module, output: Tensor, taken: Tensor | None) -> None:
        """Keep the shapes of one call."""
        calls = self.outputs.pop(name, [])
        if len(output) > 1:
            self.second_rows[name, len(calls)] = output[1].detach().flatten()[:_SAMPLE].clone()
        self.outputs[name] = [*calls, tuple(output.shape)]
        if output.grad_fn is not None:
            self.operations.setdefault(output.grad_fn, []).append(name)
        if kind_order(module) in ("maps", "first"):
            self.around_convolutions |= {
                tuple(each.shape[1:]) for each in (taken, output) if each is not None
            }


@dataclass
class BatchPass:
    """What several images at once showed.

    Attributes:
        blobs: whether all but the first are that one with a blob in it.
        evidence: by module, of every call; None where the output does not depend on the images. Only where the first
            pass left something open.
        ran: the modules that ran.
        output: what the network gave; None where that is no tensor.
        answer: what it gave each image, (N, ...), in float64; None where the images cannot be told from each other.
    """

    blobs: bool
    evidence: dict[str, list[Evidence | None]] = field(default_factory=dict)
    ran: set[str] = field(default_factory=set)
    output: Tensor | None = None
    answer: Tensor | None = None


class Passes:
    """The passes of one network, seven at most: of one image twice, and where that leaves something open
    of an oblong image, of several images, and of an image with a blob in three places.

    Args:
        module: the shared network; private replicas of it run, each in its first state.
        x: an image of noise, (1, C, H, W).
        repeat: whether it may be no function of each image alone, so that it is run twice.
    """

    def __init__(self, module: nn.Module, x: Tensor, *, repeat: bool) -> None:
        self.module, self.x, self._repeat = module, x, repeat
        self.modules = {name: part for name, part in module.named_modules() if name}

    @cached_property
    def first(self) -> FirstPass:
        """One image's."""
        seen = self._attempt(1, graph=True)
        return self._attempt(2, graph=False) if seen.error else seen

    def _attempt(self, attempts: int, *, graph: bool) -> FirstPass:
        seen, replica = FirstPass(attempts=attempts), replicate(self.module)
        try:
            output = _run(replica, self.x, seen.note, graph=graph)
        except Exception as error:  # a network of one's own may raise anything
            seen.error = error.with_traceback(None)
            return seen
        if isinstance(output, Tensor) and output.is_floating_point():
            seen.output, seen.end = output.detach().float(), last_operation(output)
        seen.skips = skip_connections(seen.operations, output_tensor(output))
        seen.operations.clear()  # with it the graph
        seen.answer = _answer(output, 1)
        if self._repeat:
            seen.repeats = _alike(seen.answer, self._answered(replica))
        return seen

    def _answered(self, replica: nn.Module) -> Tensor | None:
        try:
            return _answer(_run(replica, self.x), 1)
        except Exception:  # as above
            return None

    @cached_property
    def is_settled(self) -> bool:
        """Whether the first pass and the kinds of modules say what every output's dimensions are."""
        return is_settled(self.first.outputs, self.first.around_convolutions, self.modules)

    @cached_property
    def behavior(self) -> Behavior:
        """Whether the network is a function of each image alone."""
        first = self.first
        if first.error or first.answer is None:
            return Behavior()
        occasional = self._occasional()
        if not first.repeats:
            stateful = _alike(first.answer, self._answered(replicate(self.module)))
            return Behavior(repeatable=stateful, stateful=stateful, joint=stateful, occasional=occasional)
        answer = self.batch.answer if self.batch else None
        return Behavior(joint=answer is None or not _alike(first.answer, answer[:1]), occasional=occasional)

    def _occasional(self) -> tuple[str, ...]:
        if self.batch is None:
            return ()
        differing = self.batch.ran ^ set(self.first.outputs)
        return tuple(name for name in self.modules if name in differing)

    @cached_property
    def oblong(self) -> tuple[Ratio, dict[str, list[Shape]]]:
        """The shapes for an oblong image, and its height and width as multiples of the square one's."""
        height, width = self.x.shape[-2:]
        for ratio in _OBLONG[: 3 - self.first.attempts]:
            seen = FirstPass()
            size = (*self.x.shape[:2], round(height * ratio[0]), round(width * ratio[1]))
            image = torch.rand(size, generator=torch.Generator().manual_seed(0)).to(self.x)
            with suppress(Exception):  # as above
                _run(replicate(self.module), image, seen.note)
                return ratio, seen.outputs
        return (1, 1), {}

    @cached_property
    def batch(self) -> BatchPass | None:
        """Two images', or those with blobs where the first pass shows that these are needed; None where it fails."""
        open_shapes = (shape for calls in self.first.outputs.values() for shape in calls if _is_open(shape))
        return self._several(blobs=next(open_shapes, None) is not None)

    @cached_property
    def blobs(self) -> BatchPass | None:
        """Those of an image with a blob in three places."""
        return self._several(blobs=True)

    def _several(self, *, blobs: bool) -> BatchPass | None:
        images = (blob_images if blobs else two_images)(self.x)
        seen, oblong = BatchPass(blobs), None if self.is_settled else self.oblong

        def note(name: str, _module: nn.Module, output: Tensor, _taken: Tensor | None) -> None:
            seen.ran.add(name)
            if oblong is not None:
                calls = seen.evidence.setdefault(name, [])
                calls.append(self._evidence(name, len(calls), output, len(images), blobs=blobs))

        try:
            output = _run(replicate(self.module), images, note)
        except Exception:  # as above
            return None
        is_real = isinstance(output, Tensor) and output.is_floating_point()
        seen.output = output.float() if is_real else None  # type: ignore[attr-defined]
        seen.answer = _answer(output, len(images))
        return seen

    def _evidence(self, name: str, call: int, output: Tensor, images: int, *, blobs: bool) -> Evidence | None:
        shapes, (ratio, oblong) = self.first.outputs.get(name, []), self.oblong
        if call >= len(shapes):
            return None
        each = evidence_of_batch(shapes[call], output, self.first.second_rows.get((name, call)), images)
        if each is None:
            return None
        if call < len(oblong.get(name, [])):
            each = replace(each, ratio=ratio, oblong=one_image(oblong[name][call], each.batch))
        return with_change(each, output) if blobs and not is_certain(each) else each


def _run(replica: nn.Module, x: Tensor, note: Note | None = None, *, graph: bool = False) -> object:
    """Run one pass and tell of every output and of what the module took; a network that begins in place may."""

    def hook(name: str, module: nn.Module, inputs: object, output: object) -> None:
        tensor = output_tensor(output)
        if tensor is not None and note is not None:
            note(name, module, tensor, output_tensor(inputs))

    handles = [
        module.register_forward_hook(lambda m, i, output, name=name: hook(name, m, i, output))
        for name, module in (replica.named_modules() if note else ())
        if name
    ]
    given = x.clone().requires_grad_().clone() if graph else x.clone()
    try:
        with graph_alone() if graph else torch.no_grad():
            output: object = replica(given)
    finally:
        for handle in handles:
            handle.remove()
    return output


def _answer(output: object, images: int) -> Tensor | None:
    """What a network gave each of several images, (N, ...): the first of what it gave; None where that is none."""
    while isinstance(output, (tuple, list)) and output:
        output = output[0]
    if isinstance(output, dict) and output:
        output = next(iter(output.values()))
    if not isinstance(output, Tensor) or output.is_meta or not output.ndim or len(output) != images:
        return None
    real = torch.view_as_real(output) if output.is_complex() else output
    return real.detach().double().cpu()


def _alike(first: Tensor | None, second: Tensor | None) -> bool:
    if first is None or second is None or first.shape != second.shape:
        return False
    largest = float(first[first.isfinite()].abs().max()) if bool(first.isfinite().any()) else 0.0
    return bool(torch.allclose(first, second, rtol=0, atol=_TOLERANCE * largest, equal_nan=True))


def _is_open(shape: Shape) -> bool:
    """Whether an output is neither a vector nor may be maps, so that it takes a blob to read it."""
    return shape[0] != 1 or len(shape) not in (2, 4)
