"""Predictions: the classes a network considers, best first, with what its kind of output says of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from featviz.errors import BadInput
from featviz.models.outputs import OutputReading, per_class

__all__ = ["Prediction", "check_real", "class_outputs", "ranked_predictions", "with_complement"]


@dataclass(frozen=True)
class Prediction:
    """One class a network considers.

    Attributes:
        label: its name.
        index: which class; of one logit with two names 0 is the class against it, 1 that for it.
        probability: as the kind of output gives it; None where the outputs are no probabilities.
        score: the network's own output for it.
    """

    label: str
    index: int
    probability: float | None
    score: float = float("nan")

    @property
    def value(self) -> float:
        """The probability, or the score where there is none."""
        return self.score if self.probability is None else self.probability

    def value_text(self, decimals: int = 0) -> str:
        """The probability in percent, such as `62%`; the score, where there is none."""
        return f"{self.score:.4g}" if self.probability is None else f"{self.probability:.{decimals}%}"


def with_complement(predictions: list[Prediction], reading: OutputReading) -> list[Prediction]:
    """Of one logit without a name for its no, that no beside the yes, the likelier first; others as they are."""
    first = predictions[0]
    if reading.kind != "one_logit" or len(predictions) != 1 or first.probability is None:
        return predictions
    no = replace(first, label=f"not {first.label}", probability=1 - first.probability, score=-first.score)
    return sorted([first, no], key=lambda each: -each.value)


def class_outputs(replica: nn.Module, x: Tensor, network: str) -> Tensor:
    """A network's output for a batch, without a graph.

    Args:
        replica: a private one.
        x: the batch, which a network that begins in place may change.
        network: its name.

    Raises:
        BadInput: it cannot take the batch, or outputs no tensor (N, ...).
    """
    try:
        with torch.no_grad():
            output = replica(x)
    except Exception as error:  # a network of one's own may raise anything
        raise BadInput(
            f"{network} cannot take a batch of shape {tuple(x.shape)}: {error}", code="forward"
        ) from error
    if not isinstance(output, Tensor) or output.ndim < 2:
        came = f"of shape {tuple(output.shape)}" if isinstance(output, Tensor) else type(output).__name__
        raise BadInput(
            f"{network} outputs {came}, not a tensor (N, classes): wrap a module that returns its logits.",
            code="output",
        )
    check_real(output, network)
    return output


def check_real(output: Tensor, network: str) -> None:
    """Refuse outputs that are no scores.

    Raises:
        BadInput: they are complex, whole numbers or truth values.
    """
    if not output.is_floating_point():
        kind = str(output.dtype).removeprefix("torch.")
        raise BadInput(
            f"{network} outputs numbers of the kind {kind}, which are no scores: wrap a module that returns its "
            "logits.",
            code="output",
        )


def ranked_predictions(
    output: Tensor, reading: OutputReading, name: Callable[[int], str], *, names: int, top: int
) -> list[list[Prediction]]:
    """The best classes for every image of a batch; equal scores in the order of the outputs.

    Args:
        output: the network's, (N, ...).
        reading: what its numbers are.
        name: of a class by its index.
        names: how many names there are; one logit may have two, of its no and its yes.
        top: how many classes; at most as many as there are.
    """
    scores = per_class(output)
    if names == 2 and scores.shape[1] == 1:
        scores = _no_and_yes(scores, reading)
    probabilities = reading.probabilities(scores)
    values, indices = scores.sort(stable=True, dim=1, descending=True)
    ordered = values if probabilities is None else probabilities.gather(1, indices)
    count = max(top, 1)
    return [
        [
            Prediction(name(index), index, None if probabilities is None else probability, score)
            for index, probability, score in zip(*(each[:count] for each in row), strict=True)
        ]
        for row in zip(indices.tolist(), ordered.tolist(), values.tolist(), strict=True)
    ]


def _no_and_yes(scores: Tensor, reading: OutputReading) -> Tensor:
    """One output (N, 1) as two (N, 2): what speaks against the class, and what for it."""
    complement = reading.squashed or reading.kind == "probabilities"
    return torch.cat([1 - scores if complement else -scores, scores], 1)
