"""Evaluation of attributions: checks, each with its cost, its progress and its baseline."""

from featviz.explain.evaluation.check import CHECKS, Explanation, check

__all__ = ["CHECKS", "Explanation", "check"]

CHECKS.discover(
    __name__,
    first=(
        "completeness",
        "faithfulness_curves",
        "randomization",
        "stability",
        "equivariance",
        "localization",
    ),
)
