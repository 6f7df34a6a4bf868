"""The order of warming up: what is loaded before the collector is told of it stays out of its way."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from featviz.ui.app import warm_up

ROOT = Path(__file__).parents[3]


def test_plotly_is_loaded_before_the_collector_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(warm_up, "_load_plotly", lambda: done.append("plotly"))
    monkeypatch.setattr("featviz.ui.state.process.prepare_process", lambda: done.append("collector"))
    monkeypatch.setattr("featviz.ui.state.models.load_default", lambda: done.append("network"))
    monkeypatch.setattr(warm_up, "prepare_maps", lambda _ended: done.append("maps"))
    monkeypatch.setattr("featviz.ui.state.process.settle", lambda: done.append("collector again"))
    warm_up._load(threading.Event())
    assert done == ["plotly", "collector", "network", "maps", "collector again"]


def test_a_visitors_first_chart_imports_nothing_more() -> None:
    code = """
import sys
from featviz.ui.app import warm_up
warm_up._load_plotly()
import numpy as np, plotly.io
from featviz.render.charts import bars, curves, depth_curves, histogram
before = {name for name in sys.modules if name.startswith("plotly")}
x = np.linspace(-1, 1, 4)
curve = depth_curves.DepthCurve("a", ["b"], [0.5], [0.1], [(0.4, 0.6)])
for figure in (
    bars.unit_bars(x, list("abcd"), range(4), selected=1),
    bars.norm_bars(x, [0], 1),
    bars.scree_bars([0.5], [0]),
    curves.points_along(list("abcd"), x, x_title="", y_title=""),
    depth_curves.depth_curves([curve], share=True, y_title=""),
    histogram.histogram(x),
):
    plotly.io.to_json(figure, validate=False)
print(*sorted({name for name in sys.modules if name.startswith("plotly")} - before))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
