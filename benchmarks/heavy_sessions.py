"""Thirty visitors change layers, with and without heavy work beside them, on one server in one run.

Two visitors run Feature quality of 10,000 images, and one reads a zip, again and again. What a job has of the
server follows from the images its page tells of, and from how many a second of the processor does for a job that
is alone: so other work on the machine hardly counts. A job's fair share is a quarter, for four parties want the
server: the two jobs, the class, and the one who reads.

    python -m benchmarks.heavy_sessions [--sessions 30] [--rounds 5] [--times 2]
"""

import argparse
import asyncio
import contextlib
import io
import os
import statistics
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.sessions import layers_to_visit
from benchmarks.visitor import Visitor
from tests.serving import serving

HEAVY = ("final", "random")
PARTIES = 4
SECONDS_ALONE = 10
PICTURES, SIDE = 500, 128


async def change_layers(visitors: list[Visitor], layers: list[str], rounds: int, first: int) -> list[float]:
    """All visitors change to another layer of a picture of their own at once, `rounds` times."""
    times: list[float] = []
    for turn in range(rounds):
        queries = [
            f"model=shapes-resnet&image=shapes%2F{first + place}&layer={layers[(place + turn) % len(layers)]}"
            for place in range(len(visitors))
        ]
        asked = (visitor.open_view(query) for visitor, query in zip(visitors, queries, strict=True))
        times += await asyncio.gather(*asked)
    return times


async def read_zips(reader: Visitor, archive: bytes, times: list[float]) -> None:
    """Read one zip after the other; they differ in their comment."""
    while True:
        changed = io.BytesIO(archive)
        with zipfile.ZipFile(changed, "a") as written:
            written.comment = str(time.perf_counter()).encode()
        times.append(await reader.upload("pictures.zip", changed.getvalue()))


def zip_of_pictures() -> bytes:
    """Waves of chance direction as PNG files, in ten folders."""
    made, generator = io.BytesIO(), np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    with zipfile.ZipFile(made, "w") as written:
        for number in range(PICTURES):
            across, down = generator.uniform(-40, 40, (2, 3, 1, 1))
            waves = (127 + 120 * np.sin(across * x + down * y)).astype(np.uint8)
            picture = io.BytesIO()
            Image.fromarray(np.moveaxis(waves, 0, 2)).save(picture, "PNG", compress_level=1)
            written.writestr(f"{number % 10}/{number}.png", picture.getvalue())
    return made.getvalue()


def images_done(visitor: Visitor, since: float, until: float) -> int:
    """What a job did between two moments, as its page told it."""
    seen = [done for when, done in visitor.progress if since <= when <= until]
    return max(0, seen[-1] - seen[0]) if seen else 0


def processor(url: str) -> tuple[float, float]:
    """Seconds of the processor that the server and its processes have used, and those of low priority: heavy work."""
    port, tick = url.rpartition(":")[2], os.sysconf("SC_CLK_TCK")
    running = list(Path("/proc").glob("[0-9]*"))
    server = next(int(each.name) for each in running if f"--server.port={port}" in _command(each))
    mine = [each for each in running if server in (int(each.name), _parent(each))]
    threads = (_stat(path) for each in mine for path in each.glob("task/*/stat"))
    heavy = sum(used for used, nice in threads if nice > 0)
    return sum(_stat(each / "stat")[0] for each in mine) / tick, heavy / tick


def _command(folder: Path) -> str:
    with contextlib.suppress(OSError):
        return (folder / "cmdline").read_bytes().decode(errors="replace")
    return ""


def _parent(folder: Path) -> int:
    with contextlib.suppress(OSError):
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _stat(path: Path) -> tuple[int, int]:
    """Ticks used, and how nice."""
    try:
        words = path.read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return 0, 0
    return int(words[11]) + int(words[12]), int(words[16])


async def scenario(url: str, sessions: int, rounds: int, times: int) -> None:
    """Measure, and print."""
    layers, archive = layers_to_visit(), zip_of_pictures()
    visitors = [Visitor(url) for _ in range(sessions)]
    for visitor in visitors:
        await visitor.connect()
        await visitor.open_view("model=shapes-resnet")
    heavy, reader = [Visitor(url) for _ in HEAVY], Visitor(url)
    await reader.connect()
    await reader.open_view("model=shapes-resnet&set_size=500", "visual_search")
    alone = await begin(url, heavy)
    print(f"a job alone: {alone:.1f} images for a second of the processor", flush=True)
    light: dict[bool, list[float]] = {False: [], True: []}
    shares: list[list[float]] = []
    zips: list[float] = []
    for turn in range(2 * times):
        busy = turn % 2 == 1
        await asyncio.gather(*(each.press("Go on" if busy else "Stop") for each in heavy))
        reading = asyncio.create_task(read_zips(reader, archive, zips)) if busy else None
        since, used = time.perf_counter(), processor(url)
        light[busy] += await change_layers(visitors, layers, rounds, 1 + turn * sessions)
        if reading is not None:
            until = time.perf_counter()
            all_used, heavy_used = (now - then for now, then in zip(processor(url), used, strict=True))
            print(f"  processor: {all_used:.1f} s, of them heavy work {heavy_used:.1f} s", flush=True)
            shares.append([images_done(each, since, until) / alone / all_used for each in heavy])
            if not reading.cancel():
                reader.failures.append(repr(reading.exception()))
            print(
                f"  {until - since:.1f} s; the jobs' pages say: {[each.told for each in heavy]}", flush=True
            )
    report(light, shares, zips, [*visitors, *heavy, reader])
    for each in (*visitors, *heavy, reader):
        await each.close()


async def begin(url: str, heavy: list[Visitor]) -> float:
    """Start both jobs, the first one alone for a while; its images for a second of the processor then."""
    for number, (visitor, weights) in enumerate(zip(heavy, HEAVY, strict=True)):
        await visitor.connect()
        visitor.watch()
        stage = "" if weights == "final" else f"&weights={weights}"
        await visitor.open_view(
            f"model=shapes-resnet{stage}&set=shapes&set_size=10000&disturbed=no", "feature_quality"
        )
        if any(name.startswith("Evaluate") for name in visitor.buttons):
            await visitor.press("Evaluate")
        if not number:
            while not visitor.progress:
                await asyncio.sleep(0.1)
            since, used = visitor.progress[-1][0], processor(url)[0]
            await asyncio.sleep(SECONDS_ALONE)
            used = processor(url)[0] - used
            alone = images_done(visitor, since, time.perf_counter()) / used
    await asyncio.sleep(SECONDS_ALONE / 2)
    return alone


def report(
    light: dict[bool, list[float]], shares: list[list[float]], zips: list[float], everybody: list[Visitor]
) -> None:
    """Print what was found."""
    found = {}
    for busy, seconds in light.items():
        ordered = sorted(seconds)
        found[busy] = ordered[int(0.95 * (len(ordered) - 1))]
        print(
            f"{'beside heavy work' if busy else 'without heavy work':<20} p50 {statistics.median(ordered):5.2f} s   "
            f"p95 {found[busy]:5.2f} s   worst {ordered[-1]:5.2f} s   {len(ordered)} changes"
        )
    print(f"p95 beside / without: {found[True] / found[False]:.2f}")
    for number in range(len(HEAVY)):
        each = statistics.mean(of_turn[number] for of_turn in shares)
        print(f"heavy job {number + 1}: {each:.2f} of the server, {each * PARTIES:.2f} of its fair share")
    print(
        f"zips read: {len(zips)} of {PICTURES} pictures, {statistics.median(zips) if zips else 0:.1f} s each"
    )
    failures = [failure for visitor in everybody for failure in visitor.failures]
    print(f"refusals and failures: {len(failures)} {failures[:2] or ''}")


def main() -> None:
    """Serve and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--times", type=int, default=2)
    parser.add_argument("--log", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(given.log) if given.log else Path(folder) / "log"
        kept = {"FEATVIZ_STORE": str(Path(folder) / "store")}
        with serving("app.py", log=log, env=kept) as url:
            asyncio.run(scenario(url, given.sessions, given.rounds, given.times))


if __name__ == "__main__":
    main()
