"""The sentence on what is normal is counted from the findings on the page."""

from featviz.explain.evaluation.results import Finding, Level, unknown
from featviz.ui.pages.attribution.normal import what_is_normal


def findings(*levels: Level) -> list[Finding]:
    return [Finding(level, "", "") for level in levels]


def test_maps_that_miss_a_check_are_counted_and_baselines_are_not_among_them() -> None:
    words = what_is_normal(
        [
            ("grad_cam", findings("good", "doubtful", "unknown")),
            ("gradient", findings("good", "good")),
            ("occlusion", findings("bad")),
            ("edges", [*findings("good", "good", "bad"), unknown("Promises no sum.")]),
            ("random", findings("bad")),
        ]
    )
    assert "here 2 of 3." in words
    assert "passes 2 of its 3" in words


def test_nothing_is_said_before_anything_is_found_or_where_all_is_passed() -> None:
    assert what_is_normal([("grad_cam", []), ("edges", findings("unknown"))]) == ""
    assert what_is_normal([("grad_cam", findings("good"))]) == ""
