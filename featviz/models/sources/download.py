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
from pathlib import Path
from typing import IO

from featviz.errors import BadInput, WeightsUnavailable
from featviz.progress import Progress

__all__ = ["download"]

_CHUNK = 1 << 18


def download(
    url: str, path: str | os.PathLike[str], *, sha256_prefix: str, timeout: float = 10.0
) -> Iterator[Progress[Path]]:
    """Download a file and yield the progress in bytes; when the generator ends, the file is at `path`.

    It is written beside `path` under another name and renamed after its hash was found right, so `path` never
    holds half a file. Closing the generator early leaves nothing.

    Args:
        url: http or https.
        path: where the file goes; missing folders are made.
        sha256_prefix: the first 8 to 64 hexadecimal digits of the file's SHA-256.
        timeout: seconds the server may be silent.

    Yields:
        how many bytes are there, of a total that is 0 where the server does not say; at last the path.

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


def _stream(url: str, path: Path, sha256_prefix: str, timeout: float) -> Iterator[Progress[Path]]:
    start, done, digest = time.monotonic(), 0, hashlib.sha256()
    with _connect(url, timeout) as response, _beside(path) as part:
        total = response.length
        yield Progress(0, total or 0, seconds=time.monotonic() - start)
        while chunk := _receive(response):
            part.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            yield Progress(done, total or 0, seconds=time.monotonic() - start)
        _check_complete(done, total, digest.hexdigest(), sha256_prefix)
    yield Progress(done, done, result=path, seconds=time.monotonic() - start)


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
