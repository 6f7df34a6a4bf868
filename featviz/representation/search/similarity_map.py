"""Why two images are similar: which spatial positions of each make their vectors point the same way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from featviz.errors import BadInput
from featviz.models.model import Model
from featviz.representation.extraction.pooling import POOLINGS, LayerOutput
from featviz.representation.search.regions import Box, cells_in_box, grid_of, output_for

__all__ = ["similarity_map"]

_TOLERANCE = 1e-4


def similarity_map(
    model: Model,
    image_a: Image.Image,
    image_b: Image.Image,
    layer: str,
    *,
    pool: str = "mean",
    options: Mapping[str, Any] | None = None,
    box: Box | None = None,
    metric: Literal["cosine", "dot"] = "cosine",
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What each spatial position of two images adds to the similarity of their pooled vectors.

    A pooled vector is a sum over positions, so its product with the other image's vector is one too. With mean
    pooling, a position p of `image_a` adds A_p . b / (P |a| |b|): Stylianou et al. 2019, arXiv:1901.00536. In
    general the share is the layer's output times the gradient of the product through the pooling, which adds up
    for every pooling that doubles when its input does. The sum of each map is the similarity.

    Args:
        model: the network.
        image_a: RGB.
        image_b: RGB.
        layer: a name out of `model.layers`.
        pool: how the vectors were pooled, an id out of `POOLINGS`.
        options: of the pooling.
        box: the region of `image_a` that was searched for, pooled by mean; None is all of it. Positions outside
            add nothing.
        metric: of the similarity.

    Returns:
        two signed maps (rows, columns) of the layer's grid: the shares of `image_a` and of `image_b`.

    Raises:
        LayerNotFound: a layer the network does not have.
        BadInput: the vectors depend on more than positions (a class token), the layer's output lies in no grid, a
            vector is all zeros, or a box came with another pooling than mean.
    """
    if metric not in get_args(Literal["cosine", "dot"]):
        raise BadInput(f"Only cosine and dot split up over positions; {metric!r} came.", code="metric")
    if box is not None and pool != "mean":
        raise BadInput(f"A region is compared with images pooled by mean, not by {pool}.", code="pool")
    method = POOLINGS[pool]
    complete = method.complete(options or {})
    a, b = (_as_leaf(output_for(model, image, layer)) for image in (image_a, image_b))
    with torch.enable_grad():
        vector_a = method.function(a, **complete) if box is None else _pool_region(a, box)
        vector_b = method.function(b, **complete)
        product = (vector_a * vector_b).sum()
        lengths = vector_a.norm() * vector_b.norm() if metric == "cosine" else torch.ones_like(product)
        if not lengths:
            raise BadInput("One of the vectors is all zeros: it is similar to nothing.", code="zero")
        gradients = torch.autograd.grad(product, (a.raw, b.raw))
    return _contributions(a, gradients[0], lengths), _contributions(b, gradients[1], lengths)


def _as_leaf(output: LayerOutput) -> LayerOutput:
    """The same in double precision, as the beginning of a graph."""
    return LayerOutput(output.raw.double().requires_grad_(), output.layer, output.size)


def _pool_region(output: LayerOutput, box: Box) -> Tensor:
    inside = torch.from_numpy(cells_in_box(grid_of(output), box).reshape(-1))
    return output.spatial[:, :, inside].mean(2)


def _contributions(output: LayerOutput, gradient: Tensor, lengths: Tensor) -> NDArray[np.float32]:
    """Output times gradient, summed over channels: (rows, columns).

    Raises:
        BadInput: some of it lies at no position.
    """
    shares = LayerOutput((output.raw * gradient / lengths).detach(), output.layer, output.size)
    elsewhere = float((shares.raw.sum() - shares.spatial.sum()).abs())
    if elsewhere > _TOLERANCE * float(shares.raw.abs().sum()):
        raise BadInput(
            "Part of these vectors is a class token, which has no position in the image: pool with mean or max.",
            code="pool",
        )
    maps: NDArray[np.float32] = shares.spatial.sum(1).reshape(grid_of(output)).float().numpy()
    return maps
