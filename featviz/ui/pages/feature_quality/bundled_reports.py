"""Reports of bundled networks on their bundled set that came along, so that a first visit waits for nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from featviz.models.model import Model
from featviz.representation.quality import MEASURES, Measurement, ReportCard

__all__ = ["REPORTS", "bundled_card", "save_report"]

REPORTS = Path(__file__).parents[4] / "assets" / "reports"
_MEASUREMENTS, _DETAILS = "measurements", "details"
_DIGITS = 6


def bundled_card(model: Model, layer: str, pool: str, content: str) -> ReportCard | None:
    """The card that came with the project, if it is of these weights, this layer, its pooling and this image set.

    Args:
        model: the network.
        layer: its name.
        pool: an id out of `POOLINGS`.
        content: of the image set, as `ChosenSet` has it.
    """
    if not model.card.quick:
        return None
    entry = _listed(REPORTS, model.name).get(_key(model, layer, pool, content))
    return None if entry is None else _card(entry)


def save_report(model: Model, content: str, cards: Mapping[str, ReportCard], folder: Path = REPORTS) -> Path:
    """Write a network's report beside those of its other weights.

    Args:
        model: the network.
        content: of the image set, as `ChosenSet` has it.
        cards: by layer.
        folder: where the reports are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries = {
        key: entry for key, entry in _listed(folder, model.name).items() if entry["weights"] != model.weights
    }
    for layer, card in cards.items():
        entries[_key(model, layer, card.pool, content)] = {"weights": model.weights, **_entry(card)}
    path = folder / f"{model.name}.json"
    path.write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    _listed.cache_clear()
    return path


def _key(model: Model, layer: str, pool: str, content: str) -> str:
    content_key = (model.fingerprint, model.classes, layer, pool, content, [each.id for each in MEASURES])
    return hashlib.sha256(repr(content_key).encode()).hexdigest()[:32]


def _entry(card: ReportCard) -> dict[str, Any]:
    """A card as JSON has it; numbers to six digits."""
    measurements = {
        measure: {
            **asdict(each),
            "value": _rounded(each.value),
            "baseline": _rounded(each.baseline),
            "interval": None if each.interval is None else [_rounded(end) for end in each.interval],
            _DETAILS: {name: [_rounded(n) for n in values.tolist()] for name, values in each.details.items()},
        }
        for measure, each in card.measurements.items()
    }
    return {**asdict(card), _MEASUREMENTS: measurements}


def _card(entry: Mapping[str, Any]) -> ReportCard:
    fields = {name: value for name, value in entry.items() if name not in (_MEASUREMENTS, "weights")}
    measurements = {
        method.id: _measurement(entry[_MEASUREMENTS][method.id])
        for method in MEASURES
        if method.id in entry[_MEASUREMENTS]
    }
    return ReportCard(measurements=measurements, **fields)


def _measurement(entry: Mapping[str, Any]) -> Measurement:
    interval = entry["interval"] and tuple(entry["interval"])
    details = {name: np.array(values) for name, values in entry[_DETAILS].items()}
    return Measurement(**{**entry, "interval": interval, _DETAILS: details})


def _rounded(number: float | None) -> float | None:
    return number if number is None else float(f"{number:.{_DIGITS}g}")


@lru_cache(maxsize=8)
def _listed(folder: Path, name: str) -> dict[str, Any]:
    path = folder / f"{name}.json"
    entries: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return entries
