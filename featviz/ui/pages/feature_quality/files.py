"""What can be taken away from the Feature quality page: every number as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from featviz.representation.quality import ReportCard
from featviz.ui.inputs.file_download import draw_file_download
from featviz.ui.inputs.spreadsheet import cell
from featviz.ui.pages.feature_quality.tasks import Cards

__all__ = ["draw_downloads", "to_csv"]

_HEAD = (
    *("network", "layer", "pool", "images", "count", "units", "measure", "value", "baseline"),
    *("baseline_of", "low", "high", "better", "sentence"),
)


def draw_downloads(cards: Mapping[str, Cards]) -> None:
    """Draw the button that downloads the cards."""
    layers = dict.fromkeys(layer for each in cards.values() for layer in each)
    draw_file_download("Numbers (CSV)", lambda: to_csv(cards), [*cards, *layers, "feature quality"], "csv")


def to_csv(cards: Mapping[str, Cards]) -> bytes:
    """A row for each measure of each layer of each network.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_HEAD)
    for network, layers in cards.items():
        for layer, card in layers.items():
            writer.writerows(_rows(network, layer, card))
    return buffer.getvalue().encode("utf-8-sig")


def _rows(network: str, layer: str, card: ReportCard) -> Iterator[list[object]]:
    of = [cell(network), cell(layer), card.pool, cell(card.images), card.count, card.dimensions]
    for measure, each in card.measurements.items():
        low, high = each.interval or (None, None)
        yield [
            *of,
            measure,
            each.value,
            each.baseline,
            each.baseline_name,
            low,
            high,
            each.better,
            each.sentence,
        ]
