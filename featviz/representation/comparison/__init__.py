"""Two networks on the same images: every layer with every layer, how sure each number is, and what stands behind it."""

from featviz.representation.comparison.cell_evidence import CellEvidence, cell_evidence, evidence_steps
from featviz.representation.comparison.compare import compare, steps
from featviz.representation.comparison.similarity_matrix import SimilarityMatrix

__all__ = ["CellEvidence", "SimilarityMatrix", "cell_evidence", "compare", "evidence_steps", "steps"]
