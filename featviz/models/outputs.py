"""What kind of numbers a network outputs, told by its answers, and the probabilities that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

__all__ = ["End", "OutputReading", "Outputs", "output_count", "per_class", "read_outputs"]

Outputs = Literal[
    "logits",
    "probabilities",
    "log_probabilities",
    "one_logit",
    "multi_label",
    "embedding",
    "maps",
    "reconstruction",
]
"""What a network gives: numbers whose softmax are probabilities, those themselves or their logarithms, one logit
of yes against no, one for each of many labels, a vector of features, a map for each class, or an image."""

End = Literal["sigmoid", "softmax", "linear", "bounded", "other"]
"""The operation whose result a network outputs; bounded is one that gives no logits and no probabilities."""

_SUM = 1e-3
_ALIKE = 1e-2
_AS_IT_IS = "the network's output"
_FUNCTIONS: dict[Outputs, str] = {
    "logits": "softmax",
    "probabilities": _AS_IT_IS,
    "log_probabilities": "exp",
    "one_logit": "sigmoid",
    "multi_label": "sigmoid of each",
}
_UNITS: dict[Outputs, str] = {"embedding": "output", "maps": "channel", "reconstruction": "channel"}
_SCORES: dict[Outputs, str] = {
    "embedding": "output (no probability)",
    "maps": "mean over positions (no probability)",
    "reconstruction": "mean over positions (no probability)",
}


@dataclass(frozen=True)
class OutputReading:
    """How a network's output is read.

    Attributes:
        kind: what its numbers are.
        squashed: whether a sigmoid is part of the network already, so that its numbers are probabilities.
    """

    kind: Outputs
    squashed: bool = False

    @property
    def saturates(self) -> bool:
        """Whether a softmax or a sigmoid is part of the network: where it is sure, its gradient vanishes."""
        return self.squashed or self.kind in ("probabilities", "log_probabilities")

    @property
    def function(self) -> str:
        """What makes a probability of an output, such as `softmax`; "" where outputs are none."""
        return _AS_IT_IS if self.squashed else _FUNCTIONS.get(self.kind, "")

    @property
    def quantity(self) -> str:
        """What the number beside a class is, such as `probability (softmax)`."""
        return f"probability ({self.function})" if self.function else _SCORES[self.kind]

    @property
    def unit(self) -> str:
        """What one output without a name is called."""
        return _UNITS.get(self.kind, "class")

    def probabilities(self, scores: Tensor) -> Tensor | None:
        """The probabilities (N, C) that follow from the outputs (N, C); None where they are none."""
        if self.squashed or self.kind == "probabilities":
            return scores
        if self.kind == "logits":
            return scores.softmax(1)
        if self.kind == "log_probabilities":
            return scores.exp()
        return scores.sigmoid() if self.kind in ("one_logit", "multi_label") else None


def per_class(output: Tensor) -> Tensor:
    """One number a class (N, C): of maps (N, C, H, W) their mean over all positions, of tokens that over the tokens."""
    if output.ndim == 3:
        return output.squeeze(2) if output.shape[2] == 1 else output.mean(1)
    return output.flatten(2).mean(2) if output.ndim > 2 else output


def output_count(output: Tensor) -> int:
    """How many outputs can have a name: the channels of maps, else the numbers of a vector."""
    return per_class(output[:1]).shape[1]


def read_outputs(output: Tensor, end: End, *, named: bool, declared: Outputs | None = None) -> OutputReading:
    """How to read a network's output: as declared, else by what its answers to noise show.

    A sigmoid that the network ends in is not applied again, whatever was declared.

    Args:
        output: for a batch of noise, (N, ...).
        end: the operation that it is the result of.
        named: whether its outputs have names.
        declared: what somebody who knows said.
    """
    squashed = end in ("sigmoid", "softmax") and bool(((output >= 0) & (output <= 1)).all())
    kind = declared or _kind(output, end, named=named or end == "linear", squashed=squashed)
    return OutputReading(kind, squashed=squashed and kind in ("one_logit", "multi_label"))


def _kind(output: Tensor, end: End, *, named: bool, squashed: bool) -> Outputs:
    """The kind whose mark the answers bear."""
    if output.ndim == 3 and min(output.shape[1:]) > 1:
        return "embedding"
    if output.ndim > 3 and output[0, 0].numel() > 1:
        return "maps"
    rows = per_class(output).double()
    if rows.shape[1] == 1:
        return "embedding" if end == "bounded" else "one_logit"
    if not (squashed and end == "sigmoid") and _sums_to_one(rows):
        return "probabilities"
    if squashed:
        return "multi_label"
    if bool((rows <= 0).all()) and _sums_to_one(rows.exp()):
        return "log_probabilities"
    is_open = named and end != "bounded" and not _is_normalized(rows)
    return "logits" if is_open else "embedding"


def _is_normalized(rows: Tensor) -> bool:
    """Whether the answers are all of one length or one sum, as directions, percentages and losses are."""
    if bool((rows >= 0).all()) and _sums_to_one((-rows).exp()):
        return True
    differing = float((rows - rows[:1]).abs().max())
    sums, lengths = rows.sum(1), rows.norm(dim=1)
    positive = bool((rows > 0).all()) and float((sums - sums[0]).abs().max()) < _ALIKE * differing
    return positive or float((lengths - 1).abs().max()) < _ALIKE * differing


def _sums_to_one(rows: Tensor) -> bool:
    return bool((rows >= 0).all()) and bool(((rows.sum(1) - 1).abs() <= _SUM).all())
