"""Progress says how much is done, never more than all, and takes what it holds as it is."""

import dataclasses
from collections.abc import Iterator

import pytest

from featviz.progress import Progress, finished, within


@pytest.mark.parametrize(
    ("done", "total", "share"), [(0, 4, 0.0), (1, 4, 0.25), (4, 4, 1.0), (5, 4, 1.0), (0, 0, 0.0)]
)
def test_the_share_lies_between_nothing_and_all(done: int, total: int, share: float) -> None:
    assert Progress[str](done, total).share == share


def test_it_cannot_be_changed_on_its_way_to_another_thread() -> None:
    step = Progress(1, 2, result=[1.0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        step.done = 2  # type: ignore[misc]


def test_the_result_is_that_of_the_last_step() -> None:
    assert finished(Progress(done, 3, result=done or None) for done in range(4)) == 3


@pytest.mark.parametrize("steps", [[], [Progress(1, 1)], [Progress(1, 2, result="half"), Progress(2, 2)]])
def test_work_without_a_result_is_a_mistake(steps: list[Progress[str]]) -> None:
    with pytest.raises(RuntimeError, match="without a result"):
        finished(steps)


def test_a_part_of_other_work_tells_of_the_whole_and_hands_over_its_own_result() -> None:
    told: list[Progress[str]] = []

    def whole() -> Iterator[Progress[str]]:
        steps = (Progress(done, 2, result="ab"[:done]) for done in (1, 2))
        made = yield from within(steps, lambda step: Progress(10 + step.done, 13))
        told.append(Progress(13, 13, result=made))

    assert [step.done for step in whole()] == [11, 12]
    assert told[0].result == "ab"
