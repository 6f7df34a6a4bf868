"""Frame: the images of activation maximization after some steps, with their scores."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["Ended", "Frame"]

Floats = NDArray[np.float32]
Ended = Literal["", "steps", "settled", "blocked", "not finite"]
"""Why a run ended: its steps are over, nothing improves any more, nothing moves any image, or no step was
finite any more; "" while it goes on."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Images after so many steps.

    Attributes:
        step: how many updates made them; 0 is the start.
        steps: how many the run may take.
        scores: (N,) float32: the objective for each image, as the network saw it in this step, changed by
            the robustness transforms; in the last frame, for the image as it is, in full precision.
        moved: (N,) whether the objective ever rose above the start's; where it did not, the image shows nothing.
        ended: why this frame is the last one; "" where it is not.
        made: how it was made: model, fingerprint, objective, options and seed.
    """

    step: int
    steps: int
    scores: Floats
    moved: NDArray[np.bool_]
    ended: Ended = ""
    made: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _images: Tensor | None = field(default=None, repr=False)
    _gradient_magnitude: Tensor | None = field(default=None, repr=False)
    _color_channels: int = field(default=3, repr=False)

    @cached_property
    def image(self) -> Floats:
        """The images (N, H, W, 3) float32 in [0, 1]; grey ones have three equal channels."""
        assert self._images is not None  # noqa: S101 - maximize gives every frame its images
        planes = self._images[:, : self._color_channels].expand(-1, 3, -1, -1)
        return _frozen(planes.movedim(1, -1))

    @cached_property
    def opacity(self) -> Floats | None:
        """(N, H, W) float32 in [0, 1], where the run learns transparency."""
        assert self._images is not None  # noqa: S101 - maximize gives every frame its images
        return _frozen(self._images[:, -1]) if self._images.shape[1] > self._color_channels else None

    @cached_property
    def importance(self) -> Floats:
        """(N, H, W) float32 in [0, 1]: the absolute gradient for each pixel, summed over all steps.

        1 is each image's maximum (MACO, Fel et al. 2023, section 3.3).
        """
        assert self._gradient_magnitude is not None  # noqa: S101 - maximize gives every frame its gradients
        largest = self._gradient_magnitude.amax((1, 2), keepdim=True)
        return _frozen(self._gradient_magnitude / largest.clamp(min=1e-30))

    @property
    def score(self) -> float:
        """The mean of `scores`."""
        return float(self.scores.mean())

    def to_npz(self) -> bytes:
        """Images, scores, importance and how they were made, as an NPZ file without pickled data."""
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {
            name: getattr(self, name) for name in ("image", "scores", "moved", "importance")
        }
        if self.opacity is not None:
            arrays["opacity"] = self.opacity
        np.savez_compressed(
            buffer, step=self.step, ended=self.ended, made=np.array(json.dumps(dict(self.made))), **arrays
        )
        return buffer.getvalue()


def _frozen(tensor: Tensor) -> Floats:
    array: Floats = tensor.detach().float().cpu().contiguous().numpy().copy()
    array.setflags(write=False)
    return array
