"""Methods of training, each its loss and what it measures; one is added by adding its file."""

from featviz.training.registry import TRAINING_METHODS

__all__ = ["TRAINING_METHODS"]

TRAINING_METHODS.discover(__name__, first=("supervised", "reconstruction"))
