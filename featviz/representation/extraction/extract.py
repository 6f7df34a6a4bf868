"""Embedding an image set: one call, or a stream that tells how far it is and can be ended and taken up again."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from featviz.data.sets.image_set import ImageSet
from featviz.data.sets.listing import Skipped
from featviz.errors import BadInput
from featviz.models.model import Model
from featviz.progress import Progress, finished
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.accumulator import VectorAccumulator
from featviz.representation.extraction.cache_key import embedding_key, images_digest, preprocessing_digest
from featviz.representation.extraction.extractor import FeatureExtractor
from featviz.representation.extraction.image_loader import Batch, load_batches
from featviz.representation.extraction.pooling import POOLINGS, Pooling
from featviz.store.store import Store, shared_store

__all__ = ["EmbeddingProgress", "embed", "is_stored", "stream"]

_BATCH = {"cpu": 16}
_BATCH_ELSEWHERE = 64
_MAX_BATCH = 1024
_FLUSH_SECONDS = 10.0
_KIND = "embedding"


@dataclass(frozen=True, eq=False)
class EmbeddingProgress(Progress[Mapping[str, Embeddings]]):
    """How far the embedding of a set is: `done` of `total` images, those found in the store included.

    Attributes:
        result: by layer, at the very end; before that, None.
        fresh: how many of those done came in this run: the time left follows from these.
        skipped: the images left out in this run so far.
        trouble: why nothing is kept on disk, or "".
    """

    fresh: int = 0
    skipped: tuple[Skipped, ...] = ()
    trouble: str = ""


def embed(
    model: Model,
    images: ImageSet,
    layer: str,
    *,
    pool: str = "mean",
    batch: int = 0,
    workers: int = 0,
    store: Store | None = None,
    **options: Any,
) -> Embeddings:
    """Embed every image of a set with one layer; what was embedded before is found on disk.

    Images that cannot be decoded, and those for which the output is not finite, are left out and listed in
    `skipped`; order and ids of the others stay right.

    Args:
        model: the network.
        images: the set.
        layer: a name out of `model.layers`.
        pool: an id out of `POOLINGS`: mean, max, flatten, class_token, grid.
        batch: images in one pass; 0 chooses.
        workers: reading threads; 0 chooses.
        store: where embeddings are kept; None is this user's store, `Store(None)` keeps nothing.
        options: the pooling's.

    Raises:
        LayerNotFound: a layer the network does not have.
        BadInput: no such pooling or option, one that does not suit the layer, or too much for memory.
    """
    run = stream(model, images, (layer,), pool=pool, batch=batch, workers=workers, store=store, **options)
    return finished(run)[layer]


def stream(
    model: Model,
    images: ImageSet,
    layers: str | Sequence[str] | Mapping[str, str],
    *,
    pool: str = "mean",
    batch: int = 0,
    workers: int = 0,
    store: Store | None = None,
    **options: Any,
) -> Generator[EmbeddingProgress, None, None]:
    """The same, batch by batch and for several layers in one pass.

    What can be refused without computing is refused by the call itself. Closing the iterator ends the work
    and keeps what is done: the same call takes it up again. Arguments and errors as `embed`, beside `layers`:
    names, or names with the pooling of each, of which every one takes those of the options that it has.

    Yields:
        how far it is, first before anything is computed; the last one holds the embeddings by layer.
    """
    poolings = _poolings(layers, pool, options)
    if not poolings or not 0 <= batch <= _MAX_BATCH:
        raise BadInput(
            f"At least one layer and a batch from 0 to {_MAX_BATCH} are needed; {len(poolings)} layers and "
            f"a batch of {batch} came.",
            code="batch" if poolings else "layers",
        )
    for name in poolings:
        model.resolve(name)
    size = batch or _BATCH.get(model.device.type, _BATCH_ELSEWHERE)
    run = _Run(model, images, poolings, shared_store() if store is None else store)
    return run.steps(size, workers)


def is_stored(
    model: Model,
    images: ImageSet,
    layers: str | Sequence[str] | Mapping[str, str],
    *,
    pool: str = "mean",
    store: Store | None = None,
    **options: Any,
) -> bool:
    """Whether the store has the embeddings of the whole set already; arguments and errors as `stream`."""
    run = _Run(model, images, _poolings(layers, pool, options), shared_store() if store is None else store)
    keys = run.find_keys()
    return bool(keys) and all(run.store.path(_KIND, key) is not None for key in keys.values())


def _poolings(
    layers: str | Sequence[str] | Mapping[str, str], pool: str, options: Mapping[str, Any]
) -> dict[str, Pooling]:
    """How each layer is pooled.

    Raises:
        BadInput: no such pooling, or an option that none of them has.
    """
    names = (layers,) if isinstance(layers, str) else layers
    ids = dict(names) if isinstance(names, Mapping) else dict.fromkeys(names, pool)
    methods = {name: POOLINGS[each] for name, each in ids.items()}
    known = {parameter.name for method in methods.values() for parameter in method.parameters}
    if methods and not known.issuperset(options):
        next(iter(methods.values())).complete(options)  # raises
    return {name: Pooling.from_method(method, options) for name, method in methods.items()}


class _Run:
    """One embedding of a set at work."""

    def __init__(
        self,
        model: Model,
        images: ImageSet,
        poolings: Mapping[str, Pooling],
        store: Store,
    ) -> None:
        self.model, self.images, self.poolings, self.store = model, images, poolings, store
        self.accumulators = {name: VectorAccumulator(images) for name in poolings}
        self.keys: dict[str, str] = {}
        self.preprocessing = ""
        self.skipped: list[Skipped] = []
        self.cached = self.fresh = 0
        self.complete: set[str] = set()
        self.began = self.last_flush = time.monotonic()

    def steps(self, size: int, workers: int) -> Generator[EmbeddingProgress, None, None]:
        self._restore()
        have = set.intersection(*(each.done for each in self.accumulators.values()))
        todo = [position for position in range(len(self.images)) if position not in have]
        self.cached = len(have)
        if todo:
            yield self._progress()
            yield from self._compute(todo, size, workers)
        self._store_complete()
        yield self._progress({name: self._embeddings(name) for name in self.poolings})

    def _embeddings(self, name: str) -> Embeddings:
        pooling = self.poolings[name]
        return self.accumulators[name].embeddings(
            layer=name,
            model=self.model.name,
            pool=pooling.id,
            options=pooling.options,
            fingerprint=self.model.fingerprint,
            preprocessing=self.preprocessing,
        )

    def find_keys(self) -> dict[str, str]:
        """By layer, what the store knows its embeddings by; none where nothing would come out the same again."""
        self.preprocessing = preprocessing_digest(self.model)
        if not self.preprocessing or self.store.folder is None or not self.model.behavior.is_function:
            return {}
        digest = images_digest(self.images)
        return {
            name: embedding_key(self.model, name, each.id, each.options, self.preprocessing, digest)
            for name, each in self.poolings.items()
        }

    def _restore(self) -> None:
        """What the store has: whole embeddings, or the pieces of a run that was cut short."""
        self.keys = self.find_keys()
        for name, key in self.keys.items():
            complete = self.store.find(_KIND, key)
            if complete is not None and self.accumulators[name].restore(*complete):
                self.complete.add(name)
                continue
            for piece in self.store.pieces(_KIND, key):
                self.accumulators[name].restore(*piece)

    def _compute(self, todo: Sequence[int], size: int, workers: int) -> Iterator[EmbeddingProgress]:
        pending = {
            name: pooling
            for name, pooling in self.poolings.items()
            if not self.accumulators[name].done.issuperset(todo)
        }
        extractor = FeatureExtractor(self.model, pending, len(todo))
        loader = load_batches(self.model, self.images, todo, size, workers)
        try:
            for batch in loader:
                self._accumulate(extractor, batch)
                if time.monotonic() - self.last_flush > _FLUSH_SECONDS:
                    self._flush(pending)
                yield self._progress()
        except BaseException:
            self._flush(pending)
            raise
        finally:
            loader.close()  # type: ignore[attr-defined]

    def _store_complete(self) -> None:
        for name, key in self.keys.items():
            if name not in self.complete and self.accumulators[name].reproducible:
                self.store.keep(_KIND, key, self.accumulators[name].finalize())

    def _accumulate(self, extractor: FeatureExtractor, batch: Batch) -> None:
        positions = [each.position for each in batch.loaded]
        names = [(each.id, each.label) for each in batch.loaded]
        vectors = extractor.vectors(batch.stacked()) if batch.loaded else {}
        for layer in extractor.poolings:
            self.accumulators[layer].skip(batch.skipped)
            if positions:
                self.accumulators[layer].add(positions, names, vectors[layer])
        self.skipped += batch.skipped.values()
        self.fresh += len(positions) + len(batch.skipped)

    def _flush(self, names: Iterable[str]) -> None:
        self.last_flush = time.monotonic()
        for name in names:
            piece = self.accumulators[name].flush() if name in self.keys else None
            if piece is not None:
                self.store.keep_piece(_KIND, self.keys[name], piece)

    def _progress(self, result: Mapping[str, Embeddings] | None = None) -> EmbeddingProgress:
        return EmbeddingProgress(
            done=self.cached + self.fresh,
            total=len(self.images),
            fresh=self.fresh,
            seconds=time.monotonic() - self.began,
            skipped=tuple(self.skipped),
            result=result,
            trouble=self.store.trouble,
        )
