"""Similarity of representations: measures, each with its reference, invariances, range, cost and needs."""

from featviz.representation.similarity.held_out import held_out
from featviz.representation.similarity.measure import MEASURES, Measure, measure_of
from featviz.representation.similarity.pair import similarity

__all__ = ["MEASURES", "Measure", "held_out", "measure_of", "similarity"]

MEASURES.discover(
    __name__,
    first=("cka", "minibatch", "rsa", "neighborhoods", "information_imbalance", "alignment", "cca"),
)
