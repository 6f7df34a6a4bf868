"""What the server does once: set its threads, and keep the collector off loaded networks."""

import gc
import sys
import threading

import torch

from featviz.ui.state.scheduler import CORES, SCHEDULER

__all__ = ["prepare_process", "settle"]

_SWITCH = 0.0005
_lock = threading.Lock()
_prepared = False


def prepare_process() -> None:
    """Set the number of threads and hide what is loaded from the collector, at the first call alone."""
    global _prepared
    with _lock:
        if _prepared:
            return
        # a pass asks for the interpreter hundreds of times, and waits so long for it each time beside busy pages
        sys.setswitchinterval(_SWITCH)
        torch.set_num_threads(max(1, CORES // SCHEDULER.heavy))
        settle()
        _prepared = True


def settle() -> None:
    """Hide everything loaded so far from the collector, which would hold the interpreter to walk it.

    What was hidden before is looked through once more: ended sessions would stay in memory otherwise.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
