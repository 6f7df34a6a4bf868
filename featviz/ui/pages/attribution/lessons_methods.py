"""The folded lesson of each attribution method: formula, what it can tell and cannot, how libraries disagree."""

from featviz.ui.pages.attribution.lessons_gradient import GRADIENT_LESSONS
from featviz.ui.pages.attribution.lessons_region import REGION_LESSONS

__all__ = ["LESSONS"]

LESSONS: dict[str, str] = {**GRADIENT_LESSONS, **REGION_LESSONS}
"""Markdown by the method's id."""
