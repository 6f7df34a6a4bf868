"""Several networks that answer as one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor, nn

from featviz.errors import BadInput
from featviz.models.model import Model
from featviz.models.wrapping import wrap_model

__all__ = ["ensemble"]


class _Ensemble(nn.Module):
    """The mean of its members' log-probabilities: a product of experts, up to its normalization."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, x: Tensor) -> Tensor:
        """Map a batch to log-probabilities (N, classes)."""
        answers = [member(x).log_softmax(1) for member in self.members]
        return torch.stack(answers).mean(0)


def ensemble(models: Sequence[Model]) -> Model:
    """Join several networks for the same images into one that outputs their mean log-probabilities (N, classes).

    What drives all of them up relies on the quirks of none, so that further networks are persuaded too (Liu et al.
    2017, arXiv:1611.02770). An early stage of the same training serves already (Gubri et al. 2023, arXiv:2304.02688).
    Layers of the n-th network are named `members.n.` and their own name.

    Args:
        models: two or more for the same classes, which preprocess images alike. They stay as they are.

    Raises:
        BadInput: fewer than two, or networks that differ in classes, input, preparation or device.
    """
    if len(models) < 2 or not all(isinstance(model, Model) for model in models):
        raise BadInput(f"An ensemble takes two models or more; {len(models)} came.", code="ensemble")
    first = models[0]
    for other in models[1:]:
        _check_alike(first, other)
    return wrap_model(
        _Ensemble([model.replica() for model in models]),
        name=" + ".join(f"{model.name} ({model.weights})" for model in models),
        transform=first.transform,
        classes=first.classes,
        input_size=first.input_size,
        input_channels=first.input_channels,
        device=first.device,
        outputs="logits",
    )


def _check_alike(first: Model, other: Model) -> None:
    for what in ("classes", "input_size", "input_channels", "device"):
        if getattr(first, what) != getattr(other, what):
            raise _difference(first, other, what.replace("_", " "))
    if not all(torch.equal(first.transform(image), other.transform(image)) for image in _probes(first)):
        raise _difference(first, other, "preprocessing of images")


def _probes(model: Model) -> list[Image.Image]:
    """Two colours: enough to tell one normalization from another."""
    side = (model.input_size, model.input_size)
    return [Image.new("RGB", side, color) for color in ("black", "orange")]


def _difference(first: Model, other: Model, what: str) -> BadInput:
    return BadInput(
        f"{first.name} and {other.name} differ in their {what}: an ensemble takes networks for the same images "
        "and classes.",
        code="ensemble",
    )
