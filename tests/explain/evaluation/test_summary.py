import pytest

from featviz.explain.evaluation.results import Finding, Level, unknown
from featviz.explain.evaluation.summary import verdict


def finding(level: Level, sentence: str) -> Finding:
    return Finding(level, "1", sentence)


def test_nothing_checked_yet() -> None:
    assert verdict({}).level == "unknown" and "Nothing checked yet" in verdict({}).sentence
    assert verdict({"shift": unknown("Why.")}).level == "unknown"


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (("good", "bad", "doubtful"), "bad"),
        (("good", "doubtful", "unknown"), "doubtful"),
        (("good", "unknown", "good"), "good"),
    ],
)
def test_the_most_serious_level_counts(levels: tuple[Level, ...], expected: Level) -> None:
    found = verdict({str(n): finding(level, f"{level} {n}.") for n, level in enumerate(levels)})
    assert found.level == expected and f"passed. {expected} " in found.sentence


def test_a_map_that_depends_on_nothing_comes_before_one_that_is_unstable() -> None:
    bad = {"stability": finding("bad", "Shakes."), "randomization": finding("bad", "Draws edges.")}
    assert verdict({**bad, "deletion": finding("good", "Falls.")}).sentence == "1 of 3 passed. Draws edges."
    assert verdict({**bad, "randomization": finding("good", "Learned.")}).sentence.endswith("passed. Shakes.")


def test_one_curve_alone_condemns_no_map_and_both_do() -> None:
    one = {"deletion": finding("good", "Falls."), "insertion": finding("bad", "Stays.")}
    assert verdict(one).level == "doubtful" and verdict(one).sentence == "1 of 2 passed. Stays."
    assert verdict({**one, "deletion": finding("bad", "Never falls.")}).level == "bad"


def test_no_map_is_good_before_every_check_was_run() -> None:
    quick = {"shift": finding("good", "Follows.")}
    assert verdict(quick, left=2).level == "unknown"
    assert verdict(quick, left=2).sentence == "1 of 1 passed, 2 not run yet. Follows."
    assert verdict({**quick, "deletion": finding("bad", "Stays.")}, left=1).level == "doubtful"
    assert verdict(quick).level == "good"
