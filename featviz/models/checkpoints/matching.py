"""match_state_dict: named tensors -> a network of a known architecture, entirely loaded or refused."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from featviz.errors import BadCheckpoint
from featviz.models.checkpoints.meta_shapes import Builder, meta_state_dict
from featviz.models.checkpoints.mismatch import check_shapes, missing_names, names_differ
from featviz.models.checkpoints.state_dict import StateDict, all_finite, read_state_dict
from featviz.models.replication import replicate
from featviz.text import printable

__all__ = ["MatchedWeights", "StateDict", "check_finite", "match_state_dict", "read_state_dict"]

_MAX_CLASSES = 10_000
_PREFIXES = (
    "module.",
    "model.",
    "backbone.",
    "net.",
    "network.",
    "encoder.",
    "encoder_q.",
    "_orig_mod.",
    "student.",
    "teacher.",
    "ema_model.",
)

# torchvision's own DenseNet files still say "denselayer1.norm.1" for "denselayer1.norm1".
_OLD_DENSENET = re.compile(r"(\.denselayer\d+\.(?:norm|conv))\.([12]\.)")


@dataclass(frozen=True, eq=False)
class MatchedWeights:
    """A network with the weights of a checkpoint file.

    Attributes:
        module: in evaluation mode, float32, every weight from the file.
        classes: number of outputs of its head.
        notes: sentences on the prefix that was removed and the counters that were added.
    """

    module: nn.Module
    classes: int
    notes: tuple[str, ...]


def match_state_dict(
    build: Builder | Sequence[Builder], state: StateDict, *, classes: int = 1000
) -> MatchedWeights:
    """Load weights into an architecture; names and shapes must match exactly.

    The number of classes is read from the weights of the head: the tensors whose shape depends on it. One
    well-known prefix may be taken off all names, and counters of batch normalization may be missing.

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
    for builder, shapes in plans:
        tensors, notes = _renamed(state.tensors, shapes)
        if not missing_names(tensors, shapes) and tensors.keys() <= shapes.keys():
            return _fill(builder, shapes, tensors, (*state.notes, *notes), classes)
    tensors, _ = _renamed(state.tensors, plans[0][1])
    raise names_differ(tensors, plans[0][1])


def check_finite(module: nn.Module, input_size: int) -> None:
    """Run a network once, on a private replica and fixed noise (1, 3, input_size, input_size).

    Raises:
        BadCheckpoint: an output is not finite, as happens with a negative running variance.
    """
    noise = torch.randn((1, 3, input_size, input_size), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        output = replicate(module)(noise)
    if not all_finite(output):
        raise BadCheckpoint(
            "With these weights the network's output is not finite: training broke down, or the file is "
            "damaged; choose an earlier checkpoint.",
            code="output_not_finite",
        )


def _renamed(
    tensors: Mapping[str, Tensor], shapes: Mapping[str, Tensor]
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The tensors under the names of today's architectures, and what was done for it."""
    modern = {_OLD_DENSENET.sub(r"\1\2", name): tensor for name, tensor in tensors.items()}
    if modern.keys() & shapes.keys():
        return modern, ()
    for prefix in _PREFIXES:
        if all(name.startswith(prefix) for name in modern):
            cut = {name.removeprefix(prefix): tensor for name, tensor in modern.items()}
            return cut, (f"The prefix “{prefix}” was taken off all names.",)
    return modern, ()


def _fill(
    build: Builder, shapes: dict[str, Tensor], tensors: dict[str, Tensor], notes: tuple[str, ...], usual: int
) -> MatchedWeights:
    classes = _count_classes(shapes, meta_state_dict(build, usual + 1), tensors, usual)
    expected = meta_state_dict(build, classes)
    check_shapes(expected, tensors)
    values = {name: _cast(name, tensors[name], to.dtype) for name, to in expected.items() if name in tensors}
    counters = {
        name: torch.zeros(to.shape, dtype=to.dtype) for name, to in expected.items() if name not in values
    }
    if counters:
        notes = (*notes, f"{len(counters)} counters of batch normalization were missing and set to zero.")
    module = build(classes)
    state = module.state_dict()  # with the versions that some modules ask for when they load
    state.update(values | counters)
    module.load_state_dict(state, strict=True)
    return MatchedWeights(module.eval(), classes, notes)


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
