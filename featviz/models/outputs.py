"""What kind of numbers a network gives: declared by who made it, never guessed from a shape."""

from typing import Literal

__all__ = ["Outputs"]

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
