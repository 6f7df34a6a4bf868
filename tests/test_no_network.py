"""The guard that keeps the whole suite off the network lets local sockets pass."""

import socket
from pathlib import Path

import pytest


def test_connecting_elsewhere_raises_before_anything_is_sent() -> None:
    with socket.socket() as client, pytest.raises(OSError, match="No test may reach the network"):
        client.connect(("192.0.2.1", 80))


def test_connecting_to_this_machine_works() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_connecting_to_a_path_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind("here")
        server.listen()
        client.connect("here")
        assert client.getpeername() == "here"
