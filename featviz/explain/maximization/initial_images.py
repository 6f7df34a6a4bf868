"""Initial images of a run, and its batch size."""

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

__all__ = ["Start", "initial_images", "resolve_batch_size"]

Start: TypeAlias = Image.Image | NDArray[Any]
"""A PIL image, or an array (H, W, 3) or (N, H, W, 3) in [0, 1], such as a frame's `image`."""

_MAX_IMAGES = 1024
_LUMA = (0.299, 0.587, 0.114)


def resolve_batch_size(objective: Objective, count: int | None) -> int:
    """The batch size: the objective's own, or `count`, or 1.

    Raises:
        BadInput: the two differ, or the number is not from 1 to 1024.
    """
    fixed = objective.batch_size
    batch_size = (fixed or 1) if count is None else count
    if type(batch_size) is not int or not 1 <= batch_size <= _MAX_IMAGES or fixed not in (None, batch_size):
        expected = f"{fixed}, as the objective is about so many" if fixed else f"1 to {_MAX_IMAGES}"
        raise BadInput(f"The number of images is {expected}; {batch_size!r} came.", code="count")
    return batch_size


def initial_images(start: Start, count: int, channels: int, size: tuple[int, int]) -> Tensor:
    """The initial images, (count, channels, H, W) in [0, 1], resized to (height, width); a single one is repeated.

    Raises:
        BadInput: something else than images, or a number of them that is neither 1 nor `count`.
    """
    if isinstance(start, Image.Image):
        start = np.asarray(start.convert("RGB"), np.float32) / 255
    images = _batch(start)
    if len(images) not in (1, count):
        raise BadInput(f"{len(images)} images came to begin with: give one, or {count}.", code="start")
    if images.shape[-2:] != size:
        images = F.interpolate(images, size=size, mode="bilinear", antialias=True)
    if channels == 1:
        images = torch.einsum("nchw,c->nhw", images, torch.tensor(_LUMA))[:, None]
    return images.clamp(0, 1).expand(count, -1, -1, -1)


def _batch(start: object) -> Tensor:
    if isinstance(start, np.ndarray) and start.ndim in (3, 4) and start.shape[-1] == 3 and start.size:
        batch = torch.from_numpy(np.array(start, np.float32)).reshape(-1, *start.shape[-3:]).movedim(-1, 1)
        if bool(((batch >= 0) & (batch <= 1)).all()):
            return batch
    raise BadInput(
        "An image to begin with is a PIL image or an array (H, W, 3) or (N, H, W, 3) from 0 to 1.",
        code="start",
    )
