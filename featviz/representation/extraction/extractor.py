"""One pass for a batch: several layers recorded, each pooled to one vector for each image."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from featviz.errors import BadInput, FeatvizError, LayerNotFound
from featviz.models.capture import recording
from featviz.models.layers import LayerCall
from featviz.models.model import Model
from featviz.models.threads import one_thread
from featviz.representation.embeddings import Vectors
from featviz.representation.extraction.pooling import LayerOutput, Pooling

__all__ = ["FeatureExtractor", "check_complete", "extraction_replica", "forward"]

_MIN_IMAGES_TO_PLAN = 64
_SMALL = 96 * 96
"""Positions of an image up to which threads would wait longer for each other than they save."""


@dataclass(frozen=True, eq=False)
class FeatureExtractor:
    """A private replica that turns batches into vectors.

    Attributes:
        model: the network.
        poolings: by layer.
        image_count: how many will come: planning fast execution pays for many only.
    """

    model: Model
    poolings: Mapping[str, Pooling]
    image_count: int

    @property
    def _replica(self) -> nn.Module:
        """One for all batches; a fresh one each for a network that keeps state."""
        return self.model.replica() if self.model.behavior.stateful else self._shared_replica

    @cached_property
    def _shared_replica(self) -> nn.Module:
        return extraction_replica(self.model, self.poolings, self.image_count)

    @cached_property
    def _layers(self) -> dict[str, LayerCall]:
        return {name: self.model.resolve(name) for name in self.poolings}

    def vectors(self, x: Tensor) -> dict[str, Vectors]:
        """By layer, (N, d) for a batch (N, C, H, W); where memory is short, in halves.

        Raises:
            BadInput: the network cannot take the batch, the pooling does not suit a layer, or a single
                image needs more memory than there is.
        """
        try:
            runs = [self._run(each) for each in self.model.batches_of(self.model.as_input(x))]
            return runs[0] if len(runs) == 1 else self._joined(runs)
        except (MemoryError, torch.OutOfMemoryError):
            if len(x) == 1:
                raise BadInput(
                    "One image needs more memory than there is: ask for fewer or later layers.",
                    code="too_large",
                ) from None
        if self.model.device.type == "cuda":
            torch.cuda.empty_cache()
        return self._joined([self.vectors(half) for half in x.chunk(2)])

    def _joined(self, parts: Sequence[dict[str, Vectors]]) -> dict[str, Vectors]:
        return {name: np.concatenate([part[name] for part in parts]) for name in self.poolings}

    def _run(self, x: Tensor) -> dict[str, Vectors]:
        calls = {name: call.address for name, call in self._layers.items()}
        with torch.no_grad(), _threads(x):
            replica = self._replica
            with recording(replica, calls) as outputs:
                forward(self.model, replica, x)
            check_complete(self.model, self.poolings, outputs)
            size = (x.shape[-2], x.shape[-1])
            pooled = {
                name: self.poolings[name](LayerOutput(outputs[name], call.layer, size))
                for name, call in self._layers.items()
            }
        return {name: vectors.float().cpu().contiguous().numpy() for name, vectors in pooled.items()}


def extraction_replica(model: Model, layers: Collection[str], image_count: int) -> nn.Module:
    """A private replica whose layers' outputs are right; the more images come, the more planning it pays for."""
    if model.device.type == "cpu" and image_count >= _MIN_IMAGES_TO_PLAN:
        return model.execution_replica(keep=tuple(layers), pool_early=True)
    return model.replica()


def forward(model: Model, replica: nn.Module, x: Tensor) -> None:
    """Run one pass for what hooks record.

    Raises:
        BadInput: the network cannot take the batch.
    """
    try:
        with _threads(x):
            replica(x)
    except (FeatvizError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # a network of one's own may raise anything
        if "can't allocate memory" in str(error):
            raise MemoryError from error
        raise BadInput(
            f"{model.name} cannot take a batch of shape {tuple(x.shape)}: {error}", code="forward"
        ) from error


def check_complete(model: Model, names: Iterable[str], outputs: Mapping[str, Tensor]) -> None:
    """Raise LayerNotFound where a layer did not run."""
    missing = [name for name in names if name not in outputs]
    if missing:
        raise LayerNotFound(f"{model.name} did not run {', '.join(missing)} for these images.")


def _threads(x: Tensor) -> AbstractContextManager[None]:
    small = x.device.type == "cpu" and x.shape[-2:].numel() <= _SMALL
    return one_thread() if small else nullcontext()
