"""Options of all methods chosen together: to look quickly, as the papers did, or with care."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["PRESETS", "Preset"]


@dataclass(frozen=True)
class Preset:
    """Options that belong together.

    Attributes:
        name: as people read it.
        sentence: what it is for.
        options: by method's id; a method that is not named keeps its defaults.
        origins: by method's id, where its options come from.
    """

    name: str
    sentence: str
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)


PRESETS: dict[str, Preset] = {
    "standard": Preset(
        "Standard",
        "The methods' defaults here: enough steps and samples for most pictures.",
    ),
    "quick": Preset(
        "Quick look",
        "Few steps and samples, for a first impression: the maps are rough, and the sums are off.",
        {
            "smoothgrad": {"samples": 8},
            "integrated_gradients": {"steps": 12},
            "expected_gradients": {"samples": 24},
            "gradient_shap": {"samples": 12},
            "occlusion": {"stride": 16},
            "rise": {"masks": 200},
            "lime": {"samples": 150},
            "kernel_shap": {"samples": 150},
        },
    ),
    "paper": Preset(
        "Paper defaults",
        "What each method's own authors took, in their paper or package; the others keep their defaults.",
        {
            "smoothgrad": {"samples": 50, "noise": 0.15},
            "integrated_gradients": {"steps": 100, "baseline": "black"},
            "gradient_shap": {"samples": 200},
            "occlusion": {"baseline": "mean"},
            "rise": {"masks": 4000, "cells": 7, "shown": 0.5},
            "lime": {"samples": 1000},
            "kernel_shap": {"samples": 2176},
        },
        {
            "smoothgrad": "Smilkov et al. 2017: noise of 10 to 20 % of the range; beyond 50 samples little changes.",
            "integrated_gradients": "Sundararajan et al. 2017: a black picture as baseline, 20 to 300 steps.",
            "gradient_shap": "Lundberg and Lee's package shap: 200 samples.",
            "grad_cam": "Selvaraju et al. 2017: the last convolutional layer, positive part.",
            "occlusion": "Zeiler and Fergus 2014: a grey square; here it has the picture's mean colour.",
            "rise": "Petsiuk et al. 2018: 7 x 7 cells, half of them shown, 4000 masks for VGG16.",
            "lime": "Ribeiro et al.'s package lime: 1000 samples for a picture.",
            "kernel_shap": "Lundberg and Lee's package shap: 2 x 64 + 2048 samples for 64 cells.",
        },
    ),
    "careful": Preset(
        "Careful",
        "Many steps and samples, so that a second run would draw the same: minutes on a large network.",
        {
            "smoothgrad": {"samples": 100},
            "integrated_gradients": {"steps": 200},
            "expected_gradients": {"samples": 1000},
            "gradient_shap": {"samples": 500},
            "occlusion": {"stride": 4},
            "rise": {"masks": 4000},
            "lime": {"samples": 2000},
            "kernel_shap": {"samples": 4000},
        },
    ),
}
"""By id. Integrated gradients' quadrature is the same in each: Gauss-Legendre."""
