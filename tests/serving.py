"""A server and a browser of one's own, on this machine alone."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
STREAMLIT = ("-m", "streamlit")
COLLECTOR_AS_IT_COMES = (
    "-c",
    "import gc, sys; gc.freeze = lambda: None; from streamlit.web.cli import main; main()",
)
SETTINGS = {
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.address": "127.0.0.1",
    "browser.gatherUsageStats": "false",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
            return
        time.sleep(0.1)
    raise TimeoutError(f"the server did not answer within {seconds} s")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group: the server and any child it started."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sent)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
            return


@contextlib.contextmanager
def serving(
    script: str | Path,
    *args: str,
    log: Path,
    env: dict[str, str] | None = None,
    through: Sequence[str] = STREAMLIT,
    root: Path = ROOT,
) -> Iterator[str]:
    """Serve a script (path from the project's root) and give its URL; `through` starts Streamlit."""
    port = free_port()
    options = [f"--{name}={value}" for name, value in {**SETTINGS, "server.port": str(port)}.items()]
    command = [sys.executable, *through, "run", str(root / script), *options, "--", *args]
    environment = {**os.environ, "PYTHONPATH": str(root), **(env or {})}
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)
