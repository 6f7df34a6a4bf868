"""Activations of a layer and the target's gradients for them, and which layer a class activation map can use."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.architecture.families import family_of
from featviz.explain.features.spatial import has_positions, to_feature_maps
from featviz.explain.targets.score import TargetScore
from featviz.explain.targets.units import Target
from featviz.models.model import Model

__all__ = ["ActivationGradients", "activation_gradients", "default_layer"]

_AT_ONCE = 16


class ActivationGradients(NamedTuple):
    """A layer's activations for one image and the target's gradients for them, each (C, h, w)."""

    layer: str
    activations: Tensor
    gradients: Tensor


def activation_gradients(model: Model, x: Tensor, target: Target, layer: str | None) -> ActivationGradients:
    """A layer's activations for an image (1, C, H, W) and the target's gradients for them.

    Args:
        model: the network.
        x: the image.
        target: what is explained.
        layer: its name; None takes the last layer with positions from which the target is reached.

    Raises:
        LayerNotFound: no such layer.
        BadInput: the layer has no positions, or none of them reaches the target.
    """
    if layer is None:
        return _last_spatial_layer(model, x, target)
    known = model.resolve(layer).layer
    if not has_positions(known):
        raise BadInput(f"{layer} has no positions to draw.{_advice(model, x, target)}", code="layer")
    results = _in_one_pass(model, x, target, [layer])
    # A network may be blind to a whole layer for one image; tokens whose neighbours count never reach it.
    if not results or (known.layout == "tokens" and not results[0].gradients.any()):
        raise BadInput(
            f"No position of {layer} reaches the target, so it has no part in it.{_advice(model, x, target)}",
            code="layer",
        )
    return results[0]


def default_layer(model: Model, x: Tensor, target: Target) -> str:
    """The last layer with positions from which the target is reached; errors as `activation_gradients`."""
    return _last_spatial_layer(model, x, target).layer


def _last_spatial_layer(model: Model, x: Tensor, target: Target) -> ActivationGradients:
    names = (
        layer.name
        for layer in reversed(model.layers)
        # linear layers on tokens mix queries, keys and values
        if has_positions(layer) and not (layer.layout == "tokens" and family_of(layer.kind) == "linear")
    )
    silent: list[ActivationGradients] = []
    at_once = 1  # the very last one will mostly do
    while some := list(islice(names, at_once)):
        results = _in_one_pass(model, x, target, some)
        reaching = next((candidate for candidate in results if candidate.gradients.any()), None)
        if reaching is not None:
            return reaching
        silent += results
        if at_once == 1 and not TargetScore(model, target).gradient(x).any():
            break  # nothing moves the target, so no earlier layer does
        at_once = _AT_ONCE
    if not silent:
        raise BadInput(f"No layer of {model.name} with positions reaches the target.", code="layer")
    return silent[0]


def _in_one_pass(model: Model, x: Tensor, target: Target, names: Sequence[str]) -> list[ActivationGradients]:
    """Activations and gradients of those of the layers that the target depends on, in one pass."""
    score = TargetScore(model, target)
    with model.execution.use_prepacked():
        values, outputs = score.run(x.detach(), {name: model.resolve(name).address for name in names})
    ran = [name for name in names if name in outputs and outputs[name].requires_grad]
    if not ran or not values.requires_grad:
        return []
    gradients = score.gradients(values, [outputs[name] for name in ran])
    return [
        ActivationGradients(name, _maps(model, name, outputs[name], x), _maps(model, name, gradient, x))
        for name, gradient in zip(ran, gradients, strict=True)
        if gradient is not None
    ]


def _maps(model: Model, name: str, output: Tensor, x: Tensor) -> Tensor:
    size = (x.shape[-2], x.shape[-1])
    return to_feature_maps(output.detach(), model.resolve(name).layer, size)[0]


def _advice(model: Model, x: Tensor, target: Target) -> str:
    try:
        return f" {default_layer(model, x, target)} works."
    except BadInput:
        return " No other layer does either: choose a method that needs none."
