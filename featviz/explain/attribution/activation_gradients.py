"""Which layer a class activation map can be drawn from, and what that layer says."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.architecture.families import family_of
from featviz.explain.features.spatial import as_maps, has_positions
from featviz.explain.targets.score import Scores
from featviz.explain.targets.units import Target
from featviz.models.model import Model

__all__ = ["Evidence", "default_layer", "layer_evidence"]

_AT_ONCE = 16


class Evidence(NamedTuple):
    """A layer's maps for one picture and the target's gradient for them, each (C, h, w)."""

    layer: str
    activations: Tensor
    gradients: Tensor


def layer_evidence(model: Model, x: Tensor, target: Target, layer: str | None) -> Evidence:
    """What a layer outputs for a picture (1, C, H, W) and how the target depends on it.

    Args:
        model: the network.
        x: the picture.
        target: what is explained.
        layer: its name; None takes the last layer with positions from which the target is reached.

    Raises:
        LayerNotFound: no such layer.
        BadInput: the layer has no positions, or none of them reaches the target.
    """
    if layer is None:
        return _last_reaching(model, x, target)
    known = model.resolve(layer).layer
    if not has_positions(model, known):
        raise BadInput(f"{layer} has no positions to draw.{_advice(model, x, target)}", code="layer")
    found = _evidence(model, x, target, [layer])
    # A network may be blind to a whole layer for one picture; tokens whose neighbours count never reach it.
    if not found or (known.layout == "tokens" and not found[0].gradients.any()):
        raise BadInput(
            f"No position of {layer} reaches the target, so it has no part in it.{_advice(model, x, target)}",
            code="layer",
        )
    return found[0]


def default_layer(model: Model, x: Tensor, target: Target) -> str:
    """The last layer with positions from which the target is reached; errors as `layer_evidence`."""
    return _last_reaching(model, x, target).layer


def _last_reaching(model: Model, x: Tensor, target: Target) -> Evidence:
    names = (
        layer.name
        for layer in reversed(model.layers)
        # linear layers on tokens mix queries, keys and values
        if has_positions(model, layer)
        and not (layer.layout == "tokens" and family_of(layer.kind) == "linear")
    )
    silent: list[Evidence] = []
    at_once = 1  # the very last one will mostly do
    while some := list(islice(names, at_once)):
        found = _evidence(model, x, target, some)
        reaching = next((evidence for evidence in found if evidence.gradients.any()), None)
        if reaching is not None:
            return reaching
        silent += found
        if at_once == 1 and not Scores(model, target).gradient(x).any():
            break  # nothing moves the target, so no earlier layer does
        at_once = _AT_ONCE
    if not silent:
        raise BadInput(f"No layer of {model.name} with positions reaches the target.", code="layer")
    return silent[0]


def _evidence(model: Model, x: Tensor, target: Target, names: Sequence[str]) -> list[Evidence]:
    """Evidence from those of the layers that the target is computed from, in one pass."""
    scores = Scores(model, target)
    with model.execution.use_prepacked():
        values, outputs = scores.run(x.detach(), {name: model.resolve(name).address for name in names})
    ran = [name for name in names if name in outputs and outputs[name].requires_grad]
    if not ran or not values.requires_grad:
        return []
    slopes = scores.derivatives(values, [outputs[name] for name in ran])
    return [
        Evidence(name, _maps(model, name, outputs[name]), _maps(model, name, slope))
        for name, slope in zip(ran, slopes, strict=True)
        if slope is not None
    ]


def _maps(model: Model, name: str, output: Tensor) -> Tensor:
    return as_maps(output.detach(), model.resolve(name).layer)[0]


def _advice(model: Model, x: Tensor, target: Target) -> str:
    try:
        return f" {default_layer(model, x, target)} works."
    except BadInput:
        return " No other layer does either: choose a method that needs none."
