"""Listing the layers of a network: one pass, and where kinds and shapes leave anything open a few more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from featviz.errors import BadInput
from featviz.models.axis_evidence import BLOBS, Evidence, batch_dimension, blob_images, two_images
from featviz.models.batch_axis import FIRST, BatchAxis
from featviz.models.layer_reading import Reading, is_certain, is_settled, kind_order, read_outputs
from featviz.models.layers import Layer, output_tensor

__all__ = ["probe_layers"]

Shape = tuple[int, ...]
Note = Callable[[str, nn.Module, Tensor, Tensor | None], None]
_SAMPLE = 64
_OBLONG = ((1.5, 0.5), (2.0, 1.0))
"""Height and width of an oblong image as multiples of the square one's: those tried until the network takes one."""


def probe_layers(replica: nn.Module, x: Tensor) -> tuple[Layer, ...]:
    """List every module that outputs a tensor which depends on the image, in the order in which outputs are ready.

    One pass is enough where every output is a vector or what a two-dimensional convolution, normalization or
    pooling takes or gives. Else what each dimension counts is found out by at most four more: with an oblong image
    where the network takes one, with two images, and, if that leaves anything open, with a blob in three places.

    Args:
        replica: a private copy, hooked during the passes and clean afterwards.
        x: a batch the network takes, (1, C, H, W).

    Raises:
        BadInput: the network cannot take `x`.
    """
    modules = {name: module for name, module in replica.named_modules() if name}
    plain = _Plain()
    try:
        _watch(replica, x, plain.note)
    except Exception as error:  # a network of one's own may raise anything
        raise BadInput(
            f"The network cannot take images of shape {tuple(x.shape[1:])}: {error}", code="probe"
        ) from error
    if is_settled(plain.outputs, plain.around_convolutions, modules):
        evidence = {name: [Evidence(shape[1:]) for shape in calls] for name, calls in plain.outputs.items()}
    else:
        evidence = _Probe(replica, x, plain).evidence()
    readings = read_outputs(evidence, plain.around_convolutions, modules)
    size = (x.shape[-2], x.shape[-1])
    return tuple(_layer(name, modules, calls, list(readings), size) for name, calls in readings.items())


def _watch(replica: nn.Module, x: Tensor, note: Note) -> None:
    """Run one pass and tell of every output and of what the module took."""

    def hook(name: str, module: nn.Module, inputs: object, output: object) -> None:
        tensor = output_tensor(output)
        if tensor is not None:
            note(name, module, tensor, output_tensor(inputs))

    handles = [
        module.register_forward_hook(lambda m, i, output, name=name: hook(name, m, i, output))
        for name, module in replica.named_modules()
        if name
    ]
    try:
        with torch.no_grad():
            replica(x.clone())  # a network that begins in place may have it
    finally:
        for handle in handles:
            handle.remove()


@dataclass
class _Plain:
    """What one image's pass showed.

    Attributes:
        outputs: the shapes of all outputs, by module and call.
        second_rows: of outputs with several entries along the first dimension, some of the second one's values.
        around_convolutions: the shapes that convolutions and the like take and give, without the batch dimension.
    """

    outputs: dict[str, list[Shape]] = field(default_factory=dict)
    second_rows: dict[tuple[str, int], Tensor] = field(default_factory=dict)
    around_convolutions: set[Shape] = field(default_factory=set)

    def note(self, name: str, module: nn.Module, output: Tensor, taken: Tensor | None) -> None:
        calls = self.outputs.pop(name, [])
        if len(output) > 1:
            self.second_rows[name, len(calls)] = output[1].flatten()[:_SAMPLE].clone()
        self.outputs[name] = [*calls, tuple(output.shape)]
        if kind_order(module) in ("maps", "first"):
            self.around_convolutions |= {
                tuple(each.shape[1:]) for each in (taken, output) if each is not None
            }


class _Probe:
    """The further passes, and what they show.

    Args:
        replica: the network.
        x: the image of the plain pass.
        plain: what that showed.
    """

    def __init__(self, replica: nn.Module, x: Tensor, plain: _Plain) -> None:
        self.replica, self.x, self.plain = replica, x, plain
        self.found: dict[str, list[Evidence | None]] = {}
        self.ratio, self.oblong = self._oblong()
        self.moving = any(_is_open(shape) for calls in plain.outputs.values() for shape in calls)

    def evidence(self) -> dict[str, list[Evidence]]:
        """By module and call; a module whose output does not depend on the images is left out."""
        images = blob_images if self.moving else two_images
        if not self._runs(images(self.x), self._note):
            return {
                name: [Evidence(*_alone(each)) for each in calls]
                for name, calls in self.plain.outputs.items()
            }
        found = self._complete()
        if self.moving or all(is_certain(each) for calls in found.values() for each in calls):
            return found
        self.found, self.moving = {}, True
        return self._complete() if self._runs(blob_images(self.x), self._note) else found

    def _complete(self) -> dict[str, list[Evidence]]:
        """The modules of which each call depends on the images."""
        return {
            name: [each for each in self.found[name] if each is not None]
            for name, calls in self.plain.outputs.items()
            if None not in self.found.get(name, [None]) and len(self.found[name]) == len(calls)
        }

    def _runs(self, images: Tensor, note: Note) -> bool:
        """Run a pass, where the network takes the images."""
        try:
            _watch(self.replica, images, note)
        except Exception:  # a network of one's own may raise anything
            return False
        return True

    def _oblong(self) -> tuple[tuple[float, float], dict[str, list[Shape]]]:
        """The shapes for an oblong image, and its height and width as multiples of the square one's."""
        height, width = self.x.shape[-2:]
        for ratio in _OBLONG:
            plain = _Plain()
            size = (*self.x.shape[:2], round(height * ratio[0]), round(width * ratio[1]))
            if self._runs(
                torch.rand(size, generator=torch.Generator().manual_seed(0)).to(self.x), plain.note
            ):
                return ratio, plain.outputs
        return (1, 1), {}

    def _note(self, name: str, _module: nn.Module, output: Tensor, _taken: Tensor | None) -> None:
        calls, shapes = self.found.setdefault(name, []), self.plain.outputs.get(name, [])
        call, images = len(calls), 1 + len(BLOBS) if self.moving else 2
        if call >= len(shapes):
            calls.append(None)
            return
        each = _of_batch(shapes[call], output, self.plain.second_rows.get((name, call)), images)
        oblong = self.oblong.get(name, [])
        if each is not None and call < len(oblong):
            each = replace(each, ratio=self.ratio, oblong=_one_image(oblong[call], each.batch))
        if each is not None and self.moving and not is_certain(each):
            each = _with_change(each, output)
        calls.append(each)


def _is_open(shape: Shape) -> bool:
    """Whether an output is neither a vector nor may be maps, so that it takes a blob to read it."""
    return shape[0] != 1 or len(shape) not in (2, 4)


def _alone(shape: Shape) -> tuple[Shape, BatchAxis]:
    return (shape[1:], FIRST) if shape[0] == 1 else (shape, BatchAxis(None))


def _one_image(shape: Shape, batch: BatchAxis) -> Shape:
    """The shape of a single image's output as `Evidence.shape` has it."""
    if batch.axis is None or len(shape) <= batch.axis:
        return shape
    rest = (*shape[: batch.axis], *shape[batch.axis + 1 :])
    return (shape[batch.axis], *rest) if batch.pieces else rest


def _of_batch(one: Shape, output: Tensor, second_row: Tensor | None, images: int) -> Evidence | None:
    """What the outputs for several images show beside the first one's; None where they do not depend on them.

    Args:
        one: the shape of the first image's output.
        output: of all.
        second_row: values of the second entry along the first dimension for the first image alone.
        images: how many.
    """
    many = tuple(output.shape)
    if one == many:
        return None
    axis = batch_dimension(one, many, images)
    if axis is None:
        return Evidence(one, BatchAxis(None))
    batch = BatchAxis(axis, pieces=one[axis] != 1)
    front = batch.to_front(output, images)
    if output.is_meta:
        return Evidence(tuple(front.shape[1:]), batch)
    if batch.pieces and axis == 0 and second_row is not None:
        row = output[1].flatten()[:_SAMPLE]
        batch = replace(batch, together=torch.allclose(row, second_row, rtol=1e-3, atol=1e-5))
        front = batch.to_front(output, images)
    changes = not torch.equal(front[0], front[1]) or bool((front[0] == front[0].flatten()[0]).all())
    return Evidence(tuple(front.shape[1:]), batch, changes=changes)


def _with_change(evidence: Evidence, output: Tensor) -> Evidence:
    """The evidence with what the blobs change."""
    if output.is_meta or not output.is_floating_point() or evidence.batch.axis is None:
        return evidence
    front = evidence.batch.to_front(output, 1 + len(BLOBS)).float()
    change = (front[1:] - front[:1]).square_().nan_to_num_()
    axes = range(1, front.ndim)
    return replace(
        evidence,
        change=tuple(
            change.sum([k for k in axes if k != axis]).double().cpu()
            if front.ndim > 2
            else change.double().cpu()
            for axis in axes
        ),
        distributes=bool(front.min() >= 0) and bool(((front.sum(-1) - 1).abs() < 1e-3).all()),
    )


def _layer(
    name: str,
    modules: Mapping[str, nn.Module],
    calls: list[Reading],
    listed: list[str],
    size: tuple[int, int],
) -> Layer:
    container = any(other.startswith(f"{name}.") for other in listed)
    parameters = sum(parameter.numel() for parameter in modules[name].parameters())
    kind = type(modules[name]).__name__

    def read(call: Reading) -> Layer:
        return Layer(
            name,
            kind,
            call.shape,
            parameters,
            len(calls),
            container,
            call.layout,
            call.grid,
            call.channels,
            call.extra_tokens,
            call.channels_first,
            call.batch,
            size,
        )

    return replace(read(calls[-1]), earlier=tuple(read(call) for call in calls[:-1]))
