"""What a curve follows: a class's probability, or the target's own value."""

import torch
from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.evaluation.check import Explanation
from featviz.explain.targets.score import Scores
from featviz.explain.targets.units import Logit

__all__ = ["quantity_of", "values_of"]


def quantity_of(explanation: Explanation) -> str:
    """A class is followed by its probability, everything else by its own value."""
    probable = isinstance(explanation.attribution.target, Logit) and len(explanation.model.classes) != 1
    return "probability" if probable else "value"


def values_of(explanation: Explanation, pictures: Tensor) -> Tensor:
    """The quantity for each picture, (N,) on the CPU."""
    model, target = explanation.model, explanation.attribution.target
    if isinstance(target, Logit) and quantity_of(explanation) == "probability":
        return model.logits(pictures).softmax(1)[:, target.index]
    values = Scores(model, target)(pictures).float().cpu()
    if not bool(torch.isfinite(values).all()):
        raise BadInput(f"{target} of {model.name} is not finite for a changed picture.", code="nan")
    return values
