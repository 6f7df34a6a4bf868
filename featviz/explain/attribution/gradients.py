"""Methods that read the gradient at the picture, near it, or on the way to it."""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from featviz.explain.attribution.baselines import Baseline, baseline_count, baseline_pictures
from featviz.explain.attribution.registry import GRADIENT, METHODS, Partial, Seed
from featviz.explain.targets.score import Scores, batches, pictures_a_pass, private
from featviz.explain.targets.units import Target
from featviz.models.model import Model
from featviz.registry import Preset, Range, SumsTo


@METHODS.register(
    "Gradient (saliency)",
    reference="Simonyan et al. 2014, arXiv:1312.6034",
    passes=GRADIENT,
    lesson="attribution/gradient.md",
)
def gradient(model: Model, x: Tensor, target: Target) -> Tensor:
    """How the target changes with each pixel, by how much a unit: the gradient, signed."""
    return Scores(model, target).gradient(x)[0]


@METHODS.register(
    "Input x gradient",
    reference="Shrikumar et al. 2016, arXiv:1605.01713",
    passes=GRADIENT,
    sums_to=SumsTo("f(x)", unless="a network's biases keep their share"),
    lesson="attribution/input_x_gradient.md",
)
def input_x_gradient(model: Model, x: Tensor, target: Target) -> Tensor:
    """The gradient times the normalised picture; on a ReLU network without biases it sums to the target."""
    return Scores(model, target).gradient(x)[0] * x[0]


@METHODS.register(
    "SmoothGrad",
    reference="Smilkov et al. 2017, arXiv:1706.03825",
    passes=lambda *_, samples, **__: GRADIENT * samples,
    presets={
        "quick": Preset({"samples": 8}),
        "paper": Preset(
            {"samples": 50, "noise": 0.15},
            "Smilkov et al. 2017: noise of 10 to 20 % of the range; beyond 50 samples little changes.",
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
    samples: Annotated[int, Range(1, 128)] = 25,
    noise: Annotated[float, Range(0, 1)] = 0.15,
    seed: Seed = 0,
) -> Iterator[Partial]:
    """The gradient averaged over noisy copies of the picture; signed, not squared.

    Args:
        samples: how many noisy copies.
        noise: deviation of the Gaussian noise, as a part of the picture's range of values.
        seed: of the noise.
    """
    scores, total = Scores(model, target), torch.zeros_like(x[0])
    generator = private(seed)
    deviation = noise * (x.max() - x.min())
    for start, size in batches(samples, pictures_a_pass(x)):
        normal = torch.randn((size, *x.shape[1:]), generator=generator, dtype=x.dtype).to(x.device)
        total = total + scores.summed_gradient(x + deviation * normal)
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
            "Sundararajan et al. 2017: a black picture as baseline, 20 to 300 steps.",
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
    steps: Annotated[int, Range(1, 1000)] = 50,
    baseline: Baseline = "median",
    samples: Annotated[int, Range(1, 32)] = 4,
    seed: Seed = 0,
) -> Iterator[Partial]:
    """The gradient along the straight way from a baseline, times the way: sums to f(x) - f(baseline).

    Args:
        steps: nodes of the Gauss-Legendre quadrature.
        baseline: what the picture is compared with; the paper takes black, which is blind to what is black.
        samples: over how many baselines to average, where they are drawn: noise or colours.
        seed: of what is drawn.
    """
    scores, total = Scores(model, target), torch.zeros_like(x[0])
    starts = baseline_pictures(model, x, baseline, generator=private(seed), count=samples)
    nodes, weights = (torch.from_numpy(array).to(x) for array in np.polynomial.legendre.leggauss(steps))
    nodes, weights, work = (1 + nodes) / 2, weights / 2, steps * len(starts)
    for number, begin in enumerate(starts):
        for first, size in batches(steps, pictures_a_pass(x)):
            part = slice(first, first + size)
            way = x - begin
            points = begin + nodes[part, None, None, None] * way
            total = total + scores.summed_gradient(points, weights[part]) * way[0]
            yield Partial(number * steps + first + size, work, total / len(starts))


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
    samples: Annotated[int, Range(1, 1000)] = 100,
    baseline: Baseline = "colours",
    seed: Seed = 0,
) -> Iterator[Partial]:
    """Integrated gradients from many baselines, each at one random point of the way.

    Args:
        samples: how many points; the error falls with their root.
        baseline: colours or noise drawn anew for each point, or pictures of one's own (K, C, H, W) to draw from.
        seed: of the points and the baselines.
    """
    return slopes_on_the_way(model, x, target, samples=samples, noise=0.0, baseline=baseline, seed=seed)


def slopes_on_the_way(
    model: Model, x: Tensor, target: Target, *, samples: int, noise: float, baseline: Baseline, seed: int
) -> Iterator[Partial]:
    """The mean, over random points between random baselines and the picture, of the gradient times the way.

    Arguments as `expected_gradients`; the picture's own noise has the deviation `noise`, as a part of its range.
    """
    scores, total = Scores(model, target), torch.zeros_like(x[0])
    generator, deviation = private(seed), noise * (x.max() - x.min())
    for start, size in batches(samples, pictures_a_pass(x)):
        ends = x
        if noise:
            normal = torch.randn((size, *x.shape[1:]), generator=generator, dtype=x.dtype).to(x.device)
            ends = x + deviation * normal
        begins = baseline_pictures(model, x, baseline, generator=generator, count=size)
        begins = begins[torch.randint(len(begins), (size,), generator=generator)]
        places = torch.rand((size, 1, 1, 1), generator=generator, dtype=x.dtype).to(x.device)
        way = ends - begins
        total = total + (scores.gradient(begins + places * way) * way).sum(0)
        yield Partial(start + size, samples, total / (start + size))
