"""The folded lesson of each attribution method: formula, what it can tell and cannot, how libraries disagree."""

from featviz.ui.gradient_lessons import GRADIENT_LESSONS
from featviz.ui.region_lessons import REGION_LESSONS

__all__ = ["LESSONS"]

LESSONS: dict[str, str] = {**GRADIENT_LESSONS, **REGION_LESSONS}
"""Markdown by the method's id."""
