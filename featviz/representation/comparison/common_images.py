"""Two networks' layers on the images that every one of them takes."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass

from featviz.data.sets.image_set import ImageSet
from featviz.data.sets.listing import Skipped
from featviz.errors import BadInput
from featviz.models.model import Model
from featviz.progress import Progress, within
from featviz.representation.embeddings import Embeddings, Vectors
from featviz.representation.extraction.extract import stream
from featviz.store.store import Store

__all__ = ["Layers", "common_vectors", "embed_both", "union_of"]

Layers = tuple[Model, tuple[str, ...]]
Embedded = Mapping[str, Embeddings]


@dataclass(frozen=True, eq=False)
class CommonVectors:
    """Vectors of the same images in the same order.

    Attributes:
        a: by layer of network A, (n, p).
        b: by layer of network B, (n, q).
        ids: of the n images.
        skipped: images that a layer of either lacks.
    """

    a: Mapping[str, Vectors]
    b: Mapping[str, Vectors]
    ids: tuple[str, ...]
    skipped: tuple[Skipped, ...]


def embed_both(
    a: Layers, b: Layers, images: ImageSet, pool: str, store: Store
) -> Generator[Progress[None], None, tuple[Embedded, Embedded]]:
    """Embed a set with layers of two networks, each network once: with all layers in one pass where both are the same.

    Yields:
        the images that went through, of both networks together.
    """
    if a[0] is b[0]:
        embedded = yield from _embedded(union_of(a, b), images, pool, store, (0, len(images)))
        return embedded, embedded
    total = 2 * len(images)
    first = yield from _embedded(a, images, pool, store, (0, total))
    second = yield from _embedded(b, images, pool, store, (len(images), total))
    return first, second


def union_of(a: Layers, b: Layers) -> Layers:
    """One network's layers out of both."""
    return a[0], tuple(dict.fromkeys((*a[1], *b[1])))


def common_vectors(a: Embedded, b: Embedded, fewest: int) -> CommonVectors:
    """The vectors of those images that every layer has.

    Raises:
        BadInput: there are fewer than `fewest`.
    """
    every = [*a.values(), *b.values()]
    shared = set.intersection(*(set(each.ids) for each in every))
    ids = tuple(name for name in every[0].ids if name in shared)
    if len(ids) < fewest:
        shortest = min(every, key=len)
        raise BadInput(
            f"{len(ids)} images went through every layer of both networks, and {fewest} are needed; "
            f"{shortest.layer} of {shortest.model} has {len(shortest)}: {_reasons(every)}",
            code="too_few",
        )
    rows = {name: row for row, name in enumerate(ids)}
    skipped = {
        each.name: each for embeddings in every for each in embeddings.skipped if each.name not in rows
    }
    return CommonVectors(_aligned(a, ids), _aligned(b, ids), ids, tuple(skipped.values()))


def _embedded(
    layers: Layers, images: ImageSet, pool: str, store: Store, span: tuple[int, int]
) -> Generator[Progress[None], None, Embedded]:
    model, names = layers
    before, total = span

    def tell(step: Progress[Embedded]) -> Progress[None]:
        note = f"{model.name}: image {step.done:,} of {step.total:,}"
        return Progress(before + step.done, total, note)

    with closing(stream(model, images, names, pool=pool, store=store)) as run:
        return (yield from within(run, tell))


def _aligned(embedded: Embedded, ids: tuple[str, ...]) -> dict[str, Vectors]:
    aligned = {}
    for name, each in embedded.items():
        rows = {image: row for row, image in enumerate(each.ids)}
        whole = each.ids == ids
        aligned[name] = each.vectors if whole else each.vectors[[rows[image] for image in ids]]
    return aligned


def _reasons(every: Iterable[Embeddings]) -> str:
    reasons = {each.reason for embeddings in every for each in embeddings.skipped}
    return " ".join(sorted(reasons)[:2]) or "take more images."
