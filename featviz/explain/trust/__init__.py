"""Whether a map is to be believed: checks, each with its cost, its progress and its baseline."""

from featviz.explain.trust import completeness, curves, localisation, randomisation, shift, stability

__all__ = ["FAMILIES"]

FAMILIES = (completeness, curves, randomisation, stability, shift, localisation)
"""The modules whose checks are registered when this package is imported."""
