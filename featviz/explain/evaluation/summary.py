"""One verdict from the findings of all checks, the most serious first."""

from collections.abc import Mapping
from dataclasses import replace

from featviz.explain.evaluation.results import Finding, Level, unknown

__all__ = ["verdict"]

_CURVES = ("deletion", "insertion")
_SERIOUS: tuple[Level, ...] = ("bad", "doubtful", "good")
_WEIGHT = ("randomization", "completeness", "deletion", "insertion", "localization", "stability", "shift")


def verdict(findings: Mapping[str, Finding], *, left: int = 0) -> Finding:
    """One level and one plain sentence for a map.

    Args:
        findings: by the check's id; a finding of level "unknown" says nothing.
        left: how many checks could still be run. Until they are, no map is good: an edge detector passes those
            that are quick.

    Returns:
        The most serious finding's level; how many checks passed, then that finding's sentence. Among equals, the
        one that weighs more is told: a map
        that does not depend on the network explains nothing, however well it points. A curve that fails while
        the other one does not makes a map doubtful and no more: both walk through images no network has
        seen, and depend on what takes the place of the pixels.
    """
    telling = {name: finding for name, finding in _softened(findings).items() if finding.level != "unknown"}
    if not telling:
        return unknown("Nothing checked yet." if not findings else "No check says anything about this map.")
    level = next(each for each in _SERIOUS if any(finding.level == each for finding in telling.values()))
    names = sorted((name for name in telling if telling[name].level == level), key=_weight)
    passed = sum(finding.level == "good" for finding in telling.values())
    figure = f"{passed} of {len(telling)} passed" + (f", {left} not run yet" if left else "")
    if level == "good" and left:
        level = "unknown"
    return Finding(level, figure, f"{figure[0].upper()}{figure[1:]}. {telling[names[0]].sentence}")


def _softened(findings: Mapping[str, Finding]) -> dict[str, Finding]:
    failing = [name for name in _CURVES if name in findings and findings[name].level == "bad"]
    if len(failing) != 1:
        return dict(findings)
    return {**findings, failing[0]: replace(findings[failing[0]], level="doubtful")}


def _weight(name: str) -> int:
    return _WEIGHT.index(name) if name in _WEIGHT else len(_WEIGHT)
