"""The registry of projection methods, which draw vectors in two or three dimensions."""

from featviz.registry import Registry

__all__ = ["PROJECTIONS"]

PROJECTIONS = Registry("projection")
