"""Lines of Python that load what several pages start from, to be pasted into a notebook."""

from featviz.models.model import Model
from featviz.models.sources.registry import SOURCES
from featviz.ui.inputs.embedding import EmbeddingRequest
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.image_sets import BUNDLED, ChosenSet

__all__ = ["BROUGHT", "embedding_lines", "image_line", "images_line", "load_line", "opening"]

BROUGHT = """import featviz
from featviz.representation.import_embeddings import read_embeddings

embeddings = read_embeddings(open("your_embeddings.npz", "rb").read())"""
"""Reads embeddings that a visitor brought."""

_PICTURE_FILES = ("upload", "camera")


def opening(model: Model, picture: ChosenImage) -> str:
    """The network and the picture."""
    return f"import featviz\n\n{load_line(model)}\n{image_line(picture)}"


def embedding_lines(request: EmbeddingRequest) -> str:
    """The network, the set and its embeddings; or the reading of those that a visitor brought."""
    if request.chosen.embeddings is not None:
        return BROUGHT
    options = "".join(f", {name}={value!r}" for name, value in request.options.items())
    return f"""import featviz

{load_line(request.model)}
{images_line(request.chosen)}
embeddings = featviz.embed(model, images, {request.layer!r}, pool={request.pool!r}{options})"""


def load_line(model: Model) -> str:
    """The line that loads a network."""
    return SOURCES.of(model.card).code(model)


def image_line(picture: ChosenImage) -> str:
    """The line that opens a picture."""
    source, _, rest = picture.id.partition("/")
    if source in _PICTURE_FILES:
        return 'image = featviz.read_image(open("your_picture.jpg", "rb").read())'
    index = {"china": "0", "flower": "1"}.get(rest, rest)
    return f'image = featviz.ImageSet.bundled("{source}")[{index}].image'


def images_line(chosen: ChosenSet) -> str:
    """The line that opens an image set."""
    if chosen.id in BUNDLED:
        return f'images = featviz.ImageSet.bundled("{chosen.id}", {len(chosen)})'
    return 'images = featviz.ImageSet.from_folder("your_folder")'
