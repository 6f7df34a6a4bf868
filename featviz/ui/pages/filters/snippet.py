"""The Python that makes the present view of the Filters page."""

from featviz.models.model import Model
from featviz.ui.inputs.snippet import load_line

__all__ = ["filters_code"]


def filters_code(model: Model, layer: str) -> str:
    """Read the filters of a convolution."""
    return f"""import featviz

{load_line(model)}
filters = featviz.filters(model, {layer!r})
filters.kernels.shape  # (channels out, channels in, rows, columns)
filters.norms, filters.dead, filters.duplicates"""
