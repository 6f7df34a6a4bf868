"""Whether a map is to be believed: checks, each with its cost, its progress and its baseline."""

from featviz.explain.trust import completeness, curves, localisation, randomisation, shift, stability
from featviz.explain.trust.checks import CHECKS, Explanation, check

__all__ = ["CHECKS", "FAMILIES", "Explanation", "check"]

FAMILIES = (completeness, curves, randomisation, stability, shift, localisation)
"""The modules whose checks are registered when this package is imported, in the order of the checks."""
CHECKS.arrange([family.__name__ for family in FAMILIES])
