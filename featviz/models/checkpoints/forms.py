"""Forms in which networks of a known architecture are saved: another head, another stem, no head at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from featviz.models.checkpoints.meta_shapes import Builder
from featviz.models.checkpoints.prefixes import left_out_note
from featviz.models.isolated_rng import IsolatedRNG

__all__ = ["Form", "adapted"]

_GRAY, _RGB = 1, 3
_MATRIX, _KERNEL = 2, 4
_SMALL_KERNEL = 3
_CIFAR_SIZE = 32
_STEMS = {"conv1.weight": ("conv1", "maxpool"), "features.conv0.weight": ("features.conv0", "features.pool0")}
_POSITIONS = "encoder.pos_embedding"
Change = Callable[[nn.Module], None]


class PooledFeatures(nn.Module):
    """In place of a head: of maps (N, C, H, W) the mean over all positions, vectors (N, C) as they are."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C) or (N, C, H, W) -> (N, C)."""
        return x.flatten(2).mean(2) if x.ndim > _MATRIX else x


@dataclass(frozen=True, eq=False)
class Form:
    """How a file's network differs from the architecture, and its tensors under the architecture's names.

    Attributes:
        tensors: by name.
        changes: of the module, in their order.
        notes: what was done, in sentences.
        has_head: whether it names classes.
        input_size: in pixels, where the weights show it; None elsewhere.
        input_channels: 3, or 1 for gray images.
    """

    tensors: dict[str, Tensor]
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    has_head: bool = True
    input_size: int | None = None
    input_channels: int = _RGB

    def builder(self, build: Builder) -> Builder:
        """Make the architecture in this form."""

        def make(classes: int) -> nn.Module:
            with IsolatedRNG(0):
                module = build(classes)
                for change in self.changes:
                    change(module)
            return module

        return make if self.changes else build


def adapted(tensors: dict[str, Tensor], shapes: Mapping[str, Tensor], heads: Sequence[str]) -> Form:
    """The form that the tensors show.

    Args:
        tensors: of the file, without prefixes.
        shapes: of the architecture by name.
        heads: names of the architecture's tensors whose shape depends on the number of classes.
    """
    form = _with_head(tensors, shapes, heads)
    for adapt in (_with_stem, _with_positions):
        form = adapt(form, shapes)
    return form


def _with_head(tensors: dict[str, Tensor], shapes: Mapping[str, Tensor], heads: Sequence[str]) -> Form:
    """Where the last layer has another name, find it; where there is none, do without."""
    if not heads or any(name in tensors for name in heads) or len({_owner(name) for name in heads}) > 1:
        return Form(tensors)
    owner = _owner(heads[0])
    top = owner.partition(".")[0]
    beside = {name for name in shapes if name.startswith(f"{top}.") and name not in heads}
    found = {name for name in tensors if name.startswith(f"{top}.")} - beside
    rest = {name: tensor for name, tensor in tensors.items() if name not in found}
    linear = _only_linear({name: tensors[name] for name in found})
    if linear and beside <= tensors.keys() and linear.weight.shape[1:] == shapes[heads[0]].shape[1:]:
        renamed = {f"{owner}.weight": linear.weight, f"{owner}.bias": linear.bias}
        return Form(rest | renamed, notes=(f"The last layer was taken from “{linear.name}” in the file.",))
    if linear and not beside & tensors.keys() and linear.weight.ndim == _MATRIX:
        return _with_linear(rest, linear, top)
    return _without_head(rest, found, owner if beside and beside <= tensors.keys() else top)


@dataclass(frozen=True, eq=False)
class _Linear:
    """A linear layer in a file: its name, its weight (outputs, inputs) and its bias."""

    name: str
    weight: Tensor
    bias: Tensor


def _only_linear(found: Mapping[str, Tensor]) -> _Linear | None:
    """The one linear layer among tensors that hold nothing else; None of any others."""
    weights = [name for name in found if name.endswith(".weight") and found[name].ndim in (_MATRIX, _KERNEL)]
    if len(weights) != 1 or len(found) != 2:
        return None
    owner = _owner(weights[0])
    bias = found.get(f"{owner}.bias")
    fits = bias is not None and bias.shape == found[weights[0]].shape[:1]
    return _Linear(owner, found[weights[0]], bias) if fits and bias is not None else None


def _with_linear(rest: dict[str, Tensor], linear: _Linear, top: str) -> Form:
    """A single linear layer in place of the whole head."""

    def change(module: nn.Module) -> None:
        module.set_submodule(top, nn.Linear(linear.weight.shape[1], linear.weight.shape[0]))

    tensors = rest | {f"{top}.weight": linear.weight, f"{top}.bias": linear.bias}
    return Form(tensors, (change,), (f"The head “{top}” is one linear layer, “{linear.name}” in the file.",))


def _without_head(rest: dict[str, Tensor], found: set[str], head: str) -> Form:
    def change(module: nn.Module) -> None:
        module.set_submodule(head, PooledFeatures())

    gone = {name for name in rest if name.startswith(f"{head}.")}
    left = {name: tensor for name, tensor in rest.items() if name not in gone}
    note = "The file holds no layer that names classes: the network ends in its features."
    return Form(
        left,
        (change,),
        (note, *left_out_note(found | gone)),
        has_head=False,
    )


def _with_stem(form: Form, shapes: Mapping[str, Tensor]) -> Form:
    """Take a first convolution of gray images, or of 3 x 3 pixels as in networks for small images."""
    name = next(
        (name for name in shapes if shapes[name].ndim == _KERNEL and shapes[name].shape[1] == _RGB), ""
    )
    tensor = form.tensors.get(name)
    if tensor is None or tensor.ndim != _KERNEL or tensor.shape == shapes[name].shape:
        return form
    channels, kernel, usual = tensor.shape[1], tuple(tensor.shape[2:]), tuple(shapes[name].shape[2:])
    is_small = name in _STEMS and kernel == (_SMALL_KERNEL,) * 2 and kernel != usual
    if channels not in (_GRAY, _RGB) or not (is_small or kernel == usual):
        return form
    changes, notes = list(form.changes), list(form.notes)
    if is_small:
        changes.append(lambda module: _make_small(module, *_STEMS[name]))
        notes.append(
            "The first convolution has 3 × 3 weights: it was taken with stride 1 and without the pooling after it, "
            "as in networks for CIFAR."
        )
    if channels == _GRAY:
        changes.append(lambda module: _make_gray(module, _owner(name)))
        notes.append("The network takes gray images.")
    size = _CIFAR_SIZE if is_small else form.input_size
    return replace(form, changes=tuple(changes), notes=tuple(notes), input_size=size, input_channels=channels)


def _make_small(module: nn.Module, stem: str, pool: str) -> None:
    before = module.get_submodule(stem)
    assert isinstance(before, nn.Conv2d)  # noqa: S101 - by its weights
    small = nn.Conv2d(before.in_channels, before.out_channels, 3, 1, 1, bias=before.bias is not None)
    module.set_submodule(stem, small)
    module.set_submodule(pool, nn.Identity())


def _make_gray(module: nn.Module, stem: str) -> None:
    before = module.get_submodule(stem)
    assert isinstance(before, nn.Conv2d)  # noqa: S101 - by its weights
    gray = nn.Conv2d(
        _GRAY,
        before.out_channels,
        before.kernel_size,  # type: ignore[arg-type]
        before.stride,  # type: ignore[arg-type]
        before.padding,  # type: ignore[arg-type]
        before.dilation,  # type: ignore[arg-type]
        bias=before.bias is not None,
    )
    module.set_submodule(stem, gray)


def _with_positions(form: Form, shapes: Mapping[str, Tensor]) -> Form:
    """Take the position embeddings of a vision transformer for images of another size."""
    tensor, usual = form.tensors.get(_POSITIONS), shapes.get(_POSITIONS)
    if tensor is None or usual is None or tensor.ndim != usual.ndim or tensor.shape == usual.shape:
        return form
    side = math.isqrt(max(tensor.shape[1] - 1, 0))
    if side * side != tensor.shape[1] - 1 or side < 1:
        return form
    size = side * int(shapes["conv_proj.weight"].shape[-1])

    def change(module: nn.Module) -> None:
        encoder = module.get_submodule("encoder")
        encoder.pos_embedding = nn.Parameter(torch.empty(tensor.shape))
        module.image_size, module.seq_length = size, tensor.shape[1]  # type: ignore[assignment]

    return replace(form, changes=(*form.changes, change), input_size=size)


def _owner(name: str) -> str:
    return name.rpartition(".")[0]
