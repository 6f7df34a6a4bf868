"""The quality of features: measures, each with its reference, its baseline and a plain sentence."""

from featviz.representation.quality.features import QUALITIES
from featviz.representation.quality.measurement import Reading
from featviz.representation.quality.report import ReportCard, report, steps
from featviz.representation.quality.robustness import disturb
from featviz.representation.quality.through_depth import through_depth

__all__ = ["QUALITIES", "Reading", "ReportCard", "disturb", "report", "steps", "through_depth"]

QUALITIES.discover(__name__, first=("prediction", "separation", "spread", "robustness"))
