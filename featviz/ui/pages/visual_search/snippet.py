"""The Python that makes the present view of the Visual search page."""

from featviz.ui.inputs.embedding import EmbeddingRequest
from featviz.ui.inputs.snippet import embedding_lines
from featviz.ui.pages.visual_search.query import SearchQuery
from featviz.ui.pages.visual_search.region import places_of
from featviz.ui.pages.visual_search.results import Results

__all__ = ["search_code"]


def search_code(wanted: EmbeddingRequest, results: Results | None) -> str:
    """Embed a set and search it."""
    asked = results.asked if results else None
    count = len(results.neighbours) if results else 10
    if asked is not None and asked.unit is not None:
        return f"""{embedding_lines(wanted)}

from featviz.representation.search.by_unit import rank_by_unit

for each in rank_by_unit(embeddings, {asked.unit}, k={count}):
    print(each.id, each.similarity)  # its activation"""
    kind = f", kind={results.kind!r}" if results and results.kind != "auto" else ""
    kind += "".join(f", {name}={value!r}" for name, value in (results.options if results else {}).items())
    return f"""{embedding_lines(wanted)}

{_query(wanted, asked)}
index = featviz.SearchIndex.build(embeddings{kind})
for each in index.query(query, k={count})[0]:
    print(each.id, each.similarity)"""


def _query(wanted: EmbeddingRequest, asked: SearchQuery | None) -> str:
    if asked is not None and asked.row is not None and asked.box is None:
        return f"query = embeddings.vectors[{asked.row}]  # finds itself first"
    image = f"images[{asked.row}].image" if asked is not None and asked.row is not None else ""
    opened = image or 'featviz.read_image(open("your_picture.jpg", "rb").read())'
    name, more = ("region_vectors", f", {asked.box}") if asked and asked.box else ("image_vectors", "")
    layer = places_of(wanted) if more else wanted.layer
    pooled = more or "".join(
        f", {key}={value!r}" for key, value in {"pool": wanted.pool, **wanted.options}.items()
    )
    return f"""from featviz.representation.search.regions import {name}

query = {name}(model, {opened}, {layer!r}{pooled})"""
