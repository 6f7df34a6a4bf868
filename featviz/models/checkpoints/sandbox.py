"""Handing an untrusted PyTorch file to the sandbox process, one at a time, and putting its refusals into words."""

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from featviz.errors import BadCheckpoint, Busy

__all__ = ["convert_checkpoint"]

_WORKER = Path(__file__).with_name("sandbox_worker.py")
_START_SECONDS = 60.0  # how long the process may take to import torch before its own clock starts
_BYTES_PER_SECOND = 20 << 20  # what a busy machine converts at least; a large file gets this much longer
_TURN = threading.BoundedSemaphore(1)
_OUT_OF_TIME = {getattr(signal, name, None) for name in ("SIGALRM", "SIGXCPU")}
_SAVE_AGAIN = "save model.state_dict() with torch.save, or as safetensors, and open that file"
_SENTENCES = {
    "objects": (
        "This file holds Python objects beside the numbers, such as a whole model or its settings, and "
        f"opening those could run foreign code: {_SAVE_AGAIN}."
    ),
    "torchscript": f"This is a TorchScript program, not a file of weights: {_SAVE_AGAIN}.",
    "no_weights": f"No weights were found in this file: {_SAVE_AGAIN}.",
    "no_tensor": f"Something among the weights in this file is not a plain tensor: {_SAVE_AGAIN}.",
    "names": f"The weights in this file have no usable names: {_SAVE_AGAIN}.",
    "layout": f"This file holds sparse or expanded tensors, or ones without values: {_SAVE_AGAIN}.",
    "numbers": "This file holds quantised or complex numbers: save the network in float32 and open that.",
    "compressed": "This archive is compressed, unlike PyTorch's files: unpack it and open what it holds.",
    "damaged": "This checkpoint is damaged or cut short: copy or download it again.",
    "too_many_tensors": f"This file holds far more tensors than networks have: {_SAVE_AGAIN}.",
    "too_big": "The weights in this file exceed 1 GB, the most that is read: choose a smaller network.",
    "memory": f"Opening this file took more memory than a checkpoint may take: {_SAVE_AGAIN}.",
    "slow": f"Opening this file took longer than a checkpoint may take: {_SAVE_AGAIN}.",
}


def convert_checkpoint(data: bytes, timeout: float) -> tuple[bytes, str, dict[str, Any]]:
    """Turn a `.pt`, `.pth` or `.ckpt` into safetensors in a process that is ended when its time is over.

    Args:
        data: the untrusted file.
        timeout: seconds for the conversion, and one more for each 20 MB; also for waiting until an earlier one
            is over.

    Returns:
        The safetensors file, the name under which the weights lay ("" for none), and the plain numbers and words
        that lay beside them.

    Raises:
        BadCheckpoint: the file holds no plain weights, or takes too much time or memory.
        Busy: another conversion did not end in time, or there is no room on the disk.
    """
    if not _TURN.acquire(timeout=timeout):
        raise Busy("Another checkpoint is being read just now: try again in a moment.", code="converting")
    try:
        with tempfile.TemporaryDirectory(prefix="featviz-", ignore_cleanup_errors=True) as folder:
            return _convert(data, Path(folder), timeout)
    except OSError as error:
        raise Busy(
            f"There is no room to open this file just now ({error.strerror}): try again later.", code="disk"
        ) from error
    finally:
        _TURN.release()


def _convert(data: bytes, folder: Path, timeout: float) -> tuple[bytes, str, dict[str, Any]]:
    source, target = folder / "source", folder / "target"
    source.write_bytes(data)
    report = _run(source, target, timeout + len(data) / _BYTES_PER_SECOND)
    code = report["code"]
    if code != "ok":
        raise BadCheckpoint(_SENTENCES[code], code=code)
    return target.read_bytes(), report["wrapper"], report["settings"]


def _run(source: Path, target: Path, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-P", str(_WORKER), str(source), str(target), str(math.ceil(seconds))]
    try:
        process = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
            timeout=seconds + _START_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"code": "slow"}
    if process.returncode == 0:
        return json.loads(process.stdout)  # type: ignore[no-any-return]
    return {"code": "slow" if -process.returncode in _OUT_OF_TIME else "memory"}
