"""The Python that makes the present view of the Compare models page."""

from featviz.models.model import Model
from featviz.ui.inputs.snippet import images_line, load_line, second_line
from featviz.ui.pages.compare.request import ComparisonRequest, layers_of

__all__ = ["compare_code", "sample_lines"]


def compare_code(request: ComparisonRequest) -> str:
    """Compare all layers of two networks, and look behind the most similar pair of the last one."""
    pool = "" if request.pool == "mean" else f", pool={request.pool!r}"
    asked = f"{_layers(request)}{_options(request)}{pool}"
    lines = [
        "import featviz",
        "from featviz.representation.comparison import cell_evidence",
        "",
        load_line(request.first),
        second_line(request.first, request.second),
        images_line(request.whole),
        *sample_lines(request),
        f"matrix = featviz.compare(model, other, images, {request.measure!r}{asked})",
        "print(matrix.values, matrix.p_values)",
        "",
        "layer_a, layer_b = matrix.layers_a[-1], matrix.layers_b[-1]",
        "evidence = cell_evidence(",
        f"    featviz.embed(model, images, layer_a{pool}),",
        f"    featviz.embed(other, images, layer_b{pool}),",
        "    matrix.measure,",
        "    **matrix.options,",
        ")",
        "print(evidence.value, evidence.interval, evidence.neighborhoods.order[:10])",
    ]
    return "\n".join(lines)


def sample_lines(request: ComparisonRequest) -> list[str]:
    """The lines that draw the same sample, where there is one."""
    if request.whole is request.chosen:
        return []
    drawn = f"numpy.random.default_rng(0).choice(len(images), {len(request.chosen)}, replace=False)"
    return ["", "import numpy", f"images = images.subset(sorted({drawn}))"]


def _layers(request: ComparisonRequest) -> str:
    """The layers, where they are not those that are compared anyway."""
    named = zip(("layers_a", "layers_b"), request.networks, (request.layers_a, request.layers_b), strict=True)
    return "".join(f", {name}={list(layers)!r}" for name, model, layers in named if not _usual(model, layers))


def _options(request: ComparisonRequest) -> str:
    return "".join(f", {name}={value!r}" for name, value in request.options.items())


def _usual(model: Model, layers: tuple[str, ...]) -> bool:
    return layers == layers_of(model, "weights")
