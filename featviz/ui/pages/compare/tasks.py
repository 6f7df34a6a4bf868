"""The work behind a comparison: the matrix of all pairs of layers, and the evidence of one of them."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial

import numpy as np

from featviz.data.sets.image_set import ImageSet
from featviz.models.model import Model
from featviz.progress import Progress, within
from featviz.representation.comparison import SimilarityMatrix, evidence_steps, steps
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.extract import stream
from featviz.representation.similarity import measure_of, similarity
from featviz.representation.undefined import Undefined
from featviz.ui.inputs.embedding import embedding_request
from featviz.ui.inputs.embedding_cost import expected_seconds
from featviz.ui.pages.compare.cell import PairOfLayers
from featviz.ui.pages.compare.evidence import PairEvidence, rows_of
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.state.live import Policy
from featviz.ui.state.models import load_random_twin
from featviz.ui.state.tasks import Task, cached_result

__all__ = ["POLICY", "evidence_task", "known_evidence", "known_matrix", "matrix_task"]

_QUICK_SECONDS = 20.0
POLICY = Policy(0.5, lambda seconds: seconds > _QUICK_SECONDS)
"""Work that takes long is offered; the rest begins by itself."""

_FEW = 500
_PERMUTATIONS, _FEW_PERMUTATIONS = 200, 50
_SECONDS_A_PRODUCT, _SECONDS_A_PAIR = 1.5e-9, 2e-8
"""For each entry of a matrix and each permutation: a layer of the shorter list, or a pair that is scored alone."""


def matrix_task(request: ComparisonRequest) -> Task:
    """The similarity of all pairs of layers."""
    run = partial(
        steps,
        *request.networks,
        request.images,
        request.layers_a,
        request.layers_b,
        measure=request.measure,
        permutations=_permutations(request),
        pool=request.pool,
        **request.options,
    )
    options = tuple(sorted(request.options.items()))
    key = (
        "comparison",
        *request.key,
        request.measure,
        options,
        request.pool,
        request.layers_a,
        request.layers_b,
    )
    name = f"Comparing {' and '.join(request.names)}"
    return Task("comparison", key, name, run, _matrix_bytes, _seconds(request))


def known_matrix(request: ComparisonRequest) -> SimilarityMatrix | None:
    """The matrix, if it is there."""
    result = cached_result(matrix_task(request))
    return result if isinstance(result, SimilarityMatrix) else None


def evidence_task(
    request: ComparisonRequest, matrix: SimilarityMatrix, pair: PairOfLayers, projection: str
) -> Task:
    """What stands behind the similarity of a pair of layers."""
    run = partial(_evidence, request, matrix, pair, projection, _untrained(request.second))
    of_measure = (matrix.measure, tuple(sorted(matrix.options.items())), matrix.pool)
    key = ("pair evidence", *request.key, *of_measure, pair.layer_a, pair.layer_b, projection)
    name = f"Looking behind {pair.layer_a} and {pair.layer_b}"
    return Task("pair evidence", key, name, run, _evidence_bytes)


def known_evidence(
    request: ComparisonRequest, matrix: SimilarityMatrix, pair: PairOfLayers, projection: str
) -> PairEvidence | None:
    """The whole evidence of a pair, if it is there."""
    result = cached_result(evidence_task(request, matrix, pair, projection))
    return result if isinstance(result, PairEvidence) else None


def _untrained(model: Model) -> Model | None:
    """The same network with random weights, where it is small and not random itself."""
    return load_random_twin(model) if model.card.quick and not model.weights.startswith("random") else None


def _permutations(request: ComparisonRequest) -> int:
    return _PERMUTATIONS if measure_of(request.measure, **request.options).inner else _FEW_PERMUTATIONS


def _seconds(request: ComparisonRequest) -> float:
    """About how long it takes; the networks' pace is measured once."""
    count, measure = len(request.chosen), measure_of(request.measure, **request.options)
    sizes = len(request.layers_a), len(request.layers_b)
    entries = _permutations(request) * count**2
    computing = entries * (
        _SECONDS_A_PRODUCT * min(sizes) if measure.inner else _SECONDS_A_PAIR * sizes[0] * sizes[1]
    )
    if all(model.card.quick for model in request) and count <= _FEW:
        return computing
    return computing + sum(expected_seconds(embedding_request(model, request.chosen)) for model in request)


def _evidence(
    request: ComparisonRequest,
    matrix: SimilarityMatrix,
    pair: PairOfLayers,
    projection: str,
    untrained: Model | None,
) -> Generator[Progress[PairEvidence], None, None]:
    a = yield from _embedded(request.first, request.images, pair.layer_a, matrix.pool)
    b = yield from _embedded(request.second, request.images, pair.layer_b, matrix.pool)
    run = evidence_steps(a, b, matrix.measure, projection=projection, seed=matrix.seed, **matrix.options)
    labels = dict(zip(a.ids, a.labels, strict=True))
    with closing(run):
        for step in run:
            assert step.result is not None  # noqa: S101 - every step has what is known so far
            found = step.result
            rows = rows_of(found.ids, request.images)
            evidence = PairEvidence(found, rows, tuple(labels[name] for name in found.ids))
            yield Progress(step.done, step.total, step.note, evidence)
    if untrained is not None:
        yield Progress(step.done, step.total, f"{untrained.name} with random weights", evidence)
        c = yield from _embedded(untrained, request.images, pair.layer_b, matrix.pool)
        with suppress(Undefined):
            evidence = replace(evidence, untrained=similarity(a, c, matrix.measure, **matrix.options))
        yield Progress(step.done, step.total, "", evidence)


def _embedded(
    model: Model, images: ImageSet, layer: str, pool: str
) -> Generator[Progress[PairEvidence], None, Embeddings]:
    """The vectors of one layer: found on disk, where the comparison has kept them."""

    def tell(step: Progress[Mapping[str, Embeddings]]) -> Progress[PairEvidence]:
        return Progress(step.done, step.total, f"{model.name}: {layer}")

    with closing(stream(model, images, {layer: pool})) as run:
        return (yield from within(run, tell))[layer]


def _matrix_bytes(result: object) -> int:
    return 48 * result.values.size + 4096 if isinstance(result, SimilarityMatrix) else 0


def _evidence_bytes(result: object) -> int:
    if not isinstance(result, PairEvidence):
        return 0
    found = result.found
    parts = (*vars(found.maps).values(), *vars(found.neighborhoods).values(), *vars(found.units).values())
    return sum(each.nbytes for each in parts if isinstance(each, np.ndarray)) + 200 * len(found.ids)
