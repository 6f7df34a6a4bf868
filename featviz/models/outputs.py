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

End = Literal["sigmoid", "linear", "other"]
"""The operation whose result a network outputs."""

_SUM = 1e-3
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
        return output.mean(1)
    return output.flatten(2).mean(2) if output.ndim > 2 else output


def output_count(output: Tensor) -> int:
    """How many outputs can have a name: the channels of maps, else the numbers of a vector."""
    return int(output.shape[-1] if output.ndim == 3 else output.shape[1])


def read_outputs(output: Tensor, end: End, *, named: bool, declared: Outputs | None = None) -> OutputReading:
    """How to read a network's output: as declared, else by what its answers to noise show.

    A sigmoid that the network ends in is not applied again, whatever was declared.

    Args:
        output: for a batch of noise, (N, ...).
        end: the operation that it is the result of.
        named: whether its outputs have names.
        declared: what somebody who knows said.
    """
    squashed = end == "sigmoid" and bool(((output >= 0) & (output <= 1)).all())
    kind = declared or _kind(output, named=named or end == "linear", squashed=squashed)
    return OutputReading(kind, squashed=squashed and kind in ("one_logit", "multi_label"))


def _kind(output: Tensor, *, named: bool, squashed: bool) -> Outputs:
    """The kind whose mark the answers bear."""
    if output.ndim == 3:
        return "embedding"
    if output.ndim > 3 and output[0, 0].numel() > 1:
        return "maps"
    rows = per_class(output).double()
    if rows.shape[1] == 1:
        return "one_logit"
    if squashed:
        return "multi_label"
    if _sums_to_one(rows):
        return "probabilities"
    if bool((rows <= 0).all()) and _sums_to_one(rows.exp()):
        return "log_probabilities"
    return "logits" if named else "embedding"


def _sums_to_one(rows: Tensor) -> bool:
    return bool((rows >= 0).all()) and bool(((rows.sum(1) - 1).abs() <= _SUM).all())
