"""A small vision transformer."""

from __future__ import annotations

from typing import Annotated

from torch import Tensor, nn

from featviz.errors import BadInput
from featviz.models.networks.bundled import PatchEmbedding, TransformerBlock
from featviz.parameter import Level, Range
from featviz.training.input_shape import InputShape
from featviz.training.registry import NETWORKS
from featviz.training.seeded_layers import SeededDropout

__all__ = ["vit"]


class VisionTransformer(nn.Module):
    """Patches as tokens, blocks of attention, and a class read from the class token."""

    def __init__(
        self, size: int, outputs: int, patch: int, width: int, depth: int, heads: int, dropout: float
    ) -> None:
        super().__init__()
        self.embedding = PatchEmbedding(size, patch, width)
        self.blocks = nn.Sequential(*(TransformerBlock(width, heads, 2 * width) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.dropout = SeededDropout(dropout)
        self.head = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to logits (N, outputs)."""
        tokens = self.norm(self.blocks(self.embedding(x)))
        logits: Tensor = self.head(self.dropout(tokens[:, 0]))
        return logits


@NETWORKS.register("Vision transformer", reference="Dosovitskiy et al. 2021, arXiv:2010.11929")
def vit(
    inputs: InputShape,
    outputs: int,
    *,
    depth: Annotated[int, Range(1, 8)] = 3,
    width: Annotated[int, Range(8, 256)] = 64,
    heads: Annotated[int, Range(1, 16), Level("more")] = 4,
    patch: Annotated[int, Range(2, 32), Level("more")] = 4,
    dropout: Annotated[float, Range(0, 0.9), Level("more")] = 0.0,
) -> nn.Module:
    """The image is cut into patches, which attend to each other; nothing else tells which are neighbors.

    Args:
        inputs: the shape of an image.
        outputs: how many logits.
        depth: blocks of attention.
        width: numbers of a token.
        heads: attention heads, each with its share of the width.
        patch: height and width of a patch in pixels.
        dropout: the probability with which a number of the class token is set to 0 in training.

    Raises:
        BadInput: the heads do not divide the width, or the patch is larger than the image.
    """
    if width % heads:
        raise BadInput(f"{heads} heads do not divide a width of {width}: choose a multiple.", code="option")
    if patch > inputs.size:
        raise BadInput(f"A patch of {patch} pixels is larger than the image, {inputs.size}.", code="option")
    return VisionTransformer(inputs.size, outputs, patch, width, depth, heads, dropout)
