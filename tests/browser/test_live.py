"""The life of a job in a real browser, where a fragment runs alone: nothing fails while it does."""

import re
import time
from pathlib import Path

from playwright.sync_api import Page, expect


def test_a_job_is_begun_watched_stopped_and_taken_up_again(page: Page, serve, log: Path) -> None:
    said = log.stat().st_size
    with serve("tests/browser/apps/live_app.py") as url:
        page.goto(f"{url}?key={time.time_ns()}")
        offer = page.get_by_role("button", name="Count (about 6 s)")
        expect(offer).to_be_visible(timeout=120_000)
        offer.click()
        expect(page.get_by_text(re.compile(r"Counting: [3-8] of 8"))).to_be_visible(timeout=60_000)
        expect(page.get_by_text(re.compile(r"Twice [3-8] is \d+\."))).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text(re.compile(r"Stopped\. Counting: \d of 8"))).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text("Twice 8 is 16.")).to_be_visible(timeout=60_000)
        expect(page.get_by_text("All is there.")).to_be_visible(timeout=60_000)
        expect(page.get_by_role("button", name=re.compile("Stop|Go on|Count"))).to_have_count(0)
    assert "Traceback" not in log.read_text(errors="replace")[said:]
