"""The quality of features: measures, each with its reference, its baseline and a plain sentence."""

from featviz.representation.quality import prediction, robustness, separation, spread
from featviz.representation.quality.features import QUALITIES
from featviz.representation.quality.measurement import Reading
from featviz.representation.quality.report import ReportCard, report, steps
from featviz.representation.quality.robustness import disturb
from featviz.representation.quality.through_depth import through_depth

__all__ = ["FAMILIES", "QUALITIES", "Reading", "ReportCard", "disturb", "report", "steps", "through_depth"]

FAMILIES = (prediction, separation, spread, robustness)
"""The modules whose measures are registered when this package is imported, in the order of the measures."""
QUALITIES.arrange([family.__name__ for family in FAMILIES])
