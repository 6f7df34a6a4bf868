"""Methods that read the gradient at the image, near it, or on a path from a baseline to it."""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from featviz.explain.attribution.baselines import Baseline, baseline_count, baseline_images
from featviz.explain.attribution.registry import GRADIENT, METHODS, Partial, Seed
from featviz.explain.targets.score import TargetScore, batch_size_for, batches, seeded_generator
from featviz.explain.targets.units import Target
from featviz.models.model import Model
from featviz.registry import Level, Preset, Range, SumsTo


@METHODS.register(
    "Gradient (saliency)",
    reference="Simonyan et al. 2014, arXiv:1312.6034",
    passes=GRADIENT,
    lesson="attribution/gradient.md",
)
def gradient(model: Model, x: Tensor, target: Target) -> Tensor:
    """How the target changes with each pixel, by how much a unit: the gradient, signed."""
    return TargetScore(model, target).gradient(x)[0]


@METHODS.register(
    "Input × gradient",
    reference="Shrikumar et al. 2016, arXiv:1605.01713",
    passes=GRADIENT,
    sums_to=SumsTo("f(x)", unless="a network's biases keep their share"),
    lesson="attribution/input_x_gradient.md",
)
def input_x_gradient(model: Model, x: Tensor, target: Target) -> Tensor:
    """The gradient times the normalised image; on a ReLU network without biases it sums to the target."""
    return TargetScore(model, target).gradient(x)[0] * x[0]


@METHODS.register(
    "SmoothGrad",
    reference="Smilkov et al. 2017, arXiv:1706.03825",
    passes=lambda *_, samples, **__: GRADIENT * samples,
    presets={
        "quick": Preset({"samples": 8}),
        "paper": Preset(
            {"samples": 50, "noise": 0.15},
            "Smilkov et al. 2017: noise of 10 to 20% of the range; beyond 50 samples little changes.",
        ),
        "careful": Preset({"samples": 100}),
    },
    lesson="attribution/smoothgrad.md",
)
def smoothgrad(
    model: Model,
    x: Tensor,
    target: Target,
    *,
    samples: Annotated[int, Range(1, 128), Level("more")] = 25,
    noise: Annotated[float, Range(0, 1), Level("more")] = 0.15,
    seed: Seed = 0,
) -> Iterator[Partial]:
    """The gradient averaged over noisy copies of the image; signed, not squared.

    Args:
        samples: how many noisy copies.
        noise: deviation of the Gaussian noise, as a part of the image's range of values.
        seed: of the noise.
    """
    score, total = TargetScore(model, target), torch.zeros_like(x[0])
    generator = seeded_generator(seed)
    deviation = noise * (x.max() - x.min())
    for start, size in batches(samples, batch_size_for(x)):
        normal = torch.randn((size, *x.shape[1:]), generator=generator, dtype=x.dtype).to(x.device)
        total = total + score.summed_gradient(x + deviation * normal)
        yield Partial(start + size, samples, total / (start + size))


@METHODS.register(
    "Integrated gradients",
    reference="Sundararajan et al. 2017, arXiv:1703.01365",
    passes=lambda *_, steps, baseline, samples, **__: GRADIENT * steps * baseline_count(baseline, samples),
    sums_to=SumsTo("f(x) - f(baseline)", steps="steps"),
    presets={
        "quick": Preset({"steps": 12}),
        "paper": Preset(
            {"steps": 100, "baseline": "black"},
            "Sundararajan et al. 2017: a black image as baseline, 20 to 300 steps.",
        ),
        "careful": Preset({"steps": 200}),
    },
    lesson="attribution/integrated_gradients.md",
)
def integrated_gradients(
    model: Model,
    x: Tensor,
    target: Target,
    *,
    steps: Annotated[int, Range(1, 1000), Level("more")] = 50,
    baseline: Baseline = "median",
    samples: Annotated[int, Range(1, 32), Level("all")] = 4,
    seed: Seed = 0,
) -> Iterator[Partial]:
    """The gradient along the straight way from a baseline, times the way: sums to f(x) - f(baseline).

    Args:
        steps: nodes of the Gauss-Legendre quadrature.
        baseline: what the image is compared with; the paper takes black, which is blind to what is black.
        samples: over how many baselines to average, where they are drawn: noise or colours.
        seed: of what is drawn.
    """
    score, total = TargetScore(model, target), torch.zeros_like(x[0])
    baselines = baseline_images(model, x, baseline, generator=seeded_generator(seed), count=samples)
    nodes, weights = (torch.from_numpy(array).to(x) for array in np.polynomial.legendre.leggauss(steps))
    nodes, weights, work = (1 + nodes) / 2, weights / 2, steps * len(baselines)
    for number, baseline_image in enumerate(baselines):
        for first, size in batches(steps, batch_size_for(x)):
            part = slice(first, first + size)
            path = x - baseline_image
            points = baseline_image + nodes[part, None, None, None] * path
            total = total + score.summed_gradient(points, weights[part]) * path[0]
            yield Partial(number * steps + first + size, work, total / len(baselines))


@METHODS.register(
    "Expected gradients",
    reference="Erion et al. 2021, arXiv:1906.10670",
    passes=lambda *_, samples, **__: GRADIENT * samples,
    sums_to=SumsTo("f(x) - f(baseline)", drawn=True, unless="only many samples come near"),
    presets={"quick": Preset({"samples": 24}), "careful": Preset({"samples": 1000})},
    lesson="attribution/expected_gradients.md",
)
def expected_gradients(
    model: Model,
    x: Tensor,
    target: Target,
    *,
    samples: Annotated[int, Range(1, 1000), Level("more")] = 100,
    baseline: Baseline = "colors",
    seed: Seed = 0,
) -> Iterator[Partial]:
    """Integrated gradients from many baselines, each at one random point of the way.

    Args:
        samples: how many points; the error falls with their root.
        baseline: colours or noise drawn anew for each point, or images of one's own (K, C, H, W) to draw from.
        seed: of the points and the baselines.
    """
    return path_gradients(model, x, target, samples=samples, noise=0.0, baseline=baseline, seed=seed)


def path_gradients(
    model: Model, x: Tensor, target: Target, *, samples: int, noise: float, baseline: Baseline, seed: int
) -> Iterator[Partial]:
    """The mean, over random points between random baselines and the image, of the gradient times (image - baseline).

    Arguments as `expected_gradients`; the image's own noise has the standard deviation `noise`, as a part of its range.
    """
    score, total = TargetScore(model, target), torch.zeros_like(x[0])
    generator, deviation = seeded_generator(seed), noise * (x.max() - x.min())
    for start, size in batches(samples, batch_size_for(x)):
        ends = x
        if noise:
            normal = torch.randn((size, *x.shape[1:]), generator=generator, dtype=x.dtype).to(x.device)
            ends = x + deviation * normal
        baselines = baseline_images(model, x, baseline, generator=generator, count=size)
        baselines = baselines[torch.randint(len(baselines), (size,), generator=generator)]
        positions = torch.rand((size, 1, 1, 1), generator=generator, dtype=x.dtype).to(x.device)
        path = ends - baselines
        total = total + (score.gradient(baselines + positions * path) * path).sum(0)
        yield Partial(start + size, samples, total / (start + size))
