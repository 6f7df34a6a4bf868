"""What is normal among the checks of the maps on the page, so that a failed one is not read as a broken map."""

from collections.abc import Iterable, Sequence

from featviz.explain.attribution.sanity_baselines import BASELINES
from featviz.explain.evaluation.check import Finding

__all__ = ["what_is_normal"]


def what_is_normal(checked: Iterable[tuple[str, Iterable[Finding]]]) -> str:
    """How many of the maps miss a check, and what a map passes that asks no network; "" before anything is found.

    Args:
        checked: for each map the method's id and the findings of its checks.
    """
    judged = [
        (method, [each.level for each in findings if each.level != "unknown"]) for method, findings in checked
    ]
    maps = [levels for method, levels in judged if levels and method not in BASELINES]
    edges = [levels for method, levels in judged if levels and method == "edges"]
    return " ".join([*_missing(maps), *_passed_by_edges(edges)])


def _missing(maps: Sequence[Sequence[str]]) -> list[str]:
    short = sum(any(level != "good" for level in levels) for levels in maps)
    if not short:
        return []
    return [
        f"Most maps miss a check, and are not broken for that: here {short} of {len(maps)}. No check alone proves a "
        "map right or wrong."
    ]


def _passed_by_edges(edges: Sequence[Sequence[str]]) -> list[str]:
    if not edges:
        return []
    passed = sum(level == "good" for level in edges[0])
    return [f"The edge detector never asks the network, and still passes {passed} of its {len(edges[0])}."]
