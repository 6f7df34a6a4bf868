"""The registries of training: networks that can be trained here, and methods of training them."""

from __future__ import annotations

from featviz.registry import Registry

__all__ = ["NETWORKS", "TRAINING_METHODS"]

NETWORKS = Registry("network to train")
"""Functions (inputs: InputShape, outputs: int, *, options) -> nn.Module whose weights are drawn afterwards."""

TRAINING_METHODS = Registry("training method")
"""Functions (network: nn.Module, data: TrainingData, *, options) -> Task."""
