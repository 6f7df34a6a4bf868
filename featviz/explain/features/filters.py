"""Filters: the weights of convolutions, their norms, and which are dead or say the same twice."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from featviz.errors import LayerNotFound
from featviz.models.model import Model

__all__ = ["DEAD_BELOW", "DUPLICATE_ABOVE", "Filters", "convolutions", "filters"]

Floats = NDArray[np.float32]
DEAD_BELOW = 1e-3
DUPLICATE_ABOVE = 0.99
_PAIRWISE_LIMIT = 4096
_MAX_PAIRS = 10_000


@dataclass(frozen=True)
class Filters:
    """The kernels of one convolution.

    Attributes:
        kernels: (channels out, channels in of its group, height, width) float32.
        norms: (channels out,), Euclidean norm of each filter.
        dead: filters whose norm is under a thousandth of the median's: they output their bias alone.
        duplicates: pairs of filters of one group whose directions agree (|cosine| above 0.99), with the
            cosine; the 10,000 most alike where there are more.
        groups: of the convolution; 1 where every filter sees all channels.
        layer: its name.
        model: the network's name.
        fingerprint: of its weights.
    """

    kernels: Floats
    norms: Floats
    dead: tuple[int, ...]
    duplicates: tuple[tuple[int, int, float], ...]
    groups: int
    layer: str
    model: str
    fingerprint: str

    @property
    def in_color(self) -> bool:
        """Whether the filters look at a colour image directly."""
        return bool(self.kernels.shape[1] == 3)

    def to_npz(self) -> bytes:
        """The kernels, their norms and where they come from, as an NPZ file without pickled data."""
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {"kernels": self.kernels, "norms": self.norms}
        arrays |= {
            name: np.array(getattr(self, name)) for name in ("model", "fingerprint", "layer", "groups")
        }
        np.savez_compressed(buffer, dead=np.array(self.dead, np.int64), **arrays)
        return buffer.getvalue()


def convolutions(model: Model) -> dict[str, tuple[int, ...]]:
    """All two-dimensional convolutions in order of execution, with the shapes of their kernels."""
    shapes = {
        name: tuple(child.weight.shape)
        for name, child in model.module.named_modules()
        if isinstance(child, nn.Conv2d)
    }
    return {layer.name: shapes[layer.name] for layer in model.layers if layer.name in shapes}


def filters(model: Model, layer: str) -> Filters:
    """Read the filters of a convolution.

    Raises:
        LayerNotFound: the layer is no convolution of this network.
    """
    module = dict(model.module.named_modules()).get(layer)
    if not isinstance(module, nn.Conv2d):
        raise LayerNotFound(f"{layer!r} is no convolution of {model.name}: only those have filters to show.")
    kernels = module.weight.detach().float().cpu().numpy().copy()
    kernels.setflags(write=False)
    norms = np.linalg.norm(kernels.reshape(len(kernels), -1), axis=1)
    dead = np.flatnonzero(norms <= DEAD_BELOW * np.median(norms))
    return Filters(
        kernels=kernels,
        norms=norms,
        dead=tuple(dead.tolist()),
        duplicates=_duplicates(kernels, norms, module.groups),
        groups=module.groups,
        layer=layer,
        model=model.name,
        fingerprint=model.fingerprint,
    )


def _duplicates(kernels: Floats, norms: Floats, groups: int) -> tuple[tuple[int, int, float], ...]:
    """Pairs of live filters of one group in (nearly) one direction, the most alike first.

    Filters of different groups see different channels. Single weights (1x1 over one channel) always point
    one of two ways. Neither are compared.
    """
    if kernels[0].size < 2 or len(kernels) > _PAIRWISE_LIMIT:
        return ()
    directions = kernels.reshape(len(kernels), -1) / np.maximum(norms, np.finfo(np.float32).tiny)[:, None]
    cosines = np.triu(directions @ directions.T, 1)
    group = np.arange(len(kernels)) * groups // len(kernels)
    live = norms > DEAD_BELOW * np.median(norms)
    comparable = (group[:, None] == group) & live[:, None] & live
    pairs = np.argwhere((np.abs(cosines) > DUPLICATE_ABOVE) & comparable)
    # A file of equal numbers alone makes every filter the double of every other: millions of pairs.
    alike = np.argsort(-np.abs(cosines[tuple(pairs.T)]), kind="stable")[:_MAX_PAIRS]
    return tuple((int(i), int(j), float(cosines[i, j])) for i, j in pairs[alike])
