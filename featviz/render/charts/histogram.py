"""A histogram as a small SVG, which a browser draws in a fraction of the time a charting library takes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.render.normalisation import format_number

__all__ = ["histogram_svg"]

_WIDTH, _HEIGHT, _FOOT, _HEAD = 220, 130, 34, 16


def histogram_svg(values: NDArray[np.floating[Any]], *, bins: int = 32, title: str = "value") -> str:
    """How often each value occurs: bars over `bins` equal steps between the smallest and the largest.

    The text holds numbers and `title` alone; its colours follow the page's.

    Args:
        values: finite, of any shape.
        bins: how many bars.
        title: what the values are; never a visitor's words.
    """
    counts, edges = np.histogram(np.asarray(values, np.float64).ravel(), bins=bins)
    tall, wide = (_HEIGHT - _FOOT - _HEAD) / max(int(counts.max()), 1), _WIDTH / bins
    bars = "".join(
        f'<rect x="{place * wide + 0.5:.1f}" y="{_HEIGHT - _FOOT - count * tall:.1f}" width="{wide - 1:.1f}" '
        f'height="{count * tall:.1f}"><title>{format_number(low)} to {format_number(high)}: {count}</title></rect>'
        for place, (count, low, high) in enumerate(zip(counts, edges, edges[1:], strict=False))
        if count
    )
    base = _HEIGHT - _FOOT
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Histogram of the {title}s" '
        'style="width:100%;max-width:20rem;font-size:11px;fill:currentColor">'
        f'<g style="fill:var(--st-primary-color,#0f7f8c)">{bars}</g>'
        f'<path d="M0 {base + 0.5}H{_WIDTH}" stroke="currentColor" stroke-opacity="0.4"/>'
        f"{_zero(float(edges[0]), float(edges[-1]), base)}"
        f'<text x="0" y="11" opacity="0.75">up to {int(counts.max())} positions a bar</text>'
        f'<text x="0" y="{base + 14}">{format_number(float(edges[0]))}</text>'
        f'<text x="{_WIDTH}" y="{base + 14}" text-anchor="end">{format_number(float(edges[-1]))}</text>'
        f'<text x="{_WIDTH / 2}" y="{base + 29}" text-anchor="middle" opacity="0.75">{title}</text></svg>'
    )


def _zero(low: float, high: float, base: float) -> str:
    """A mark where zero lies, if it lies inside."""
    if not low < 0 < high:
        return ""
    x = -low / (high - low) * _WIDTH
    label = f'<text x="{x:.1f}" y="{base + 14}" text-anchor="middle">0</text>' if 30 < x < _WIDTH - 30 else ""
    return f'<path d="M{x:.1f} {_HEAD}V{base}" stroke="currentColor" stroke-dasharray="2 3"/>{label}'
