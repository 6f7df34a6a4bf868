"""Maps of embeddings in two or three dimensions, drawn while they unfold."""

from featviz.representation.projection.alignment import aligned
from featviz.representation.projection.methods import PROJECTIONS
from featviz.representation.projection.project import project, steps
from featviz.representation.projection.projection import Projection
from featviz.representation.projection.stage import Stage

__all__ = ["PROJECTIONS", "Projection", "Stage", "aligned", "project", "steps"]
