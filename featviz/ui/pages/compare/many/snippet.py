"""The Python that lays out the same networks."""

from __future__ import annotations

from featviz.ui.inputs.snippet import images_line, load_line
from featviz.ui.pages.compare.many.networks import Networks
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.pages.compare.snippet import sample_lines
from featviz.ui.pages.compare.view_state import VIEW

__all__ = ["networks_code"]


def networks_code(request: ComparisonRequest, networks: Networks) -> str:
    """Distances between networks, and their points in the plane."""
    depth = int(VIEW["relative_depth"].text) / 100
    lines = [
        "import featviz",
        "from featviz.representation.comparison.multidimensional_scaling import metric_mds",
        "from featviz.representation.comparison.network_distances import distances_between, layer_at",
        "",
        "models = [",
        *(f"    {load_line(model).removeprefix('model = ')}," for model in networks.models),
        "]",
        images_line(request.whole),
        *sample_lines(request),
        f"networks = [(model, layer_at(model, {depth:g})) for model in models]",
        f"found = distances_between(networks, images, {VIEW['distance'].text!r})",
        "print(found.distances, metric_mds(found.distances).points)",
    ]
    return "\n".join(lines)
