"""Where a transformer's tokens look, followed through all blocks at once.

A token of a block's output is made of the tokens it attends to and, through the residual connection, of itself.
Multiplied from the first block to the last, such matrices say what each output token is made of.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.attribution.attention_weights import AttentionMatrices
from featviz.explain.attribution.registry import GRADIENT, METHODS
from featviz.explain.targets.score import TargetScore
from featviz.explain.targets.units import Channel, Neuron, Target
from featviz.models.layers import read_layout
from featviz.models.model import Model


@METHODS.register(
    "Attention rollout",
    reference="Abnar & Zuidema 2020, arXiv:2005.00928",
    lesson="attribution/rollout.md",
)
def rollout(model: Model, x: Tensor, target: Target) -> Tensor:
    """How much of each patch reaches the class token when attention is followed through all blocks.

    It is the same for every class: attention knows of no target, which only says up to which layer to go.
    Without a class token it is the mean over the tokens. The map's values and the class token's share sum to one.

    Raises:
        BadInput: the network has no attention, or only between the tokens of a window.
    """
    matrices, _gradients = _attention(model, x, target, with_gradient=False)
    product = _product([mixing_matrix(each[0]) for each in matrices])
    row = product[0] if _extra(model, product) else product.mean(0)
    return _on_grid(model, row)


@METHODS.register(
    "Attention relevance",
    reference="Chefer et al. 2021, arXiv:2103.15679, section 3.1",
    passes=GRADIENT,
    lesson="attribution/attention_relevance.md",
)
def attention_relevance(model: Model, x: Tensor, target: Target) -> Tensor:
    """Attention followed through all blocks, each weighted by its positive gradient for the target.

    Block by block R <- R + mean over heads of ReLU(gradient * attention) R, from R = 1; the class token's row
    is shown, for a hidden target the row of the token it reads, or their mean. The token itself is left out.

    Raises:
        BadInput: the network has no attention, or only between the tokens of a window.
    """
    matrices, gradients = _attention(model, x, target, with_gradient=True)
    relevance = torch.eye(matrices[0].shape[-1]).to(x)
    for weights, gradient in zip(matrices, gradients, strict=True):
        if gradient is not None:
            relevance = relevance + (gradient * weights).clamp(min=0)[0].mean(0) @ relevance
    return _on_grid(model, _read_by(model, target, relevance))


def mixing_matrix(weights: Tensor) -> Tensor:
    """Attention (heads, T, T) plus the residual connection, mean over heads: (T, T), rows sum to 1."""
    mixed = weights.mean(0) + torch.eye(weights.shape[-1]).to(weights)
    return mixed / mixed.sum(-1, keepdim=True)


def _product(matrices: Sequence[Tensor]) -> Tensor:
    """From the first block, on the right, to the last, on the left."""
    product = matrices[0]
    for matrix in matrices[1:]:
        product = matrix @ product
    return product


def _attention(
    model: Model, x: Tensor, target: Target, *, with_gradient: bool
) -> tuple[list[Tensor], tuple[Tensor | None, ...]]:
    """The attention weights of each block before the target, (1, heads, T, T), and their gradients or ()."""
    score, recorder = TargetScore(model, target), AttentionMatrices(len(x))
    _ = model.execution  # planned before, as its passes are not to be watched
    with recorder:
        values = score.run(x.detach().clone().requires_grad_(with_gradient)).values
    matrices = recorder.matrices
    if not matrices and not recorder.windowed:
        raise BadInput(
            f"{model.name} computes no attention on the way to the target: grad_cam works.", code="attention"
        )
    if recorder.windowed or len({each.shape[-1] for each in matrices}) > 1:
        raise BadInput(
            f"{model.name} attends within windows or between grids of different sizes, so that no matrix leads "
            "from every patch to every other: grad_cam works.",
            code="attention",
        )
    return matrices, score.gradients(values, matrices) if with_gradient else ()


def _extra(model: Model, matrix: Tensor) -> int:
    """How many tokens before the patches: one, the class token, or none."""
    tokens = matrix.shape[-1]
    _layout, grid, _channels = read_layout((tokens, 1))
    if grid is None:
        raise BadInput(
            f"The {tokens} tokens of {model.name} are no square of patches, with or without a class token: "
            "grad_cam works.",
            code="attention",
        )
    return tokens - grid[0] * grid[1]


def _read_by(model: Model, target: Target, matrix: Tensor) -> Tensor:
    """The row of the token that the target reads, less what the token is of itself."""
    extra, from_others = _extra(model, matrix), matrix - torch.eye(len(matrix)).to(matrix)
    if isinstance(target, Neuron):
        return from_others[extra + target.y * round((len(matrix) - extra) ** 0.5) + target.x]
    if isinstance(target, Channel) or not extra:
        return from_others[extra:].mean(0)
    return from_others[0]


def _on_grid(model: Model, row: Tensor) -> Tensor:
    """Values of all tokens (T,) -> those of the patches on their grid, (1, h, w)."""
    patches = row[_extra(model, row[None]) :]
    side = round(len(patches) ** 0.5)
    return patches.reshape(1, side, side)
