"""The quality of features: measures, each with its reference, its baseline and a plain sentence."""

from featviz.representation.quality.features import MEASURES
from featviz.representation.quality.measurement import Measurement
from featviz.representation.quality.report import ReportCard, report, steps
from featviz.representation.quality.robustness import corrupt
from featviz.representation.quality.through_depth import through_depth

__all__ = ["MEASURES", "Measurement", "ReportCard", "corrupt", "report", "steps", "through_depth"]

MEASURES.discover(__name__, first=("prediction", "separation", "spread", "robustness"))
