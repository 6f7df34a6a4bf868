"""What holds for the whole suite: no network, one computing thread, a store of its own, files in one worker each."""

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Small networks on shared cores: a second thread would wait for the first far longer than it helps.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parents[1]
# Workers take files in this order, then the others as collected: who begins with the longest ends with the others.
LONGEST = (
    *("tests/browser", "tests/test_pages.py", "tests/test_maximization_page.py", "tests/models/checkpoints"),
    *("tests/test_visual_search_page.py", "tests/test_attribution_page.py", "tests/models/test_recording.py"),
    *("tests/explain/maximization/test_shapes_pictures.py", "tests/explain/attribution/test_networks.py"),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file is one worker's, which makes its fixtures once; the longest are taken first."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(_file(item)))
    items.sort(
        key=lambda item: next((n for n, each in enumerate(LONGEST) if _file(item).startswith(each)), 99)
    )


def _file(item: pytest.Item) -> str:
    return item.path.relative_to(ROOT).as_posix()


def is_local(address: Any) -> bool:
    """Whether an address stays on this machine: a path of AF_UNIX, or a loopback host."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Connecting anywhere but to this machine raises, in every test."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """The pages set the threads of a server for all its cores; here each core has a worker of its own."""
    import torch  # reads the number of threads above

    patch = pytest.MonkeyPatch()
    torch.set_num_threads(1)
    patch.setattr(torch, "set_num_threads", lambda _count: None)
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def _own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is kept in the user's store, nor by the servers that tests start."""
    patch = pytest.MonkeyPatch()
    patch.setenv("FEATVIZ_STORE", str(tmp_path_factory.mktemp("store")))
    patch.delenv("FEATVIZ_IMAGES", raising=False)
    yield
    patch.undo()


def _guarded(original: Any) -> Any:
    def connect(self: socket.socket, address: Any) -> Any:
        if not is_local(address):
            raise OSError(f"No test may reach the network, and one tried {address[0]}.")
        return original(self, address)

    return connect


@pytest.fixture(autouse=True)
def _no_trained_networks() -> Iterator[None]:
    """What a test trains stands in no other test's list of networks."""
    yield
    source = sys.modules.get("featviz.training.trained_source")
    if source is not None:
        source._RUNS.clear()
