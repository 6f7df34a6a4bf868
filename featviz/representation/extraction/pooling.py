"""Pooling: how a layer's output for one image becomes one vector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import torch
from torch import Tensor
from torch.nn import functional

from featviz.errors import BadInput
from featviz.models.layers import Layer
from featviz.models.positions import patch_grid, to_maps
from featviz.registry import Method, Range, Registry

__all__ = ["POOLINGS", "LayerOutput", "Pooling"]

POOLINGS = Registry("pooling")


@dataclass(frozen=True, eq=False)
class LayerOutput:
    """What a layer put out for a batch.

    Attributes:
        raw: (N, ...), as the layer shaped it, its images first.
        layer: which says how to read it.
        size: height and width of the images; None for those for which the layers are listed.
    """

    raw: Tensor
    layer: Layer
    size: tuple[int, int] | None = None

    @cached_property
    def _maps(self) -> tuple[Tensor, Tensor]:
        real = (
            self.raw if self.raw.is_floating_point() else self.raw.float()
        )  # of truth values or whole numbers
        return to_maps(real, self.layer, self.size)

    @cached_property
    def spatial(self) -> Tensor:
        """(N, C, P): the channels at every spatial position, P = 1 where there is none; without class tokens."""
        return self._maps[0].flatten(2)

    @property
    def extra_tokens(self) -> Tensor:
        """(N, T, C), the tokens that stand for no patch of the image."""
        return self._maps[1]

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the spatial positions.

        Raises:
            BadInput: the positions lie in no grid.
        """
        rows, columns = self._maps[0].shape[2:]
        unplaced = self.layer.layout == "tokens" and not patch_grid(self.layer, self.raw.shape[1], self.size)
        if rows * columns > 1 and (self.layer.grid is None or unplaced):
            raise BadInput(
                f"The output of {self.layer.name} lies in no grid: pool it with mean or max.", code="pool"
            )
        return rows, columns


@dataclass(frozen=True)
class Pooling:
    """A pooling with all its options."""

    id: str
    options: dict[str, Any]

    @classmethod
    def from_method(cls, method: Method, options: Mapping[str, Any]) -> Pooling:
        """A method with those of the options that it has.

        Raises:
            BadInput: an option it does not take.
        """
        supported = {each.name: options[each.name] for each in method.parameters if each.name in options}
        return cls(method.id, method.complete(supported))

    def __call__(self, output: LayerOutput) -> Tensor:
        """(N, d) of what a layer put out."""
        pooled: Tensor = POOLINGS[self.id].function(output, **self.options)
        return pooled


@POOLINGS.register("Mean", reference="Lin et al. 2014, arXiv:1312.4400")
def mean(output: LayerOutput) -> Tensor:
    """Every channel's mean over the positions of the image; class tokens do not count."""
    return output.spatial.mean(2)


@POOLINGS.register("Maximum", reference="Razavian et al. 2016, arXiv:1412.6574")
def max(output: LayerOutput) -> Tensor:  # noqa: A001 - its id
    """Every channel's largest value over the positions of the image; class tokens do not count."""
    return output.spatial.amax(2)


@POOLINGS.register("Flattened", reference="none: the layer's output as it is")
def flatten(output: LayerOutput, *, cap: Annotated[int, Range(1, 1 << 20)] = 65_536) -> Tensor:
    """The layer's whole output, number by number; refused where it has more numbers than the cap.

    Args:
        output: of the layer.
        cap: how many numbers at most.
    """
    vectors = output.raw.flatten(1)
    if vectors.shape[1] > cap:
        raise BadInput(
            f"{output.layer.name} outputs {vectors.shape[1]:,} numbers for an image, more than the cap of "
            f"{cap:,}: pool it with mean, max or grid.",
            code="cap",
        )
    return vectors


@POOLINGS.register("Class token", reference="Dosovitskiy et al. 2021, arXiv:2010.11929")
def class_token(output: LayerOutput) -> Tensor:
    """The token that stands for the whole image, of transformers that have one."""
    if not output.layer.extra_tokens[0] or not output.extra_tokens.shape[1]:
        raise BadInput(
            f"The output of {output.layer.name} has no class token: pool it with mean.", code="pool"
        )
    return output.extra_tokens[:, 0]


@POOLINGS.register("Spatial grid", reference="Lazebnik et al. 2006, spatial pyramid matching")
def grid(output: LayerOutput, *, side: Annotated[int, Range(1, 8)] = 2) -> Tensor:
    """Every channel's mean in each cell of a grid, so that where things lie still counts.

    Args:
        output: of the layer.
        side: rows and columns.
    """
    rows, columns = output.grid
    maps = output.spatial.reshape(*output.spatial.shape[:2], rows, columns)
    pooled: Tensor = functional.adaptive_avg_pool2d(maps, side)
    return torch.flatten(pooled, 1)
