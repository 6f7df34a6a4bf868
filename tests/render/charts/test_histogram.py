"""Truths of the histogram: every value is in one bar, and the drawing holds numbers alone."""

import re
from xml.etree import ElementTree

import numpy as np

from featviz.render.charts.histogram import histogram_svg


def counts(svg: str) -> list[int]:
    return [int(found) for found in re.findall(r": (\d+)</title>", svg)]


def test_every_value_is_counted_once() -> None:
    values = np.random.default_rng(0).normal(size=(16, 16)).astype(np.float32)
    assert sum(counts(histogram_svg(values))) == values.size


def test_bars_are_as_high_as_their_counts() -> None:
    svg = histogram_svg(np.array([0.0, 0.0, 0.0, 1.0]), bins=2)
    tall, low = (float(found) for found in re.findall(r'<rect [^>]* height="([\d.]+)"', svg))
    assert counts(svg) == [3, 1]
    assert abs(tall - 3 * low) < 0.2


def test_equal_values_make_one_bar_of_well_formed_svg() -> None:
    svg = histogram_svg(np.full(9, 2.5), title="activation")
    assert counts(svg) == [9]
    assert ElementTree.fromstring(svg).tag == "svg"
