"""The sandbox: a short-lived process that turns an untrusted PyTorch file into safetensors.

Unpickling with `weights_only=True` runs no foreign code, yet a file of 750 bytes can hold the interpreter's
lock for ever and one of 500 bytes can ask for gigabytes. So it happens here, in a process with little memory,
little time and nothing to lose. Run as

    python -P sandbox_worker.py SOURCE TARGET SECONDS

it imports nothing of featviz and answers with one JSON object: `{"code": "ok", "wrapper": "state_dict",
"settings": {}}`, or the code of a refusal. Texts of PyTorch's errors never leave it: they advise to load the
file unsafely.
"""

import contextlib
import json
import math
import signal
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

_MAX_BYTES = 1 << 30
_MAX_TENSORS = 20_000
_MAX_ENTRIES = 4 * _MAX_TENSORS
_MAX_PICKLE = 16 << 20
_MAX_NAME = 512
_MEMORY = 3 << 30
_MAX_SETTINGS = 400
_MAX_WORD = 64
_MAX_LIST = 8
_MAX_DEPTH = 3
_WRAPPERS = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "weights",
    "params",
    "module",
    "ema_state_dict",
    "state_dict_ema",
    "model_ema",
    "ema",
    "teacher",
    "student",
)


class Refused(Exception):
    """The file is not converted; its message is the code."""


def main(source: str, target: str, seconds: str) -> None:
    """Convert a file and report on standard output."""
    _limit(int(seconds))
    report: dict[str, Any] = {"code": "ok", "wrapper": "", "settings": {}}
    try:
        loaded = _load(Path(source))
        report["settings"] = plain_settings(loaded)
        tensors, report["wrapper"] = find_weights(loaded)
        save_file(plain_tensors(tensors), target)
    except Refused as refusal:
        report["code"] = str(refusal)
    except Exception as error:
        report["code"] = _reason(error)
    sys.stdout.write(json.dumps(report))


def _limit(seconds: int) -> None:
    """Let the system end this process: a hanging unpickler cannot be interrupted from inside."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)
    with contextlib.suppress(
        ImportError, OSError, ValueError
    ):  # where the system offers less, time still ends
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        spent = math.ceil(time.process_time())  # importing torch alone may take more than the file is given
        resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, spent + seconds + 1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_BYTES + _MAX_PICKLE,) * 2)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + _MEMORY,) * 2)


def _load(source: Path) -> Any:
    if zipfile.is_zipfile(source):
        check_zip(source)
    try:
        return torch.load(source, map_location="cpu", weights_only=True)
    except Exception as error:  # six unrelated types were seen, from KeyError to OSError
        raise Refused(_reason(error)) from None


def _reason(error: Exception) -> str:
    text = str(error)
    if isinstance(error, MemoryError) or "allocate memory" in text:
        return "memory"
    return "objects" if "GLOBAL" in text or "nsupported class" in text else "damaged"


def check_zip(source: Path) -> None:
    """Refuse what torch.save never writes, before torch reads the archive."""
    try:
        with zipfile.ZipFile(source) as archive:
            _check_entries(archive.infolist(), source.stat().st_size)
            if archive.testzip() is not None:
                raise Refused("damaged")
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
        raise Refused("damaged") from None


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    names = [entry.filename for entry in entries]
    pickles = [entry for entry in entries if entry.filename.endswith("/data.pkl")]
    if any(name.endswith("/constants.pkl") or "/code/" in name for name in names):
        raise Refused("torchscript")
    if not pickles:
        raise Refused("no_weights")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise Refused("compressed")
    if len(set(names)) < len(names) or len(pickles) > 1 or sum(entry.file_size for entry in entries) > size:
        raise Refused("damaged")
    if len(entries) > _MAX_ENTRIES or pickles[0].file_size > _MAX_PICKLE:
        raise Refused("too_many_tensors")


def find_weights(loaded: Any) -> tuple[dict[Any, Any], str]:
    """Find the weights in what was loaded, and under which well-known name they lay ("" for none)."""
    if not isinstance(loaded, dict):
        raise Refused("no_weights")
    if any(isinstance(value, torch.Tensor) for value in loaded.values()):
        return loaded, ""
    for wrapper in _WRAPPERS:
        inner = loaded.get(wrapper)
        if isinstance(inner, dict) and any(isinstance(value, torch.Tensor) for value in inner.values()):
            return inner, wrapper
    raise Refused("no_weights")


def plain_settings(loaded: Any) -> dict[str, Any]:
    """The numbers and words that lie beside the weights, as far as they are plain; lists and texts are short."""
    room = [_MAX_SETTINGS]
    plain = _plain(loaded, _MAX_DEPTH, room) if type(loaded) is dict else {}
    return plain if isinstance(plain, dict) else {}


def _plain(value: Any, depth: int, room: list[int]) -> Any:
    """The value in JSON's kinds, None for whatever else it is; `room` counts down the values that may still come."""
    room[0] -= 1
    if room[0] < 0:
        return None
    if type(value) in (bool, int, float) or (type(value) is str and len(value) <= _MAX_WORD):
        return value if not isinstance(value, float) or math.isfinite(value) else None
    if type(value) in (list, tuple) and len(value) <= _MAX_LIST:
        return [_plain(each, 0, room) for each in value]
    if isinstance(value, dict) and depth > 0:
        words = [(name, each) for name, each in value.items() if type(name) is str and len(name) <= _MAX_WORD]
        found = {name: _plain(each, depth - 1, room) for name, each in words if not _is_tensor(each)}
        return {name: each for name, each in found.items() if each is not None}
    return None


def _is_tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def plain_tensors(tensors: dict[Any, Any]) -> dict[str, torch.Tensor]:
    """Check each tensor and copy it into memory of its own; the source is emptied on the way."""
    if len(tensors) > _MAX_TENSORS:
        raise Refused("too_many_tensors")
    room = _MAX_BYTES
    plain = {}
    for name in list(tensors):
        tensor = tensors.pop(name)
        if type(name) is not str or len(name) > _MAX_NAME:
            raise Refused("names")
        _check_tensor(tensor)
        room -= tensor.numel() * tensor.element_size()
        if room < 0:
            raise Refused("too_big")
        plain[name] = tensor.detach().clone(memory_format=torch.contiguous_format)
    return plain


def _check_tensor(tensor: Any) -> None:
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter):
        raise Refused("no_tensor")
    if tensor.layout is not torch.strided or tensor.device.type != "cpu":
        raise Refused("layout")
    if tensor.is_quantized or tensor.is_complex():
        raise Refused("numbers")
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise Refused("layout")  # an expanded view: four bytes can stand for a terabyte


if __name__ == "__main__":
    main(*sys.argv[1:])
