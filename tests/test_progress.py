"""Progress says how much is done, never more than all, and takes what it holds as it is."""

import dataclasses

import pytest

from featviz.progress import Progress


@pytest.mark.parametrize(
    ("done", "total", "share"), [(0, 4, 0.0), (1, 4, 0.25), (4, 4, 1.0), (5, 4, 1.0), (0, 0, 0.0)]
)
def test_the_share_lies_between_nothing_and_all(done: int, total: int, share: float) -> None:
    assert Progress[str](done, total).share == share


def test_it_cannot_be_changed_on_its_way_to_another_thread() -> None:
    step = Progress(1, 2, result=[1.0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        step.done = 2  # type: ignore[misc]
