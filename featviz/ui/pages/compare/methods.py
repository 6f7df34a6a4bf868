"""The paragraph of a paper that says how a matrix was made."""

from __future__ import annotations

from featviz.models.cards import training_moment
from featviz.representation.comparison import SimilarityMatrix
from featviz.representation.similarity import MEASURES

__all__ = ["methods_paragraph"]


def methods_paragraph(matrix: SimilarityMatrix) -> str:
    """All settings of a comparison in sentences, with the references."""
    measure = MEASURES[matrix.measure]
    first = _network(matrix.model_a, matrix.weights_a, matrix.fingerprint_a)
    second = _network(matrix.model_b, matrix.weights_b, matrix.fingerprint_b)
    options = "".join(f", {name} = {value}" for name, value in matrix.options.items())
    said = [
        f"We compared {len(matrix.layers_a)} layers of {first} with {len(matrix.layers_b)} layers of {second} on "
        f"{matrix.count:,} images ({matrix.images}).",
        f"Each layer's output was reduced to one vector for each image by its {matrix.pool} over positions "
        f"({_span(matrix.dimensions_a)} and {_span(matrix.dimensions_b)} numbers), computed in float32 and centered "
        "in float64.",
        f"Similarity was measured as {measure.name}{options} ({measure.reference}).",
    ]
    if matrix.permutations:
        said.append(
            f"P-values are the share of {matrix.permutations} random permutations of the images (seed {matrix.seed}), "
            "the true pairing included, that gave at least the same value (Phipson and Smyth 2010); those of the most "
            "similar layer are of the largest value over all layers (Westfall and Young 1993)."
        )
    if matrix.skipped:
        said.append(f"{len(matrix.skipped)} images were left out.")
    return " ".join(said)


def _network(name: str, weights: str, fingerprint: str) -> str:
    return f"{name} ({training_moment(weights)}, weights {fingerprint[:12]})"


def _span(sizes: tuple[int, ...]) -> str:
    low, high = min(sizes), max(sizes)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
