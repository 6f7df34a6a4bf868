"""translated: the tensors of an architecture in a file, whoever's names they have there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from torch import Tensor

from featviz.models.checkpoints.hugging_face_names import OF_HUGGING_FACE
from featviz.models.checkpoints.prefixes import Inside, within_prefix
from featviz.models.checkpoints.timm_names import OF_TIMM

__all__ = ["translated"]


def translated(tensors: Mapping[str, Tensor], shapes: Mapping[str, Tensor], heads: Collection[str]) -> Inside:
    """The tensors of a network in a file, under the architecture's names whoever's they are there.

    Args:
        tensors: of the file.
        shapes: of the architecture by name.
        heads: names of its tensors whose shape depends on the number of classes.
    """
    plain = within_prefix(tensors, shapes)
    if plain.covered == len(shapes):
        return plain
    others = [(each, within_prefix(each(tensors), shapes)) for each in (*OF_TIMM, *OF_HUGGING_FACE)]
    translation, best = max(others, key=lambda other: other[1].covered)
    if best.covered <= plain.covered or not _fits(best, shapes, heads):
        return plain
    said = (f"The names of {translation.name} were translated.", translation.unsaid)
    return replace(
        best,
        tensors=_fitted(best.tensors, shapes),
        notes=(*best.notes, *filter(None, said)),
        epsilon=translation.epsilon,
    )


def _fits(inside: Inside, shapes: Mapping[str, Tensor], heads: Collection[str]) -> bool:
    """Whether what was named anew is as large as what has the name; the only layer of a head may be another's first."""
    named = [name for name in inside.tensors if name in shapes and name not in heads]
    return all(
        inside.tensors[name].shape[:1] == shapes[name].shape[:1] for name in named if "classifier" in name
    )


def _fitted(tensors: Mapping[str, Tensor], shapes: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of as many numbers get the shape that the architecture has, as 1 x 1 convolutions for matrices."""
    return {
        name: tensor.reshape(shapes[name].shape)
        if name in shapes and tensor.numel() == shapes[name].numel()
        else tensor
        for name, tensor in tensors.items()
    }
