"""How the maps of two networks are looked at beside each other: in the same colors, on one scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featviz.explain.features.feature_maps import FeatureMaps
from featviz.render.colormaps import Colormap
from featviz.render.normalization import Scale, channel_scales, describe, shared_scale, without_rounding
from featviz.ui.inputs.display import Look

__all__ = ["ComparedLook", "compare_look"]


@dataclass(frozen=True, eq=False)
class ComparedLook(Look):
    """A way of looking at two layers: what is asked for one of them holds for both.

    Attributes:
        both: what the layers output.
        corresponding: whether equal numbers mean the same channel.
    """

    both: tuple[FeatureMaps, FeatureMaps]
    corresponding: bool

    def colormap(self, maps: NDArray[np.float32]) -> Colormap:
        """The same for both layers: diverging as soon as a value of either is negative."""
        return super().colormap(min((maps, *(each.maps for each in self.both)), key=np.min))

    def scales(self, maps: NDArray[np.float32]) -> tuple[Scale, ...]:
        """One scale for all maps of both; or one for a channel and its counterpart, or for each map without one."""
        symmetric = self.colormap(maps).kind == "diverging"
        if self.scale == "shared":
            return (shared_scale(self._all(), symmetric=symmetric),) * len(maps)
        if self.corresponding:
            pairs = np.concatenate([each.maps.reshape(len(maps), -1) for each in self.both], axis=1)
            return without_rounding(channel_scales(pairs, symmetric=symmetric), pairs)
        return without_rounding(channel_scales(maps, symmetric=symmetric), maps)

    def channels_in_order(self, maps: FeatureMaps) -> list[int]:
        """The channels of a layer as they stand; corresponding ones as those of the first."""
        return super().channels_in_order(self.both[0] if self.corresponding else maps)

    def span(self) -> tuple[float, float]:
        """The lowest and the highest value of both, or zero."""
        every = self._all()
        return min(0.0, float(every.min())), max(0.0, float(every.max()))

    @property
    def note(self) -> str:
        """Which values have equal colors, in a sentence."""
        if self.scale == "shared":
            return f"Both are on one scale, {describe(self.scales(self.both[0].maps)[0])}."
        if self.corresponding:
            return "Each channel is on one scale in both; different channels are on different ones."
        return "Each map is on a scale of its own: choose Shared to compare their values."

    def _all(self) -> NDArray[np.float32]:
        return np.concatenate([each.maps.ravel() for each in self.both])


def compare_look(look: Look, both: tuple[FeatureMaps, FeatureMaps], *, corresponding: bool) -> ComparedLook:
    """The same look at two layers beside each other."""
    return ComparedLook(look.order, look.scale, look.colors, both, corresponding)
