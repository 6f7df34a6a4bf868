"""The layers of a network and the shapes of their outputs, from one probe pass."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from featviz.errors import BadInput

__all__ = ["Layer", "LayerCall", "Layout", "output_tensor", "probe_layers", "read_layout", "split_call"]

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

    @property
    def axes(self) -> tuple[str, ...]:
        """What each dimension of `output_shape` counts, such as ("channel", "row", "column"); "unknown" else."""
        return _AXES.get(self.layout, ("unknown",) * len(self.output_shape))


@dataclass(frozen=True)
class LayerCall:
    """One of a layer's calls in a pass.

    Attributes:
        layer: the layer.
        call: which of its calls, 0 is the first.
    """

    layer: Layer
    call: int

    @property
    def address(self) -> tuple[str, int]:
        """The module's name and the number of the call, as `recording` takes them."""
        return self.layer.name, self.call

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
    """The tensor a module outputs: itself, or the first of a tuple (as attention returns), else None."""
    if isinstance(output, (tuple, list)) and output:
        output = output[0]
    return output if isinstance(output, Tensor) and output.ndim >= 2 else None


def probe_layers(replica: nn.Module, x: Tensor) -> tuple[Layer, ...]:
    """Run one pass and list every module that outputs a tensor, in the order in which outputs are ready.

    Args:
        replica: a private copy, hooked during the pass and clean afterwards.
        x: a batch the network takes, (1, C, H, W).

    Raises:
        BadInput: the network cannot take `x`.
    """
    shapes: dict[str, list[tuple[int, ...]]] = {}
    modules = {name: module for name, module in replica.named_modules() if name}

    def note(name: str, output: object) -> None:
        tensor = output_tensor(output)
        if tensor is not None:
            calls = shapes.pop(name, [])
            shapes[name] = [*calls, tuple(tensor.shape[1:])]

    handles = [
        module.register_forward_hook(lambda _m, _i, output, name=name: note(name, output))
        for name, module in modules.items()
    ]
    try:
        with torch.no_grad():
            replica(x)
    except Exception as error:  # a network of one's own may raise anything
        raise BadInput(
            f"The network cannot take images of shape {tuple(x.shape[1:])}: {error}", code="probe"
        ) from error
    finally:
        for handle in handles:
            handle.remove()
    return _tell_attention(
        tuple(_layer(name, modules, calls, list(shapes)) for name, calls in shapes.items())
    )


def _tell_attention(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Recognize attention matrices: square maps with as many rows as there are tokens; they have no spatial grid."""
    lengths = {layer.output_shape[0] for layer in layers if layer.layout == "tokens"}
    return tuple(
        replace(layer, layout="attention", grid=None)
        if layer.layout == "maps" and layer.output_shape[1] in lengths
        else layer
        for layer in layers
    )


def _layer(
    name: str, modules: dict[str, nn.Module], calls: Sequence[tuple[int, ...]], listed: Sequence[str]
) -> Layer:
    shape = calls[-1]
    layout, grid, channels = read_layout(shape)
    return Layer(
        name=name,
        kind=type(modules[name]).__name__,
        output_shape=shape,
        parameters=sum(parameter.numel() for parameter in modules[name].parameters()),
        calls=len(calls),
        container=any(other.startswith(f"{name}.") for other in listed),
        layout=layout,
        grid=grid,
        channels=channels,
    )


def read_layout(shape: tuple[int, ...]) -> tuple[Layout, tuple[int, int] | None, int]:
    """How to read one image's output: layout, grid of positions, number of channels.

    Networks are probed with square images, so the two equal dimensions of three are the positions.
    """
    if len(shape) == 1:
        return "vector", None, shape[0]
    if len(shape) == 2:
        return "tokens", _token_grid(shape[0]), shape[1]
    if len(shape) == 3 and shape[1] == shape[2]:
        return "maps", (shape[1], shape[2]), shape[0]
    if len(shape) == 3 and shape[0] == shape[1]:
        return "maps_last", (shape[0], shape[1]), shape[2]
    return "other", None, shape[-1]


def _token_grid(tokens: int) -> tuple[int, int] | None:
    """The square of patch tokens behind at most one class token, or None."""
    for extra in (0, 1):
        side = round(max(tokens - extra, 0) ** 0.5)
        if side > 1 and side * side == tokens - extra:
            return side, side
    return None
