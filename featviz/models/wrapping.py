"""wrap_model: a researcher's own network as a Model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import torch
from torch import nn

from featviz.errors import BadInput
from featviz.models.cards import own_card
from featviz.models.copying import copied
from featviz.models.inputs import Transform, check_image_input
from featviz.models.model import Model
from featviz.models.outputs import Outputs

__all__ = ["wrap_model"]


def wrap_model(
    module: nn.Module,
    *,
    name: str,
    transform: Transform,
    classes: Sequence[str] = (),
    input_size: int,
    input_channels: int = 3,
    device: str | torch.device = "cpu",
    outputs: Outputs | None = None,
) -> Model:
    """Make a Model of a researcher's own network; a deep copy, so the original stays as it is.

    Args:
        module: any network that takes (N, C, H, W).
        name: what to call it.
        transform: one RGB image -> a normalised tensor (C, H, W).
        classes: names of its outputs, or none.
        input_size: height and width of its input in pixels.
        input_channels: channels of its input.
        device: where it shall compute.
        outputs: what kind of numbers it gives; None: found out by a pass of noise.

    Raises:
        BadInput: it is no module that can be copied, this machine has no such device, an argument is none, or there
            are not as many outputs as class names.
    """
    if outputs is not None and outputs not in get_args(Outputs):
        known = ", ".join(get_args(Outputs))
        raise BadInput(f"outputs is None or one of {known}; {outputs!r} came.", code="outputs")
    check_image_input(transform, input_size, input_channels)
    private_copy, notes = copied(module, name, device)
    model = Model(
        name=name,
        module=private_copy,
        transform=transform,
        classes=tuple(classes),
        input_size=input_size,
        input_channels=input_channels,
        device=torch.device(device),
        card=own_card(
            name, sum(each.numel() for each in private_copy.parameters()), input_size, len(classes)
        ),
        weights="own",
        read_notes=notes,
        declared_outputs=outputs,
    )
    model.probe.check_names(model.classes, name)
    return model
