"""Where a transformer's tokens look, followed through all blocks at once.

A token of a block's output is made of the tokens it attends to and, through the residual connection, of itself.
Multiplied from the first block to the last, such matrices say what each output token is made of.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.attribution.attention_weights import AttentionMatrices
from featviz.explain.attribution.registry import GRADIENT, METHODS
from featviz.explain.targets.score import TargetScore
from featviz.explain.targets.units import Channel, Neuron, Target
from featviz.models.model import Model
from featviz.models.positions import patches_of
from featviz.models.probing.axis_evidence import Patches


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
    patches = _patches(model, x, product)
    row = product[0] if patches.before else product.mean(0)
    return _on_grid(patches, row)


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
    patches = _patches(model, x, relevance)
    return _on_grid(patches, _read_by(patches, target, relevance))


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


def _patches(model: Model, x: Tensor, matrix: Tensor) -> Patches:
    """What the tokens stand for."""
    tokens = matrix.shape[-1]
    patches = patches_of(model.layers, tokens, (x.shape[-2], x.shape[-1]))
    if patches is None and all(layer.layout != "tokens" for layer in model.layers):
        patches = _square(tokens)
    if patches is None:
        raise BadInput(
            f"It is not known which of the {tokens} tokens of {model.name} stand for which part of the image: "
            "grad_cam works.",
            code="attention",
        )
    return patches


def _square(tokens: int) -> Patches | None:
    """Of a network whose tokens no module shows: a square of patches behind at most a class token."""
    squares = (
        Patches((side, side), tokens - side * side, 0)
        for side in (math.isqrt(tokens), math.isqrt(tokens - 1))
    )
    return next((each for each in squares if each.before in (0, 1)), None)


def _read_by(patches: Patches, target: Target, matrix: Tensor) -> Tensor:
    """The row of the token that the target reads, less what the token is of itself."""
    extra, from_others = patches.before, matrix - torch.eye(len(matrix)).to(matrix)
    rows, columns = patches.grid
    if isinstance(target, Neuron):
        return from_others[extra + target.y * columns + target.x]
    if isinstance(target, Channel) or not extra:
        return from_others[extra : extra + rows * columns].mean(0)
    return from_others[0]


def _on_grid(patches: Patches, row: Tensor) -> Tensor:
    """Values of all tokens (T,) -> those of the patches on their grid, (1, h, w)."""
    rows, columns = patches.grid
    return row[patches.before : patches.before + rows * columns].reshape(1, rows, columns)
