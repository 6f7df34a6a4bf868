"""Downloading pretrained weights: streamed, verified, and in place only when complete."""

import contextlib
import hashlib
import http.client
import os
import re
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from featviz.errors import BadInput, WeightsUnavailable

__all__ = ["DownloadProgress", "download"]

_CHUNK = 1 << 18


@dataclass(frozen=True)
class DownloadProgress:
    """How far a download is.

    Attributes:
        done_bytes: received so far.
        total_bytes: announced by the server, None where it does not say.
        seconds: since the start.
    """

    done_bytes: int
    total_bytes: int | None
    seconds: float


def download(
    url: str, path: str | os.PathLike[str], *, sha256_prefix: str, timeout: float = 10.0
) -> Iterator[DownloadProgress]:
    """Download a file, telling the progress on the way; when the generator ends, the file is in place.

    It is written beside `path` under another name and renamed after its hash was found right, so `path` never
    holds half a file. Closing the generator early leaves nothing.

    Args:
        url: http or https.
        path: where the file goes; missing folders are made.
        sha256_prefix: the first 8 to 64 hexadecimal digits of the file's SHA-256.
        timeout: seconds the server may be silent.

    Raises:
        BadInput: another kind of URL, or no hash.
        WeightsUnavailable: with a code `offline`, `http`, `hash` or `disk`.
    """
    if not url.startswith(("http://", "https://")):
        raise BadInput("Weights are downloaded by http and https only.", code="url")
    if not re.fullmatch("[0-9a-f]{8,64}", sha256_prefix):
        raise BadInput(
            "A download needs 8 to 64 hexadecimal digits of the file's SHA-256.", code="sha256_prefix"
        )
    return _stream(url, Path(path), sha256_prefix, timeout)


def _stream(url: str, path: Path, sha256_prefix: str, timeout: float) -> Iterator[DownloadProgress]:
    start, done, digest = time.monotonic(), 0, hashlib.sha256()
    with _connect(url, timeout) as response, _beside(path) as part:
        total = response.length
        yield DownloadProgress(0, total, time.monotonic() - start)
        while chunk := _receive(response):
            part.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            yield DownloadProgress(done, total, time.monotonic() - start)
        _check_complete(done, total, digest.hexdigest(), sha256_prefix)


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[IO[bytes]]:
    """A file in the same folder that takes the name `path` at the end, or is removed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as part:
                yield part
                part.flush()
                os.fsync(handle)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise WeightsUnavailable(
            f"The weights cannot be stored on this machine ({error.strerror}): make room on its disk.",
            code="disk",
        ) from error


def _connect(url: str, timeout: float) -> http.client.HTTPResponse:
    try:
        return urllib.request.urlopen(url, timeout=timeout)  # type: ignore[no-any-return]  # noqa: S310 - http(s)
    except urllib.error.HTTPError as error:
        error.close()
        raise WeightsUnavailable(
            f"The server of the weights answered {error.code} ({error.reason}): try again later.", code="http"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise WeightsUnavailable(
            "The weights are not on this machine, and their server cannot be reached: connect to the "
            "internet and try again.",
            code="offline",
        ) from error


def _receive(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read(_CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _cut() from error


def _check_complete(done: int, total: int | None, digest: str, sha256_prefix: str) -> None:
    if total is not None and done < total:
        raise _cut()
    if not digest.startswith(sha256_prefix):
        raise WeightsUnavailable(
            "The downloaded weights are not the announced file (their SHA-256 differs) and were thrown away: "
            "try again, or from another connection.",
            code="hash",
        )


def _cut() -> WeightsUnavailable:
    return WeightsUnavailable(
        "The connection broke while the weights were coming: try again.", code="offline"
    )
