"""What this library uses of torch that is not public, in one place, so that a new torch is checked here.

- `TorchDispatchMode` sees each operation of a thread's pass: what reads what (`dataflow`, `channel_groups`), and
  which generator random operations draw from (`models/isolated_rng`, which also reads operations' schemas).
- `StorageWeakRef` tells memory apart without holding it.
- `torch.ops.mkldnn` has convolutions whose weights are laid out once; `prepacked_weights` compares the first use of
  each with the public convolution and goes back to that where they fail or differ.

Beside these, `torchvision.transforms._presets` gives the class of its networks' preprocessing (`models/sources`), and
`captum._utils` LIME's linear model (`explain/attribution/surrogates`). Nothing else is imported from private modules
of the three.
"""

from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["MKLDNN", "StorageWeakRef", "TorchDispatchMode"]

MKLDNN: Any = torch.ops.mkldnn
