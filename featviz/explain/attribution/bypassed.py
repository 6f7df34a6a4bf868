"""What a map of a layer cannot show: a skip connection that leads around the layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featviz.models.model import Model

__all__ = ["bypass_notes"]


def bypass_notes(model: Model, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Say it where the layer that a method reads lies on one of two paths; nothing of other layers and methods.

    Args:
        model: the network.
        options: those of the result, in which "layer" is the one that was read.
    """
    name = options.get("layer")
    layer = model.layers_by_name.get(name) if isinstance(name, str) else None
    if layer is None or not layer.bypassed_by:
        return ()
    return (f"A skip connection leads around {name}: what takes that path is not in this map.",)
