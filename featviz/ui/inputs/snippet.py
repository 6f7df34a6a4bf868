"""Lines of Python that load what several pages start from, to be pasted into a notebook."""

from featviz.data.sets.registry import BUNDLED_SETS
from featviz.models.model import Model
from featviz.models.sources.registry import SOURCES
from featviz.ui.inputs.embedding import EmbeddingRequest
from featviz.ui.inputs.images.ids import UPLOADED, position_of
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.image_sets import BUNDLED, ChosenSet

__all__ = [
    "READ_UPLOADED",
    "embedding_lines",
    "image_line",
    "images_line",
    "load_line",
    "opening",
    "second_line",
]

READ_UPLOADED = """import featviz
from featviz.representation.import_embeddings import read_embeddings

embeddings = read_embeddings(open("your_embeddings.npz", "rb").read())"""
"""Reads uploaded embeddings."""


def opening(model: Model, image: ChosenImage) -> str:
    """The network and the image."""
    return f"import featviz\n\n{load_line(model)}\n{image_line(image)}"


def embedding_lines(request: EmbeddingRequest) -> str:
    """The network, the set and its embeddings; or the reading of uploaded ones."""
    if request.chosen.embeddings is not None:
        return READ_UPLOADED
    options = "".join(f", {name}={value!r}" for name, value in request.options.items())
    return f"""import featviz

{load_line(request.model)}
{images_line(request.chosen)}
embeddings = featviz.embed(model, images, {request.layer!r}, pool={request.pool!r}{options})"""


def load_line(model: Model) -> str:
    """The line that loads a network."""
    return SOURCES.of(model.card).code(model)


def second_line(model: Model, second: Model) -> str:
    """The line that loads a second network as `other`, beside `model`."""
    return "other = model" if second is model else load_line(second).replace("model =", "other =", 1)


def image_line(image: ChosenImage) -> str:
    """The line that opens an image."""
    source = image.id.partition("/")[0]
    if source in UPLOADED:
        return 'image = featviz.read_image(open("your_image.jpg", "rb").read())'
    position = position_of(image.id) or 0
    length = "" if position < BUNDLED_SETS[source].usual else f", {position + 1}"
    return f'image = featviz.ImageSet.bundled("{source}"{length})[{position}].image'


def images_line(chosen: ChosenSet) -> str:
    """The line that opens an image set."""
    if chosen.id in BUNDLED:
        return f'images = featviz.ImageSet.bundled("{chosen.id}", {len(chosen)})'
    return 'images = featviz.ImageSet.from_folder("your_folder")'
