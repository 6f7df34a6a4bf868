"""Maps of embeddings in two or three dimensions, drawn while they unfold."""

from featviz.representation.projection.procrustes import procrustes_align
from featviz.representation.projection.project import project, steps
from featviz.representation.projection.projection import Projection
from featviz.representation.projection.protocol import ProjectionProgress
from featviz.representation.projection.registry import PROJECTIONS

__all__ = ["PROJECTIONS", "Projection", "ProjectionProgress", "procrustes_align", "project", "steps"]

PROJECTIONS.discover(
    __name__, first=("umap.umap", "umap.umap_learn", "tsne.tsne", "linear", "axes", "discriminant")
)
