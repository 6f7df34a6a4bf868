"""Pictures to begin with, and how many pictures a run is about."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from featviz.errors import BadInput
from featviz.explain.targets.units import Objective

__all__ = ["Start", "counted", "start_pictures"]

Start: TypeAlias = Image.Image | NDArray[Any]
"""A PIL image, or an array (H, W, 3) or (N, H, W, 3) in [0, 1], such as a frame's `image`."""

_MOST_PICTURES = 1024
_LUMA = (0.299, 0.587, 0.114)


def counted(objective: Objective, count: int | None) -> int:
    """How many pictures: what the objective is about, or what is asked for.

    Raises:
        BadInput: the two differ, or the number cannot be.
    """
    fixed = objective.count
    wanted = (fixed or 1) if count is None else count
    if type(wanted) is not int or not 1 <= wanted <= _MOST_PICTURES or fixed not in (None, wanted):
        expected = f"{fixed}, as the objective is about so many" if fixed else f"1 to {_MOST_PICTURES}"
        raise BadInput(f"The number of pictures is {expected}; {wanted!r} came.", code="count")
    return wanted


def start_pictures(start: Start, count: int, channels: int, size: tuple[int, int]) -> Tensor:
    """The pictures to begin with, (count, channels, H, W) in [0, 1], resized; one serves for all.

    Raises:
        BadInput: something else than pictures, or as many as are neither one nor `count`.
    """
    if isinstance(start, Image.Image):
        start = np.asarray(start.convert("RGB"), np.float32) / 255
    pictures = _batch(start)
    if len(pictures) not in (1, count):
        raise BadInput(f"{len(pictures)} pictures came to begin with: give one, or {count}.", code="start")
    if pictures.shape[-2:] != size:
        pictures = F.interpolate(pictures, size=size, mode="bilinear", antialias=True)
    if channels == 1:
        pictures = torch.einsum("nchw,c->nhw", pictures, torch.tensor(_LUMA))[:, None]
    return pictures.clamp(0, 1).expand(count, -1, -1, -1)


def _batch(start: object) -> Tensor:
    if isinstance(start, np.ndarray) and start.ndim in (3, 4) and start.shape[-1] == 3 and start.size:
        batch = torch.from_numpy(np.array(start, np.float32)).reshape(-1, *start.shape[-3:]).movedim(-1, 1)
        if bool(((batch >= 0) & (batch <= 1)).all()):
            return batch
    raise BadInput(
        "A picture to begin with is a PIL image or an array (H, W, 3) or (N, H, W, 3) from 0 to 1.",
        code="start",
    )
