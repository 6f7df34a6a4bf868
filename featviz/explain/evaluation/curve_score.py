"""The score of a deletion or insertion curve: a class's probability, or the target's own value."""

import torch
from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.evaluation.check import Explanation
from featviz.explain.targets.score import TargetScore
from featviz.explain.targets.units import Logit
from featviz.models.outputs import per_class

__all__ = ["quantity_of", "values_of"]


def quantity_of(explanation: Explanation) -> str:
    """ "probability" for a class, "value" for every other target."""
    is_class = isinstance(explanation.attribution.target, Logit)
    return "probability" if is_class and explanation.model.reading.function else "value"


def values_of(explanation: Explanation, images: Tensor) -> Tensor:
    """The score of each image of a batch (N, C, H, W), (N,) on the CPU.

    Raises:
        BadInput: a value that is not finite.
    """
    model, target = explanation.model, explanation.attribution.target
    if isinstance(target, Logit) and quantity_of(explanation) == "probability":
        probabilities = model.reading.probabilities(per_class(model.logits(images)))
        assert probabilities is not None  # noqa: S101 - as the quantity says
        return probabilities[:, target.index]
    values = TargetScore(model, target)(images).float().cpu()
    if not bool(torch.isfinite(values).all()):
        raise BadInput(f"{target} of {model.name} is not finite for a changed image.", code="nan")
    return values
