"""The frames of a run: for each epoch the kernels of the first layer, and the feature maps of one image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featviz.analysis.film import epoch_maps, first_kernels
from featviz.render.colormaps import COLORMAPS
from featviz.render.mosaic import best_columns, mosaic
from featviz.render.normalization import channel_scales, quantize
from featviz.training.run import TrainingRun
from featviz.ui.pages.random_to_trained.controls import FilmRequest
from featviz.ui.state.cache import FEATURES

__all__ = ["film_frames"]

Pixels = NDArray[np.uint8]
_SIDE = 288
_MOST_TILES = 36
_GAP = 1


def film_frames(request: FilmRequest) -> list[Pixels]:
    """For each epoch (3, S, S, 3): the feature maps, the kernels, the image; (2, S, S, 3) without kernels."""
    key = ("film frames", *request.key, request.position)
    return FEATURES.compute(key, lambda: _frames(request), lambda each: sum(one.nbytes for one in each))


def _frames(request: FilmRequest) -> list[Pixels]:
    run = request.run
    maps = [_maps(each) for each in epoch_maps(run.epochs, request.layer, request.position)]
    kernels = _kernels(run)
    image = _fitted(run.data.images[request.position].permute(1, 2, 0).contiguous().numpy()[None])
    return [
        np.stack([each, *([kernels[index]] if kernels else []), image]) for index, each in enumerate(maps)
    ]


def _kernels(run: TrainingRun) -> list[Pixels]:
    """Kernels in color, gray where they are 0, all epochs on one scale, so that growing weights are seen to grow."""
    kernels = [first_kernels(epoch) for epoch in run.epochs]
    present = [each for each in kernels if each is not None]
    if len(present) < len(kernels):
        return []
    limit = max(float(np.abs(each).max()) for each in present) or 1.0
    tiles = [
        np.rint((each[:_MOST_TILES].transpose(0, 2, 3, 1) / limit + 1) * 127.5).astype(np.uint8)
        for each in present
    ]
    return [_fitted(each) for each in tiles]


def _maps(maps: NDArray[np.float32]) -> Pixels:
    """Feature maps, each on its own scale."""
    shown = maps[:_MOST_TILES]
    levels = quantize(shown, channel_scales(shown, symmetric=False))
    return _fitted(COLORMAPS["viridis"].table[levels])


def _fitted(tiles: Pixels) -> Pixels:
    """A square of tiles, enlarged without blurring."""
    columns = best_columns(len(tiles), 1.0)
    sheet = Image.fromarray(mosaic(tiles, columns, gap=_GAP, background=(128, 128, 128)))
    scale = min(_SIDE / sheet.width, _SIDE / sheet.height)
    size = (max(1, round(sheet.width * scale)), max(1, round(sheet.height * scale)))
    paper = Image.new("RGB", (_SIDE, _SIDE), (128, 128, 128))
    paper.paste(
        sheet.resize(size, Image.Resampling.NEAREST), ((_SIDE - size[0]) // 2, (_SIDE - size[1]) // 2)
    )
    return np.array(paper)
