"""The layers of a network: what each outputs for one image, and what its dimensions count."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from torch import Tensor

from featviz.models.batch_axis import FIRST, BatchAxis

__all__ = ["Address", "Layer", "LayerCall", "Layout", "output_tensor", "split_call"]

Layout = Literal["maps", "maps_last", "tokens", "attention", "vector", "other"]
_AXES: dict[Layout, tuple[str, ...]] = {
    "maps": ("channel", "row", "column"),
    "maps_last": ("row", "column", "channel"),
    "tokens": ("token", "channel"),
    "attention": ("head", "from token", "to token"),
    "vector": ("channel",),
}


@dataclass(frozen=True)
class Layer:
    """A module of a network that outputs a tensor.

    Attributes:
        name: its dotted name in the network, such as `layer3.0.conv1`.
        kind: its class, such as `Conv2d`.
        output_shape: the shape of its output for one image, without the batch dimension; of the last call
            where it is called several times.
        parameters: how many parameters it holds, those of the modules inside it included.
        calls: how often one pass calls it.
        container: whether other listed layers lie inside it.
        layout: how to read `output_shape`: `maps` (C, H, W), `maps_last` (H, W, C), `tokens` (T, C),
            `attention` (heads, from token, to token), `vector` (C,) or `other`.
        grid: rows and columns of positions: of the maps, or of the patch tokens; None where there is none.
        channels: how many channels (units) the output has.
        extra_tokens: how many tokens stand for no patch, in front of the patches and behind them.
        channels_first: of the layout `other`, whether the first dimension counts channels, not the last.
        batch: where the module's own output has the images of a batch.
        image_size: height and width of the image for which `grid` holds.
        earlier: the same layer as its calls before the last one give it.
        settings: of a convolution or pooling, such as "kernel 3 x 3, stride 2, padding 1"; else "".
        bypassed_by: which of the network's skip connections lead around it, from 0 in the order of their sums.
        projects: on which of them it lies itself.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    calls: int
    container: bool
    layout: Layout
    grid: tuple[int, int] | None
    channels: int
    extra_tokens: tuple[int, int] = (0, 0)
    channels_first: bool = False
    batch: BatchAxis = FIRST
    image_size: tuple[int, int] | None = field(default=None, compare=False)
    earlier: tuple[Layer, ...] = field(default=(), compare=False, repr=False)
    settings: str = field(default="", compare=False, repr=False)
    bypassed_by: tuple[int, ...] = field(default=(), compare=False, repr=False)
    projects: tuple[int, ...] = field(default=(), compare=False, repr=False)

    @property
    def axes(self) -> tuple[str, ...]:
        """What each dimension of `output_shape` counts, such as ("channel", "row", "column"); "unknown" else."""
        if self.layout in _AXES:
            return _AXES[self.layout]
        names = ["unknown"] * len(self.output_shape)
        names[0 if self.channels_first else -1] = "channel"
        if self.batch.pieces:
            names[1 if self.channels_first else 0] = "window"
        return tuple(names)


class Address(NamedTuple):
    """A call of a module in a pass, as `recording` takes it.

    Attributes:
        module: its dotted name.
        call: which of its calls, 0 is the first.
        batch: where its output has the images.
    """

    module: str
    call: int
    batch: BatchAxis = FIRST


@dataclass(frozen=True)
class LayerCall:
    """One of a layer's calls in a pass.

    Attributes:
        layer: the layer, as this call gives it.
        call: which of its calls, 0 is the first.
    """

    layer: Layer
    call: int

    @property
    def address(self) -> Address:
        """What `recording` takes."""
        return Address(self.layer.name, self.call, self.layer.batch)

    @property
    def name(self) -> str:
        """`name:call`, which means this call wherever a layer is named."""
        return f"{self.layer.name}:{self.call}"


def split_call(name: str, known: Container[str]) -> tuple[str, int | None]:
    """The module that `name` or `name:call` stands for, and which call; None where no call is named.

    Args:
        name: as a user writes it.
        known: names of modules; what stands among them as it is has no call in its name.
    """
    base, _, call = name.rpartition(":")
    if name not in known and base in known and call.isdecimal():
        return base, int(call)
    return name, None


def output_tensor(output: object) -> Tensor | None:
    """The tensor of real numbers that a module outputs: itself, the first of a tuple (as of attention), else None."""
    if isinstance(output, (tuple, list)) and output:
        output = output[0]
    return output if isinstance(output, Tensor) and output.ndim >= 2 and not output.is_complex() else None
