import contextlib
import hashlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from featviz.errors import BadInput, WeightsUnavailable
from featviz.models.sources.download import download

WEIGHTS = bytes(range(256)) * 4000
DIGEST = hashlib.sha256(WEIGHTS).hexdigest()


class Weights(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/absent":
            self.send_error(404)
            return
        self.send_response(200)
        if self.path != "/unannounced":
            self.send_header("Content-Length", str(len(WEIGHTS)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # the client may have closed early
            self.wfile.write(WEIGHTS[:300_000] if self.path == "/cut" else WEIGHTS)

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Weights) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def fetch(url, path, prefix=DIGEST[:8]):
    return list(download(url, path, sha256_prefix=prefix, timeout=5))


def test_a_file_arrives_whole_and_tells_its_progress(server, tmp_path):
    path = tmp_path / "new" / "weights.pth"
    steps = fetch(server + "/weights", path)
    assert path.read_bytes() == WEIGHTS
    assert list(path.parent.iterdir()) == [path]
    done = [step.done for step in steps[:-1]]
    assert done[0] == 0
    assert done[-1] == steps[-1].done == len(WEIGHTS)
    assert done == sorted(set(done))
    assert {step.total for step in steps} == {len(WEIGHTS)}
    assert [step.result for step in steps] == [None] * len(done) + [path]
    assert 0 <= steps[0].seconds <= steps[-1].seconds


def test_a_server_need_not_announce_the_size(server, tmp_path):
    steps = fetch(server + "/unannounced", tmp_path / "weights.pth", DIGEST)
    assert {step.total for step in steps[:-1]} == {0}
    assert (tmp_path / "weights.pth").read_bytes() == WEIGHTS


@pytest.mark.parametrize(
    ("page", "prefix", "code"),
    [
        ("/weights", "00000000", "hash"),
        ("/weights", DIGEST[:-1] + ("0" if DIGEST[-1] != "0" else "1"), "hash"),
        ("/cut", DIGEST[:8], "offline"),
        ("/cut", hashlib.sha256(WEIGHTS[:300_000]).hexdigest(), "offline"),
        ("/absent", DIGEST[:8], "http"),
    ],
)
def test_a_failed_download_leaves_nothing(server, tmp_path, page, prefix, code):
    with pytest.raises(WeightsUnavailable) as caught:
        fetch(server + page, tmp_path / "weights.pth", prefix)
    assert caught.value.code == code
    assert str(caught.value).endswith(".")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_download_keeps_the_file_that_was_there(server, tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(b"earlier")
    with pytest.raises(WeightsUnavailable):
        fetch(server + "/weights", path, "00000000")
    assert path.read_bytes() == b"earlier"


def test_closing_early_leaves_nothing(server, tmp_path):
    stream = download(server + "/weights", tmp_path / "weights.pth", sha256_prefix=DIGEST[:8])
    assert next(stream).done == 0
    assert next(stream).done > 0
    assert len(list(tmp_path.iterdir())) == 1
    stream.close()
    assert list(tmp_path.iterdir()) == []


def test_without_a_server_the_sentence_says_offline(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(WeightsUnavailable, match="internet") as caught:
        fetch(f"http://127.0.0.1:{port}/weights", tmp_path / "weights.pth")
    assert caught.value.code == "offline"


def test_a_silent_server_times_out(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/weights"
        with pytest.raises(WeightsUnavailable) as caught:
            list(download(url, tmp_path / "weights.pth", sha256_prefix=DIGEST, timeout=0.2))
    assert caught.value.code == "offline"


def test_a_place_that_cannot_be_written_is_named(server, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WeightsUnavailable) as caught:
        fetch(server + "/weights", tmp_path / "file" / "weights.pth")
    assert caught.value.code == "disk"


@pytest.mark.parametrize(
    ("url", "prefix"),
    [("file:///etc/hostname", DIGEST), ("ftp://127.0.0.1/x", DIGEST), ("http://127.0.0.1/x", "")],
)
def test_other_urls_and_missing_hashes_are_refused_at_once(tmp_path, url, prefix):
    with pytest.raises(BadInput):
        download(url, tmp_path / "weights.pth", sha256_prefix=prefix)
