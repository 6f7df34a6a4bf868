"""Similarity of representations: measures, each with its reference, invariances, range, cost and needs."""

from featviz.representation.similarity.measure import MEASURES, Measure, measure_of
from featviz.representation.similarity.pair import similarity

__all__ = ["MEASURES", "Measure", "measure_of", "similarity"]

MEASURES.discover(__name__, first=("cka",))
