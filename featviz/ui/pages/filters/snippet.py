"""The Python that makes the present view of the Filters page."""

from featviz.models.model import Model
from featviz.ui.inputs.snippet import load_line, second_line
from featviz.ui.pages.filters.compared import ComparedFilters

__all__ = ["filters_code"]


def filters_code(compared: ComparedFilters) -> str:
    """Read the filters of a convolution, and those of a second network."""
    model, *others = compared.models
    code = f"""import featviz

{load_line(model)}
filters = featviz.filters(model, {compared.filters[0].layer!r})
filters.kernels.shape  # (channels out, channels in, rows, columns)
filters.norms, filters.dead, filters.duplicates"""
    return "".join((code, *(_second(model, other, compared.filters[1].layer) for other in others)))


def _second(model: Model, other: Model, layer: str) -> str:
    return f"""

{second_line(model, other)}
second = featviz.filters(other, {layer!r})
limit = max(abs(filters.kernels).max(), abs(second.kernels).max())  # the ends of one scale for both"""
