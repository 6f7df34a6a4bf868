"""GradientSHAP: expected gradients of an image that is itself noisy."""

from collections.abc import Iterator
from typing import Annotated

from torch import Tensor

from featviz.explain.attribution.baselines import Baseline
from featviz.explain.attribution.gradients import path_gradients
from featviz.explain.attribution.registry import GRADIENT, METHODS, Partial, Seed
from featviz.explain.targets.units import Target
from featviz.models.model import Model
from featviz.registry import Level, Preset, Range, SumsTo


@METHODS.register(
    "GradientSHAP",
    reference="Lundberg & Lee 2017, arXiv:1705.07874; captum's form",
    passes=lambda *_, samples, **__: GRADIENT * samples,
    sums_to=SumsTo("f(x) - f(baseline)", drawn=True, unless="only many samples come near"),
    presets={
        "quick": Preset({"samples": 12}),
        "paper": Preset({"samples": 200}, "Lundberg and Lee's package shap: 200 samples."),
        "careful": Preset({"samples": 500}),
    },
    lesson="attribution/gradient_shap.md",
)
def gradient_shap(
    model: Model,
    x: Tensor,
    target: Target,
    *,
    samples: Annotated[int, Range(1, 1000), Level("more")] = 50,
    noise: Annotated[float, Range(0, 1), Level("all")] = 0.1,
    baseline: Baseline = "median",
    seed: Seed = 0,
) -> Iterator[Partial]:
    """The gradient at random points between a baseline and the noisy image, times the way.

    Without noise on the image these are expected gradients. captum's own draws from the generators that
    everybody shares; this is its estimator with a generator of its own.

    Args:
        samples: how many points; the error falls with their root.
        noise: deviation of the Gaussian noise on the image, as a part of its range of values.
        baseline: what the image is compared with; noise and colours are drawn anew for each point, images of
            one's own (K, C, H, W) are drawn from.
        seed: of the points, the baselines and the noise.
    """
    return path_gradients(model, x, target, samples=samples, noise=noise, baseline=baseline, seed=seed)
