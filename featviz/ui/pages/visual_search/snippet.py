"""The Python that makes the present view of the Visual search page."""

from featviz.ui.inputs.embedding import EmbeddingRequest
from featviz.ui.inputs.snippet import embedding_lines
from featviz.ui.pages.visual_search.query import SearchQuery
from featviz.ui.pages.visual_search.region import spatial_layer_of
from featviz.ui.pages.visual_search.results import Results

__all__ = ["search_code"]


def search_code(request: EmbeddingRequest, results: Results | None) -> str:
    """Embed a set and search it."""
    query = results.query if results else None
    count = len(results.neighbors) if results else 10
    if query is not None and query.unit is not None:
        return f"""{embedding_lines(request)}

from featviz.representation.search.by_unit import rank_by_unit

for each in rank_by_unit(embeddings, {query.unit}, k={count}):
    print(each.id, each.similarity)  # its activation"""
    kind = f", kind={results.kind!r}" if results and results.kind != "auto" else ""
    kind += "".join(f", {name}={value!r}" for name, value in (results.options if results else {}).items())
    return f"""{embedding_lines(request)}

{_query(request, query)}
index = featviz.SearchIndex.build(embeddings{kind})
for each in index.query(query, k={count})[0]:
    print(each.id, each.similarity)"""


def _query(request: EmbeddingRequest, query: SearchQuery | None) -> str:
    if query is not None and query.row is not None and query.box is None:
        return f"query = embeddings.vectors[{query.row}]  # finds itself first"
    image = f"images[{query.row}].image" if query is not None and query.row is not None else ""
    opened = image or 'featviz.read_image(open("your_image.jpg", "rb").read())'
    if request.descriptor:
        size = "".join(
            f", {key}={value!r}" for key, value in {"size": request.size, **request.options}.items()
        )
        return f"""from featviz.representation.descriptors import describe_image

query = describe_image({opened}, {request.descriptor!r}{size})"""
    name, more = ("region_vectors", f", {query.box}") if query and query.box else ("image_vectors", "")
    layer = spatial_layer_of(request) if more else request.layer
    pooled = more or "".join(
        f", {key}={value!r}" for key, value in {"pool": request.pool, **request.options}.items()
    )
    return f"""from featviz.representation.search.regions import {name}

query = {name}(model, {opened}, {layer!r}{pooled})"""
