"""The registry of the ways to draw vectors in two or three dimensions."""

from featviz.registry import Registry

__all__ = ["PROJECTIONS"]

PROJECTIONS = Registry("projection")
