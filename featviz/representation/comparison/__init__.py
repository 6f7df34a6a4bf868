"""Two networks on the same images: every layer with every layer, and how far chance explains it."""

from featviz.representation.comparison.compare import compare, steps
from featviz.representation.comparison.similarity_matrix import SimilarityMatrix

__all__ = ["SimilarityMatrix", "compare", "steps"]
