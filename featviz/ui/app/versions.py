"""Libraries that are too old to be trusted with users' files; asked without importing any of them."""

import logging
import re
import sys
from importlib.metadata import version

__all__ = ["OLDEST", "check_versions"]

OLDEST = {
    "torch": (2, 10),
    "torchvision": (0, 25),
    "streamlit": (1, 67),
    "pillow": (12, 3),
    "safetensors": (0, 4),
}


def check_versions() -> None:
    """Refuse to serve with a library that has known holes.

    Raises:
        RuntimeError: which library, and what to do.
    """
    for name, oldest in OLDEST.items():
        installed = tuple(int(part) for part in re.findall(r"\d+", version(name))[:2])
        if installed < oldest:
            raise RuntimeError(
                f"featviz needs {name} {'.'.join(map(str, oldest))} or newer, and {version(name)} is installed: "
                "remove .venv and run `make run` again."
            )
    if sys.version_info < (3, 11, 8):
        logging.getLogger(__name__).warning(
            "This Python reads zip archives with a fault that 3.11.8 mends: update it before strangers may upload "
            "archives. For one's own use nothing is amiss."
        )
