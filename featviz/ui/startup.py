"""What the server does once: refuse libraries with known holes, and keep the collector off loaded networks."""

import gc
import re
import sys
import threading
from importlib.metadata import version

import streamlit as st
import torch

from featviz.ui.jobs import CORES, GATE

__all__ = ["prepare_process", "settle"]

_OLDEST = {
    "torch": (2, 10),
    "torchvision": (0, 25),
    "streamlit": (1, 67),
    "pillow": (12, 3),
    "safetensors": (0, 4),
}
_lock = threading.Lock()
_prepared = False


def prepare_process() -> None:
    """Check the libraries and set the number of threads, at the first call alone.

    Raises:
        RuntimeError: a library is older than what is safe with visitors' files.
    """
    global _prepared
    with _lock:
        if _prepared:
            return
        for name, oldest in _OLDEST.items():
            found = tuple(int(part) for part in re.findall(r"\d+", version(name))[:2])
            if found < oldest:
                raise RuntimeError(f"featviz needs {name} {'.'.join(map(str, oldest))} or newer.")
        if sys.version_info < (3, 11, 8):
            st.logger.get_logger(__name__).warning("Python 3.11.8 or newer closes a hole in zip archives.")
        torch.set_num_threads(max(1, CORES // GATE.slots))
        settle()
        _prepared = True


def settle() -> None:
    """Hide everything loaded so far from the collector, which would hold the interpreter to walk it.

    What was hidden before is looked through once more: ended sessions would stay in memory otherwise.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
