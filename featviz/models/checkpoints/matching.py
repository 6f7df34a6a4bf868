"""match_state_dict: named tensors -> a network of a known architecture, entirely loaded or refused."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from featviz.errors import BadCheckpoint
from featviz.models.checkpoints.forms import Form, adapted
from featviz.models.checkpoints.meta_shapes import Builder, meta_state_dict
from featviz.models.checkpoints.mismatch import (
    COUNTER,
    check_shapes,
    foreign_names,
    missing_names,
    names_differ,
)
from featviz.models.checkpoints.prefixes import left_out_note
from featviz.models.checkpoints.state_dict import StateDict, all_finite, read_state_dict
from featviz.models.checkpoints.translations import translated
from featviz.models.replication import replicate
from featviz.text import printable

__all__ = ["MatchedWeights", "StateDict", "check_finite", "match_state_dict", "read_state_dict"]

_MAX_CLASSES = 10_000

# torchvision's own DenseNet files still say "denselayer1.norm.1" for "denselayer1.norm1".
_OLD_DENSENET = re.compile(r"(\.denselayer\d+\.(?:norm|conv))\.([12]\.)")


@dataclass(frozen=True, eq=False)
class MatchedWeights:
    """A network with the weights of a checkpoint file.

    Attributes:
        module: in evaluation mode, float32, every weight from the file.
        classes: number of outputs of its head; 0 where it has none.
        notes: sentences on prefixes that were removed, what was left out, and counters that were added.
        input_size: in pixels, where the weights show it.
        input_channels: 3, or 1 for gray images.
    """

    module: nn.Module
    classes: int
    notes: tuple[str, ...]
    input_size: int | None = None
    input_channels: int = 3


def match_state_dict(
    build: Builder | Sequence[Builder], state: StateDict, *, classes: int = 1000
) -> MatchedWeights:
    """Load weights into an architecture: all that it needs must be there, in the right shapes.

    The number of classes is read from the weights of the head: the tensors whose shape depends on it. Prefixes are
    taken off, and what stands beside the network is left out: the notes say so. A tensor among the network's own that
    it does not have is refused, as it is another architecture's. A file may lack the head, counters of batch
    normalization, and tables that follow from the architecture.

    Args:
        build: makes the architecture with a given number of classes; or several that are tried in turn, the
            first whose names match being taken.
        state: from `read_state_dict`.
        classes: the usual number of classes.

    Raises:
        BadCheckpoint: the weights are another architecture's, or numbers that float32 cannot hold.
    """
    builders = (build,) if callable(build) else tuple(build)
    plans = [(builder, meta_state_dict(builder, classes)) for builder in builders]
    modern = {_OLD_DENSENET.sub(r"\1\2", name): tensor for name, tensor in state.tensors.items()}
    for builder, shapes in plans:
        heads = _head_names(builder, shapes, classes)
        inside = translated(modern, shapes, heads)
        form = adapted(inside.tensors, shapes, heads)
        needed = meta_state_dict(form.builder(builder), classes) if form.changes else shapes
        strangers = foreign_names(form.tensors, needed)
        if not missing_names(form.tensors, needed) and strangers is not None:
            own = {name: tensor for name, tensor in form.tensors.items() if name not in strangers}
            notes = (*state.notes, *inside.notes, *left_out_note(strangers), *form.notes)
            return _with_epsilon(_fill(form, builder, needed, own, notes, classes), inside.epsilon)
    raise names_differ(translated(modern, plans[0][1], ()).tensors, plans[0][1])


def check_finite(module: nn.Module, input_size: int, channels: int = 3) -> None:
    """Run a network once, on a private replica and fixed noise (1, channels, input_size, input_size).

    Raises:
        BadCheckpoint: it cannot run, or an output is not finite, as happens with a negative running variance.
    """
    noise = torch.randn((1, channels, input_size, input_size), generator=torch.Generator().manual_seed(0))
    try:
        with torch.no_grad():
            output = replicate(module)(noise)
    except Exception as error:  # a head of another kind, or a size it does not take
        raise BadCheckpoint(
            f"With these weights the network cannot take an image of {input_size} × {input_size} pixels: choose the "
            "architecture they were saved from.",
            code="forward",
        ) from error
    if not all_finite(output):
        raise BadCheckpoint(
            "With these weights the network's output is not finite: training broke down, or the file is "
            "damaged; choose an earlier checkpoint.",
            code="output_not_finite",
        )


def _head_names(build: Builder, shapes: Mapping[str, Tensor], usual: int) -> list[str]:
    """The names of the tensors whose shape depends on the number of classes."""
    wider = meta_state_dict(build, usual + 1)
    return [name for name, shape in shapes.items() if shape.shape != wider[name].shape]


def _fill(
    form: Form,
    build: Builder,
    shapes: Mapping[str, Tensor],
    tensors: dict[str, Tensor],
    notes: tuple[str, ...],
    usual: int,
) -> MatchedWeights:
    make = form.builder(build)
    classes = _count_classes(shapes, meta_state_dict(make, usual + 1), tensors, usual) if form.has_head else 0
    expected = meta_state_dict(make, classes or usual)
    check_shapes(expected, tensors)
    values = {name: _cast(name, tensors[name], to.dtype) for name, to in expected.items() if name in tensors}
    counters = {
        name: torch.zeros(to.shape, dtype=to.dtype)
        for name, to in expected.items()
        if name not in values and name.endswith(COUNTER)
    }
    if counters:
        notes = (*notes, f"{len(counters)} counters of batch normalization were missing and set to zero.")
    module = make(classes or usual)
    state = module.state_dict()  # with the versions that some modules ask for when they load
    state.update(values | counters)
    module.load_state_dict(state, strict=True)
    return MatchedWeights(module.eval(), classes, notes, form.input_size, form.input_channels)


def _with_epsilon(matched: MatchedWeights, epsilon: float | None) -> MatchedWeights:
    """Have batch norms add what they added where the file comes from."""
    norms = [each for each in matched.module.modules() if isinstance(each, nn.BatchNorm2d)]
    others = {each.eps for each in norms} - {epsilon}
    if epsilon is None or not others:
        return matched
    for norm in norms:
        norm.eps = epsilon
    note = f"Batch norms add {epsilon:g} to the variance, as there, and not {max(others):g}."
    return replace(matched, notes=(*matched.notes, note))


def _count_classes(
    shapes: Mapping[str, Tensor], wider: Mapping[str, Tensor], tensors: Mapping[str, Tensor], usual: int
) -> int:
    """The number of classes that the head's tensors agree on."""
    counts = set()
    for name, shape in shapes.items():
        if shape.shape == wider[name].shape or tensors[name].dim() != shape.dim():
            continue
        for side, wider_side, file_side in zip(
            shape.shape, wider[name].shape, tensors[name].shape, strict=True
        ):
            if side != wider_side:
                counts.add(usual + (file_side - side) // (wider_side - side))
    if not counts:
        return usual
    count = counts.pop()
    if counts or not 1 <= count <= _MAX_CLASSES:
        raise BadCheckpoint(
            f"The last layer of these weights does not tell one number of classes up to {_MAX_CLASSES:,}: "
            "choose the architecture they were saved from.",
            code="classes",
        )
    return count


def _cast(name: str, tensor: Tensor, dtype: torch.dtype) -> Tensor:
    if tensor.is_floating_point() != dtype.is_floating_point:
        raise BadCheckpoint(
            f"{printable(name)} holds {tensor.dtype}, the network {dtype}: save the network in float32.",
            code="dtype",
        )
    values = tensor.to(dtype)
    if not all_finite(values):
        raise BadCheckpoint(
            f"{printable(name)} holds values beyond what float32 can: choose another checkpoint.",
            code="not_finite",
        )
    return values
