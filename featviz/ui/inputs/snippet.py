"""Lines of Python that load what several pages start from, to be pasted into a notebook."""

from collections.abc import Sequence

from featviz.data.sets.registry import BUNDLED_SETS
from featviz.models.model import Model
from featviz.models.sources.registry import SOURCES
from featviz.ui.inputs.embedding import EmbeddingRequest, Fusion
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

_SIZE = 64

READ_UPLOADED = """import featviz
from featviz.representation.import_embeddings import read_embeddings

embeddings = read_embeddings(open("your_embeddings.npz", "rb").read())"""
"""Reads uploaded embeddings."""


def opening(model: Model, image: ChosenImage) -> str:
    """The network and the image."""
    return f"import featviz\n\n{load_line(model)}\n{image_line(image)}"


def embedding_lines(request: EmbeddingRequest) -> str:
    """The network, the set and its embeddings or hand-made features; or the reading of uploaded ones."""
    if request.chosen.embeddings is not None:
        return READ_UPLOADED
    networks = _networks(request)
    loaded = [_named(load_line(model), name) for model, name in networks]
    if request.fusion is None:
        made = [f"embeddings = {_features(request, networks)}"]
    else:
        parts = [f"    {_features(part, networks)}," for part in request.fusion.parts]
        made = ["parts = [", *parts, "]", f"embeddings = featviz.fuse(parts, {_fusion(request.fusion)})"]
    return "\n".join(["import featviz", "", *loaded, images_line(request.chosen), *made])


def _networks(request: EmbeddingRequest) -> list[tuple[Model, str]]:
    """The networks that are asked, each with the name of its variable."""
    parts = request.fusion.parts if request.fusion is not None else (request,)
    models = {part.model.fingerprint: part.model for part in parts if part.layer}
    return list(zip(models.values(), ("model", "second"), strict=False))


def _named(line: str, name: str) -> str:
    return f"{name} = {line.removeprefix('model = ')}"


def _features(request: EmbeddingRequest, networks: Sequence[tuple[Model, str]]) -> str:
    """The call that makes the vectors of one layer or descriptor."""
    options = "".join(f", {name}={value!r}" for name, value in request.options.items())
    if request.descriptor:
        size = f", size={request.size}" if request.size != _SIZE else ""
        return f"featviz.describe(images, {request.descriptor!r}{size}{options})"
    name = next(name for model, name in networks if model.fingerprint == request.model.fingerprint)
    return f"featviz.embed({name}, images, {request.layer!r}, pool={request.pool!r}{options})"


def _fusion(fusion: Fusion) -> str:
    """The arguments of a combination that differ from the defaults, behind its method."""
    weights = f", weights={fusion.weights!r}" if fusion.weights else ""
    usual = fusion.normalization == "length"
    normalization = "" if usual else f", normalization={fusion.normalization!r}"
    options = "".join(f", {name}={value!r}" for name, value in fusion.options.items())
    return f"{fusion.method!r}{weights}{normalization}{options}"


def load_line(model: Model) -> str:
    """The line that loads a network."""
    return SOURCES.of(model.card).code(model)


def second_line(model: Model, second: Model) -> str:
    """The line that loads a second network as `other`, beside `model`; a checkpoint has a file of its own."""
    if second is model:
        return "other = model"
    return load_line(second).replace("model =", "other =", 1).replace('"your_checkpoint', '"other_checkpoint')


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
