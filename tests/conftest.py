"""What holds for the whole suite: no network, one computing thread, a store of its own."""

import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

# Small networks on shared cores: a second thread would wait for the first far longer than it helps.
os.environ.setdefault("OMP_NUM_THREADS", "1")


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
