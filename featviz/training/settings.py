"""The settings that every training method shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from featviz.parameter import Level, Range
from featviz.registry import Registry
from featviz.training.initialize import Initialization

__all__ = ["SETTINGS", "Augmentation", "Optimizer", "Schedule", "Settings", "settings"]

Optimizer = Literal["adamw", "adam", "sgd"]
Schedule = Literal["one_cycle", "cosine", "constant"]
Augmentation = Literal["none", "shift", "mirror", "crop", "crop_and_recolor"]


@dataclass(frozen=True)
class Settings:
    """The settings of a run, checked."""

    optimizer: Optimizer
    rate: float
    schedule: Schedule
    batch: int
    weight_decay: float
    l1: float
    augmentation: Augmentation
    clip: float
    initialization: Initialization


SETTINGS = Registry("group of settings")
"""The settings that all methods share, as a registered function whose keywords are controls."""


@SETTINGS.register("Settings", reference="Loshchilov and Hutter 2019, arXiv:1711.05101")
def settings(
    *,
    rate: Annotated[float, Range(0, 1e6)] = 3e-3,
    batch: Annotated[int, Range(1, 4096)] = 64,
    optimizer: Optimizer = "adamw",
    schedule: Annotated[Schedule, Level("more")] = "one_cycle",
    augmentation: Annotated[Augmentation, Level("more")] = "none",
    weight_decay: Annotated[float, Range(0, 10), Level("more")] = 0.01,
    l1: Annotated[float, Range(0, 1), Level("all")] = 0.0,
    clip: Annotated[float, Range(0, 1e6), Level("all")] = 0.0,
    initialization: Annotated[Initialization, Level("all")] = "default",
) -> Settings:
    """Settings of a run.

    Args:
        rate: learning rate, the highest of its schedule.
        batch: images in one step.
        optimizer: AdamW (Loshchilov and Hutter 2019), Adam (Kingma and Ba 2015), or SGD with momentum 0.9.
        schedule: one_cycle rises over the first fifth of the steps and falls by a cosine (Smith 2018); cosine falls
            from the first step on; constant does neither.
        augmentation: random changes of each training image: shifted by up to an eighth, mirrored too, or a random
            crop of 40 to 100 % scaled to the image's size, mirrored, with brightness, contrast, saturation and the
            order of channels changed.
        weight_decay: by which weights shrink in each step, times the learning rate.
        l1: the sum of the absolute weights times this is added to the loss, which drives weights to zero.
        clip: gradients whose norm is larger are scaled down to it; 0 for never.
        initialization: how the weights of a network that is trained from scratch begin: default is He et al. 2015 for
            convolutions and Glorot and Bengio 2010 for linear layers, small a standard deviation of 0.01.
    """
    return Settings(optimizer, rate, schedule, batch, weight_decay, l1, augmentation, clip, initialization)
