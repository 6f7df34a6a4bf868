"""Small networks to train, a page of PyTorch each; one is added by adding its file."""

from functools import cache

import torch

from featviz.models.isolated_rng import IsolatedRNG
from featviz.training.input_shape import InputShape
from featviz.training.registry import NETWORKS

__all__ = ["NETWORKS", "rebuilds_images"]

NETWORKS.discover(__name__, first=("cnn", "resnet", "mbconv", "vit", "mlp", "autoencoders"))
_SHAPE = InputShape(3, 32)


@cache
def rebuilds_images(network: str) -> bool:
    """Whether the network of this id gives an image as large as its input, found by running it once."""
    method = NETWORKS[network]
    with IsolatedRNG(0), torch.no_grad():
        made = method.function(_SHAPE, 2, **method.complete({})).eval()
        output = made(torch.zeros(1, _SHAPE.channels, _SHAPE.size, _SHAPE.size))
    return tuple(output.shape[1:]) == (_SHAPE.channels, _SHAPE.size, _SHAPE.size)
