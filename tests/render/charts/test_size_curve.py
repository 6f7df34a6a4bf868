"""The curve over the number of images: every point, its spread, and a logarithmic axis."""

import numpy as np
import pytest

from featviz.render.charts.size_curve import size_curve_chart


def test_every_size_has_its_value_and_its_spread() -> None:
    sizes, values, spreads = (
        np.array([8.0, 20.0, 400.0]),
        np.array([0.5, 0.6, 0.58]),
        np.array([0.2, 0.1, 0.0]),
    )
    figure = size_curve_chart(sizes, values, spreads, y_title="CKA <b>")
    (line,) = figure.data
    assert np.allclose(line.x, sizes) and np.allclose(line.y, values)
    assert np.allclose(line.error_y.array, spreads)
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.yaxis.title.text == "CKA &lt;b&gt;"
    assert [float(text) for text in figure.layout.xaxis.ticktext] == pytest.approx(
        figure.layout.xaxis.tickvals
    )
