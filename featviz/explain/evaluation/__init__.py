"""Whether a map is to be believed: checks, each with its cost, its progress and its baseline."""

from featviz.explain.evaluation import (
    completeness,
    equivariance,
    faithfulness_curves,
    localisation,
    randomisation,
    stability,
)
from featviz.explain.evaluation.check import CHECKS, Explanation, check

__all__ = ["CHECKS", "FAMILIES", "Explanation", "check"]

FAMILIES = (completeness, faithfulness_curves, randomisation, stability, equivariance, localisation)
"""The modules whose checks are registered when this package is imported, in the order of the checks."""
CHECKS.arrange([family.__name__ for family in FAMILIES])
