"""Maps of embeddings in two or three dimensions, drawn while they unfold."""

from featviz.representation.projection.procrustes import aligned
from featviz.representation.projection.project import project, steps
from featviz.representation.projection.projection import Projection
from featviz.representation.projection.protocol import Stage
from featviz.representation.projection.registry import PROJECTIONS

__all__ = ["PROJECTIONS", "Projection", "Stage", "aligned", "project", "steps"]

PROJECTIONS.discover(
    __name__, first=("umap.umap", "umap.umap_learn", "tsne.tsne", "linear", "axes", "discriminant")
)
