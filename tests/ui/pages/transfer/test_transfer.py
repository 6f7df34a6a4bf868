"""The page Transfer: examples at first sight, and a measurement of one's own offered with its cost."""

import math
import time

import pytest

from featviz.analysis.bundled_transfer import TRANSFERS, bundled_transfer
from featviz.ui.state.jobs import end_all
from tests.test_pages import assert_sound, open_page, said


@pytest.fixture(autouse=True)
def nothing_runs_on():
    yield
    end_all()


@pytest.mark.parametrize("name", TRANSFERS)
def test_examples_are_whole_and_their_verdict_follows_from_the_intervals(name):
    result = bundled_transfer(name)
    assert {(point.approach, point.labels) for point in result.points} == {
        (approach, labels)
        for approach in ("frozen", "fine_tuned", "from_scratch")
        for labels in (5, 10, 20, 50)
    }
    assert all(len(point.accuracies) == 3 for point in result.points)
    assert [layer for layer, _ in result.changes][:3] == ["stem", "stage1", "stage2"]
    assert all(math.isfinite(value) and value <= 1 for _, value in result.changes)
    app = open_page("transfer", transfer_of=name)
    assert_sound(app)
    assert not app.error
    best = max(result.point("frozen", 10), result.point("fine_tuned", 10), key=lambda point: point.mean)
    scratch = result.point("from_scratch", 10)
    words = said(app)
    assert ("learned before helps" in words) == (best.interval[0] > scratch.interval[1])
    assert ("is in the way" in words) == (best.interval[1] < scratch.interval[0])


def test_ones_own_measurement_is_offered_with_its_cost():
    app = open_page("transfer", transfer_of="own", model="digits-cnn", set="digits")
    assert_sound(app)
    assert any(button.label.startswith("Measure (about ") for button in app.button)


def test_images_without_classes_are_refused():
    app = open_page("transfer", transfer_of="own", model="digits-cnn", set="photos")
    next(button for button in app.button if button.label.startswith("Measure (about ")).click().run()
    end = time.monotonic() + 60
    while not app.error and time.monotonic() < end:
        time.sleep(0.1)
        app.run()
    assert "two classes or more" in " ".join(each.value for each in app.error)
