"""Why a map says nothing: a saturated softmax or sigmoid, or outputs that are all equal."""

from __future__ import annotations

import torch
from torch import Tensor

from featviz.errors import FeatvizError
from featviz.explain.targets.units import Difference, Logit, NegativeLogit, Target
from featviz.models.model import Model
from featviz.models.outputs import per_class
from featviz.models.recording import record

__all__ = ["equal_outputs_notes", "saturation_notes"]

_FLAT = 1e-4
_CANDIDATES = 4


def saturation_notes(model: Model, x: Tensor, target: Target) -> tuple[str, ...]:
    """Whether the network's own softmax or sigmoid is flat at an image, and what to explain instead.

    Args:
        model: the network.
        x: the image, (1, C, H, W).
        target: what is explained; a class, else nothing is said.
    """
    if not model.reading.saturates or not isinstance(target, (Logit, NegativeLogit, Difference)):
        return ()
    output = per_class(model.logits(x))
    probabilities = model.reading.probabilities(output)
    if probabilities is None or not target.index < probabilities.shape[1]:
        return ()
    probability = float(probabilities[0, target.index])
    if min(probability, 1 - probability) > _FLAT:
        return ()
    end = "sigmoid" if model.reading.squashed else "softmax"
    before = _layer_before(model, x, output)
    where = f", with target=Channel({before!r}, {target.index})" if before else ""
    return (
        f"The probability of {model.class_name(target.index)} is {probability:.6g}: the {end} that the network ends in "
        "is saturated, so that gradients vanish and the map is zero or rounding noise. Explain the value before it"
        f"{where}.",
    )


def equal_outputs_notes(model: Model, x: Tensor) -> tuple[str, ...]:
    """That all outputs are equal for an image; nothing where they are not."""
    scores = per_class(model.logits(x))[0]
    if len(scores) < 2 or float(scores.max()) > float(scores.min()):
        return ()
    return (
        f"All {len(scores):,} outputs are equal for this image, as where the weights of the head are zero: the network "
        "prefers no class, and there is nothing to explain.",
    )


def _layer_before(model: Model, x: Tensor, output: Tensor) -> str:
    """The last layer that the softmax or sigmoid of the network is of; "" where none is."""
    count = output.shape[1]
    names = [each.name for each in model.layers if each.layout == "vector" and each.channels == count]
    try:
        recorded = record(model, x, names[-_CANDIDATES:]) if names else {}
    except FeatvizError:  # a layer that runs for some images alone
        return ""
    ends = (torch.sigmoid,) if model.reading.squashed else (_softmax, _log_softmax)
    matching = (
        name
        for name, values in reversed(recorded.items())
        if any(_close(end(values.float()), output) for end in ends) and not _close(values.float(), output)
    )
    return next(matching, "")


def _softmax(values: Tensor) -> Tensor:
    return values.softmax(1)


def _log_softmax(values: Tensor) -> Tensor:
    return values.log_softmax(1)


def _close(first: Tensor, second: Tensor) -> bool:
    return first.shape == second.shape and torch.allclose(first, second, rtol=1e-4, atol=1e-6)
