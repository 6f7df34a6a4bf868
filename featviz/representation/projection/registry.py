"""The registry of projection methods, which draw vectors in two or three dimensions."""

from featviz.registry import Registry

__all__ = ["PROJECTIONS", "STOCHASTIC"]

PROJECTIONS = Registry("projection")

STOCHASTIC = frozenset({"autoencoder", "random", "tsne", "umap", "umap_learn"})
"""Ids of the methods whose maps depend on the seed; the others leave nothing to chance."""
