"""The work behind a comparison: the matrix of all pairs of layers, and the evidence of one of them."""

from __future__ import annotations

from functools import partial

from featviz.representation.comparison import SimilarityMatrix, steps
from featviz.ui.inputs.embedding import embedding_request
from featviz.ui.inputs.embedding_cost import expected_seconds
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.state.live import Policy
from featviz.ui.state.tasks import Task, cached_result

__all__ = ["POLICY", "known_matrix", "matrix_task"]

_QUICK_SECONDS = 20.0
POLICY = Policy(0.5, lambda seconds: seconds > _QUICK_SECONDS)
"""Work that takes long is offered; the rest begins by itself."""

_PERMUTATIONS = 200
_FEW = 500
_SECONDS_A_PRODUCT = 1.5e-9
"""For each entry of a matrix, each layer of the shorter list and each permutation."""


def matrix_task(request: ComparisonRequest) -> Task:
    """The similarity of all pairs of layers."""
    run = partial(
        steps,
        *request.networks,
        request.images,
        request.layers_a,
        request.layers_b,
        measure=request.measure,
        permutations=_PERMUTATIONS,
    )
    key = ("comparison", *request.key, request.measure, request.layers_a, request.layers_b)
    name = f"Comparing {' and '.join(request.names)}"
    return Task("comparison", key, name, run, _bytes, _seconds(request))


def known_matrix(request: ComparisonRequest) -> SimilarityMatrix | None:
    """The matrix, if it is there."""
    result = cached_result(matrix_task(request))
    return result if isinstance(result, SimilarityMatrix) else None


def _seconds(request: ComparisonRequest) -> float:
    """About how long it takes; the networks' pace is measured once."""
    if all(model.card.quick for model in request) and len(request.chosen) <= _FEW:
        return 0.0
    count = len(request.chosen)
    passes = sum(expected_seconds(embedding_request(model, request.chosen)) for model in request)
    layers = min(len(request.layers_a), len(request.layers_b))
    return passes + _PERMUTATIONS * _SECONDS_A_PRODUCT * count**2 * layers


def _bytes(result: object) -> int:
    if not isinstance(result, SimilarityMatrix):
        return 0
    return 8 * 6 * result.values.size + 4096
