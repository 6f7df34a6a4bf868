"""Thirty visitors change the layer at the same moment, before and after the cure of the collector.

Each session is a websocket client of its own. A change is timed from the message that asks for it to the last
byte of the answer. "Before" is the same server with the collector as Streamlit and Python have it: a full
collection after every run, over everything that was ever loaded.

    python -m benchmarks.sessions [--sessions 30] [--rounds 5]
"""

import argparse
import asyncio
import statistics
import tempfile
from pathlib import Path

from benchmarks.visitor import Visitor
from tests.serving import COLLECTOR_AS_IT_COMES, STREAMLIT, serving

LAYERS = 5


async def classroom(url: str, sessions: int, rounds: int) -> tuple[list[float], list[Visitor]]:
    """All visitors change to another layer at once, `rounds` times; the seconds of every change."""
    visitors = [Visitor(url) for _ in range(sessions)]
    for visitor in visitors:
        await visitor.connect()
        await visitor.open_view("model=shapes-resnet")
    layers = layers_to_visit()
    times: list[float] = []
    for turn in range(rounds):
        queries = [
            f"model=shapes-resnet&image=shapes%2F{place}&layer={layers[(place + turn) % len(layers)]}"
            for place in range(sessions)
        ]
        times += await asyncio.gather(
            *(visitor.open_view(query) for visitor, query in zip(visitors, queries, strict=True))
        )
    for visitor in visitors:
        await visitor.close()
    return times, visitors


def layers_to_visit() -> list[str]:
    """A few layers with maps, from the first to the last."""
    from featviz import load_model

    layers = [layer.name for layer in load_model("shapes-resnet").layers if layer.grid not in (None, (1, 1))]
    return layers[:: max(1, len(layers) // LAYERS)]


def measure(title: str, sessions: int, rounds: int, *, cured: bool) -> float:
    """Serve, measure and print one line; the 95th percentile in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {} if cured else {"STREAMLIT_RUNNER_POST_SCRIPT_GC": "true"}
        through = STREAMLIT if cured else COLLECTOR_AS_IT_COMES
        with serving("app.py", log=Path(folder) / "log", env=settings, through=through) as url:
            times, visitors = asyncio.run(classroom(url, sessions, rounds))
    failures = sum(len(visitor.failures) for visitor in visitors)
    ordered = sorted(times)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    kilobytes = sum(visitor.received for visitor in visitors) / len(times) / 1000
    print(
        f"{title:<28} p50 {statistics.median(times):6.2f} s   p95 {p95:6.2f} s   worst {ordered[-1]:6.2f} s   "
        f"{kilobytes:5.0f} kB a change   {failures} failures"
    )
    return p95


def main() -> None:
    """Measure both servers, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print(f"{given.sessions} sessions change the layer at once, {given.rounds} times (shapes-resnet, 64 px)")
    before = measure("collector as it comes", given.sessions, given.rounds, cured=False)
    after = measure("frozen, not run after a page", given.sessions, given.rounds, cured=True)
    print(f"p95 ratio after / before: {after / before:.2f}")


if __name__ == "__main__":
    main()
