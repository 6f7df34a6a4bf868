"""The Python that makes the present view of the Embeddings page."""

from featviz.ui.inputs.embedding import EmbeddingRequest
from featviz.ui.inputs.snippet import embedding_lines
from featviz.ui.pages.embeddings.request import ProjectionRequest

__all__ = ["embeddings_code"]


def embeddings_code(run: ProjectionRequest, request: EmbeddingRequest) -> str:
    """Embed a set, draw its map and measure it."""
    options = "".join(f", {name}={value!r}" for name, value in run.options.items())
    where = "".join(
        f", {name}={value}"
        for name, value, usual in (("dimensions", run.dimensions, 2), ("seed", run.seed, 0))
        if value != usual
    )
    return f"""{embedding_lines(request)}

projection = featviz.project(embeddings, {run.method!r}{where}{options})
projection.points         # ({len(run.points)}, {run.dimensions})
projection.about          # what the method says of it
print(projection.quality.trustworthiness, projection.quality.neighbor_overlap)"""
