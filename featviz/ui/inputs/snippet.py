"""The Python that makes the present view, to be pasted into a notebook."""

from torch import Tensor

from featviz.explain.targets.target import Difference, Logit
from featviz.models.model import Model
from featviz.ui.inputs.embedding import Wanted
from featviz.ui.inputs.image import Picture
from featviz.ui.pages.attribution.request import Request
from featviz.ui.pages.embeddings.request import MapRun
from featviz.ui.pages.feature_quality.controls import Wish
from featviz.ui.pages.maximization.request import Run
from featviz.ui.pages.visual_search.query import Asked
from featviz.ui.pages.visual_search.region import places_of
from featviz.ui.pages.visual_search.results import Results
from featviz.ui.state.image_sets import BUNDLED, ChosenSet

__all__ = [
    "attribution_code",
    "embeddings_code",
    "feature_maps_code",
    "filters_code",
    "maximization_code",
    "network_code",
    "quality_code",
    "search_code",
]

_PICTURE_FILES = ("upload", "camera")
_BROUGHT = """import featviz
from featviz.representation.import_embeddings import read_embeddings

embeddings = read_embeddings(open("your_embeddings.npz", "rb").read())"""


def network_code(model: Model, picture: Picture) -> str:
    """Load the network, list its layers and name the picture."""
    return f"""{_opening(model, picture)}
for layer in model.layers:
    print(layer.name, layer.kind, layer.output_shape, layer.parameters)
print(model.predict(model.preprocess(image), top=5)[0])"""


def feature_maps_code(model: Model, picture: Picture, layer: str, channel: int) -> str:
    """Compute the feature maps of a layer."""
    return f"""{_opening(model, picture)}
maps = featviz.feature_maps(model, model.preprocess(image), {layer!r})
maps.maps.shape       # (channels, rows, columns), raw and signed
maps.maps[{channel}]{" " * max(1, 13 - len(str(channel)))}# this channel
maps.statistics.mean  # one number a channel"""


def filters_code(model: Model, layer: str) -> str:
    """Read the filters of a convolution."""
    return f"""import featviz

{_load(model)}
filters = featviz.filters(model, {layer!r})
filters.kernels.shape  # (channels out, channels in, rows, columns)
filters.norms, filters.dead, filters.duplicates"""


def attribution_code(request: Request) -> str:
    """Compute an attribution and check it."""
    target = request.target
    wanted = repr(target.index) if isinstance(target, Logit) else f"featviz.{target!r}"
    options = "".join(f", {name}={_option(value)}" for name, value in request.options.items())
    return f"""{_opening(request.model, request.picture)}
x = model.preprocess(image)
found = featviz.attribute(model, x, {request.method!r}, target={wanted}{options})
found.map  # (H, W), raw and signed: above zero speaks for the target

explanation = featviz.Explanation(model, x, found, dict({options.removeprefix(", ")}))
print(featviz.check(explanation, "randomisation").sentence)"""


def maximization_code(run: Run) -> str:
    """Make the picture of a unit."""
    named = {"image": run.image, "robustness": run.robustness, **run.options}
    defaults = {"image": "fourier", "robustness": "lucid"}
    given = [f"{name}={value!r}" for name, value in named.items() if defaults.get(name) != value]
    given += [f"count={run.count}"] * (run.count > 1)
    given += [f"size={run.size}"] * (run.size is not None)
    given += ["start=your_picture"] * (run.begin is not None)
    options = "".join(f", {each}" for each in given)
    return f"""import featviz

{_load(run.model)}{_together(run)}
objective = {_objective(run)}{_differing(run)}
for frame in featviz.maximize({"both" if run.early else "model"}, objective{options}):
    print(frame.step, frame.score)
frame.image  # (N, H, W, 3) in [0, 1]"""


def _together(run: Run) -> str:
    """What joins an early stage of the training to the network."""
    if run.early is None:
        return ""
    early = f"featviz.load_model({run.model.name!r}, weights={run.early.stage!r})"
    return f"\nboth = featviz.ensemble([model, {early}])"


def _differing(run: Run) -> str:
    """What makes several pictures differ."""
    layer = run.compared_at
    if layer is None:
        return ""
    return f" + {run.diversity} * featviz.Diversity({layer!r})"


def embeddings_code(run: MapRun, wanted: Wanted) -> str:
    """Embed a set, draw its map and measure it."""
    options = "".join(f", {name}={value!r}" for name, value in run.options.items())
    where = "".join(
        f", {name}={value}"
        for name, value, usual in (("dimensions", run.dimensions, 2), ("seed", run.seed, 0))
        if value != usual
    )
    return f"""{_embedded(wanted)}

projection = featviz.project(embeddings, {run.method!r}{where}{options})
projection.points         # ({len(run.points)}, {run.dimensions})
projection.about          # what the method says of it
print(projection.quality.trustworthiness, projection.quality.neighbour_overlap)"""


def quality_code(wish: Wish) -> str:
    """Judge the features of some layers."""
    network = wish.networks[0]
    if network.model is None:
        return f"""{_BROUGHT}

from featviz.representation.quality import report

for reading in report(embeddings).readings.values():
    print(reading.sentence)"""
    return f"""import featviz
from featviz.representation.quality import through_depth

{_load(network.model)}
{_images(wish.chosen)}
layers = {network.poolings!r}  # each with its pooling
for step in through_depth(model, images, layers, disturbed={wish.disturbed}):
    print(step.done, step.total, step.note)
for layer, card in step.cards.items():
    print(layer, card["knn_accuracy"].sentence)"""


def search_code(wanted: Wanted, results: Results | None) -> str:
    """Embed a set and search it."""
    asked = results.asked if results else None
    count = len(results.neighbours) if results else 10
    if asked is not None and asked.unit is not None:
        return f"""{_embedded(wanted)}

from featviz.representation.search.by_unit import rank_by_unit

for each in rank_by_unit(embeddings, {asked.unit}, k={count}):
    print(each.id, each.similarity)  # its activation"""
    kind = f", kind={results.kind!r}" if results and results.kind != "auto" else ""
    kind += "".join(f", {name}={value!r}" for name, value in (results.options if results else {}).items())
    return f"""{_embedded(wanted)}

{_query(wanted, asked)}
index = featviz.SearchIndex.build(embeddings{kind})
for each in index.query(query, k={count})[0]:
    print(each.id, each.similarity)"""


def _query(wanted: Wanted, asked: Asked | None) -> str:
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


def _embedded(wanted: Wanted) -> str:
    if wanted.chosen.brought is not None:
        return _BROUGHT
    options = "".join(f", {name}={value!r}" for name, value in wanted.options.items())
    return f"""import featviz

{_load(wanted.model)}
{_images(wanted.chosen)}
embeddings = featviz.embed(model, images, {wanted.layer!r}, pool={wanted.pool!r}{options})"""


def _images(chosen: ChosenSet) -> str:
    if chosen.id in BUNDLED:
        return f'images = featviz.ImageSet.bundled("{chosen.id}", {len(chosen)})'
    return 'images = featviz.ImageSet.from_folder("your_folder")'


def _objective(run: Run) -> str:
    sign, unit = "-" if run.aim.down else "", run.aim.unit
    if isinstance(unit, str):
        return f"featviz.DeepDream({unit!r})"
    if isinstance(unit, Difference):
        return f"{sign}(featviz.Logit({unit.index}) - featviz.Logit({unit.other}))"
    return f"{sign}featviz.{unit!r}"


def _option(value: object) -> str:
    return "your_baseline" if isinstance(value, Tensor) else repr(value)


def _opening(model: Model, picture: Picture) -> str:
    return f"import featviz\n\n{_load(model)}\n{_image(picture)}"


def _load(model: Model) -> str:
    if model.weights == "checkpoint":
        return f'model = featviz.load_model("{model.name}", weights="your_checkpoint.safetensors")'
    if model.weights.startswith("random, seed"):
        return f'model = featviz.load_model("{model.name}", weights=None)'
    if model.weights in ("pretrained", model.card.stages[-1:] and model.card.stages[-1]):
        return f'model = featviz.load_model("{model.name}")'
    return f'model = featviz.load_model("{model.name}", weights="{model.weights}")'


def _image(picture: Picture) -> str:
    source, _, rest = picture.id.partition("/")
    if source in _PICTURE_FILES:
        return 'image = featviz.read_image(open("your_picture.jpg", "rb").read())'
    index = {"china": "0", "flower": "1"}.get(rest, rest)
    return f'image = featviz.ImageSet.bundled("{source}")[{index}].image'
