"""compare: the similarity of every layer of one network with every layer of another, on the same images."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from featviz.data.sets.image_set import ImageSet
from featviz.models.model import Model
from featviz.progress import Progress, finished
from featviz.representation.comparison.comparison_run import ComparisonRun
from featviz.representation.comparison.execution_order import layers_with_weights, ordered_layers
from featviz.representation.comparison.similarity_matrix import SimilarityMatrix
from featviz.store.store import Store, shared_store

__all__ = ["BUDGET", "compare", "steps"]

BUDGET = 2 << 30
"""Bytes of all layers' matrices, and of whole outputs."""


def compare(
    model_a: Model, model_b: Model, images: ImageSet, measure: str = "cka_debiased", **options: Any
) -> SimilarityMatrix:
    """Compare every layer of a network with every layer of another, or of itself.

    Args:
        model_a: its layers are the rows.
        model_b: its layers are the columns.
        images: both networks take each of them through their own transform; at least 4.
        measure: an id out of `MEASURES`.
        options: as `steps`.

    Raises:
        LayerNotFound: a layer a network does not have.
        BadInput: no such measure, too few images that both networks take, a network that fails, or more memory
            than the budget.
    """
    return finished(steps(model_a, model_b, images, measure=measure, **options))


def steps(
    model_a: Model,
    model_b: Model,
    images: ImageSet,
    layers_a: Sequence[str] | None = None,
    layers_b: Sequence[str] | None = None,
    *,
    measure: str = "cka_debiased",
    pool: str = "mean",
    permutations: int = 200,
    seed: int = 0,
    budget_bytes: int = BUDGET,
    store: Store | None = None,
    **options: Any,
) -> Generator[Progress[SimilarityMatrix], None, None]:
    """The same, step by step. Closing the iterator ends the work; the images that were embedded are kept.

    Args:
        model_a: its layers are the rows.
        model_b: its layers are the columns.
        images: as `compare`.
        layers_a: names out of `model_a.layers`; None takes every layer that multiplies by weights.
        layers_b: the same for B.
        measure: an id out of `MEASURES`.
        pool: an id out of `POOLINGS`: how a layer's output becomes one vector. "mean" compares the very vectors that
            embeddings, search and the evidence of a cell are of, found in the store, with far fewer numbers than
            whole outputs have, so that chance gives less; between seeds of one network it tells layers apart as
            well. "flatten" takes whole outputs, as Kornblith et al. 2019 do: what lies elsewhere is then something
            else. Of these nothing is kept for linear CKA.
        permutations: of the images, for p-values and calibrated scores; 0 for none.
        seed: of the permutations.
        budget_bytes: that all layers' matrices, and whole outputs, may take together.
        store: where embeddings and the result are kept; None is this user's store, `Store(None)` keeps nothing.
        options: of the measure.

    Yields:
        images, layers and permutations done; the last one has the result.

    Raises:
        FeatvizError: as `compare`.
    """
    a = (model_a, _chosen(model_a, layers_a))
    b = (model_b, _chosen(model_b, layers_b))
    shared = shared_store() if store is None else store
    run = ComparisonRun(a, b, images, measure, pool, permutations, seed, budget_bytes, shared, options)
    return run.steps()


def _chosen(model: Model, layers: Sequence[str] | None) -> tuple[str, ...]:
    return layers_with_weights(model) if layers is None else ordered_layers(model, layers)
