"""Class activation maps: a layer's maps, weighted by what they do for the target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import torch
from torch import Tensor

from featviz.explain.attribution.activation_gradients import (
    ActivationGradients,
    activation_gradients,
    default_layer,
)
from featviz.explain.attribution.guided import guided_backprop
from featviz.explain.attribution.registry import GRADIENT, METHODS, LayerName, Partial
from featviz.explain.features.spatial import upsample
from featviz.explain.targets.score import TargetScore, batch_size_for, batches
from featviz.explain.targets.units import Target
from featviz.models.model import Model
from featviz.registry import Level, Preset

Relu = Annotated[bool, Level("all")]


@METHODS.register(
    "Grad-CAM",
    reference="Selvaraju et al. 2017, arXiv:1610.02391",
    passes=GRADIENT,
    presets={"paper": Preset({}, "Selvaraju et al. 2017: the last convolutional layer, positive part.")},
    lesson="attribution/grad_cam.md",
)
def grad_cam(
    model: Model, x: Tensor, target: Target, *, layer: LayerName = None, relu: Relu = True
) -> Partial:
    """A layer's maps, each weighted by its mean gradient, added up.

    Args:
        layer: a layer with positions; without one, the last from which the target is reached.
        relu: keep only what speaks for the target, as the paper does; without it the sign is kept.
    """
    layer_gradients = activation_gradients(model, x, target, layer)
    return _of_layer(layer_gradients, _grad_cam(layer_gradients, relu=relu))


@METHODS.register(
    "Grad-CAM++",
    reference="Chattopadhay et al. 2018, arXiv:1710.11063",
    passes=GRADIENT,
    lesson="attribution/grad_cam_plus_plus.md",
)
def grad_cam_plus_plus(
    model: Model, x: Tensor, target: Target, *, layer: LayerName = None, relu: Relu = True
) -> Partial:
    """Grad-CAM whose weights count each position by its second-order share (equation 19), of exp(target).

    Args:
        layer: a layer with positions; without one, the last from which the target is reached.
        relu: keep only what speaks for the target.
    """
    layer_gradients = activation_gradients(model, x, target, layer)
    gradients, sums = layer_gradients.gradients, layer_gradients.activations.sum((1, 2), keepdim=True)
    denominator = 2 * gradients**2 + sums * gradients**3
    alpha = torch.where(denominator != 0, gradients**2 / torch.where(denominator != 0, denominator, 1), 0)
    weights = (alpha * gradients.clamp(min=0)).sum((1, 2))
    return _of_layer(layer_gradients, _weighted(layer_gradients, weights, relu=relu))


@METHODS.register(
    "LayerCAM",
    reference="Jiang et al. 2021, IEEE TIP 30, doi:10.1109/TIP.2021.3089943",
    passes=GRADIENT,
    lesson="attribution/layer_cam.md",
)
def layer_cam(
    model: Model, x: Tensor, target: Target, *, layer: LayerName = None, relu: Relu = True
) -> Partial:
    """A layer's maps, each position weighted by its own positive gradient, added up.

    Args:
        layer: a layer with positions; without one, the last from which the target is reached.
        relu: keep only what speaks for the target.
    """
    layer_gradients = activation_gradients(model, x, target, layer)
    weighted = layer_gradients.gradients.clamp(min=0) * layer_gradients.activations
    return _of_layer(layer_gradients, _rectified(weighted.sum(0, keepdim=True), relu=relu))


def _channels(model: Model, x: Tensor, target: Target, *, layer: str | None, **_: object) -> int:
    """A pass a channel, and the gradient that finds the layer."""
    shown = model.resolve(layer or default_layer(model, x, target)).layer
    return shown.channels + GRADIENT


@METHODS.register(
    "Score-CAM",
    reference="Wang et al. 2020, arXiv:1910.01279",
    passes=_channels,
    lesson="attribution/score_cam.md",
)
def score_cam(
    model: Model, x: Tensor, target: Target, *, layer: LayerName = None, relu: Relu = True
) -> Iterator[Partial]:
    """A layer's maps, each weighted by how the target fares when the image shows only through it.

    The weights are the softmax of the target's values over the channels; a map without variation masks all.

    Args:
        layer: a layer with positions; without one, the last from which the target is reached.
        relu: keep only what speaks for the target.
    """
    layer_gradients, score = activation_gradients(model, x, target, layer), TargetScore(model, target)
    maps = layer_gradients.activations
    values = maps.new_full((len(maps),), -torch.inf)
    for start, size in batches(len(maps), batch_size_for(x)):
        part = slice(start, start + size)
        values[part] = score(_masks(maps[part], x) * x)
        cam = _weighted(layer_gradients, values.softmax(0), relu=relu)
        yield Partial(start + size, len(maps), cam, {"layer": layer_gradients.layer})


@METHODS.register(
    "Guided Grad-CAM",
    reference="Selvaraju et al. 2017, arXiv:1610.02391",
    passes=2 * GRADIENT,
    lesson="attribution/guided_grad_cam.md",
)
def guided_grad_cam(model: Model, x: Tensor, target: Target, *, layer: LayerName = None) -> Partial:
    """Guided backpropagation times Grad-CAM, enlarged to the image.

    Args:
        layer: of Grad-CAM: a layer with positions; without one, the last from which the target is reached.
    """
    layer_gradients = activation_gradients(model, x, target, layer)
    cam = upsample(_grad_cam(layer_gradients, relu=True), x.shape[-2:])
    return _of_layer(layer_gradients, guided_backprop(model, x, target) * cam)


def _grad_cam(layer_gradients: ActivationGradients, *, relu: bool) -> Tensor:
    return _weighted(layer_gradients, layer_gradients.gradients.mean((1, 2)), relu=relu)


def _of_layer(layer_gradients: ActivationGradients, raw: Tensor) -> Partial:
    """The result, which tells the layer that was taken."""
    return Partial(1, 1, raw, {"layer": layer_gradients.layer})


def _masks(maps: Tensor, x: Tensor) -> Tensor:
    """Maps (K, h, w) -> masks (K, 1, H, W) in [0, 1], each from its lowest to its highest."""
    large = upsample(maps, x.shape[-2:])
    low, high = large.amin((1, 2), keepdim=True), large.amax((1, 2), keepdim=True)
    span = torch.where(high > low, high - low, 1)
    return ((large - low) / span)[:, None]


def _weighted(layer_gradients: ActivationGradients, weights: Tensor, *, relu: bool) -> Tensor:
    return _rectified(torch.einsum("c,chw->hw", weights, layer_gradients.activations)[None], relu=relu)


def _rectified(cam: Tensor, *, relu: bool) -> Tensor:
    return cam.clamp(min=0) if relu else cam
