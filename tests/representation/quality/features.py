"""Features whose quality is known."""

import numpy as np

from featviz.representation.embeddings import Embeddings


def embeddings(vectors, labels=()):
    return Embeddings(
        vectors=np.asarray(vectors),
        ids=tuple(f"{place}" for place in range(len(vectors))),
        labels=tuple(labels),
    )


def blobs(count=120, classes=4, dimensions=10, apart=2.0, seed=0):
    """Classes as overlapping clouds, in turn, so that no class stands in one piece."""
    generator = np.random.default_rng(seed)
    codes = np.arange(count) % classes
    vectors = apart * generator.normal(size=(classes, dimensions))[codes] + generator.normal(
        size=(count, dimensions)
    )
    return embeddings(vectors.astype(np.float32), [f"class {code}" for code in codes])


def noise(count=400, classes=4, dimensions=16, seed=0):
    """Vectors that know nothing of their labels."""
    generator = np.random.default_rng(seed)
    labels = [f"class {code}" for code in generator.permutation(np.arange(count) % classes)]
    return embeddings(generator.normal(size=(count, dimensions)).astype(np.float32), labels)
