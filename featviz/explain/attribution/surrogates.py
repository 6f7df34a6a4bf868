"""captum's LIME and KernelSHAP: a linear model of which cells of the image are shown, run on a private replica.

What captum draws from torch's generator is drawn here from a private one; it neither seeds nor moves the shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Any

import torch
from torch import Tensor

from featviz.explain.attribution.baselines import Baseline, baseline_images
from featviz.explain.attribution.callback_iterator import iterate_callbacks
from featviz.explain.attribution.registry import METHODS, Partial, Seed
from featviz.explain.targets.score import TargetScore, batch_size_for, seeded_generator
from featviz.explain.targets.units import Target
from featviz.models.isolated_rng import IsolatedRNG
from featviz.models.model import Model
from featviz.registry import Level, Preset, Range, SumsTo

Cells = Annotated[int, Range(2, 32), Level("more")]
Samples = Annotated[int, Range(2, 5000), Level("more")]


@METHODS.register(
    "LIME (captum)",
    reference="Ribeiro et al. 2016, arXiv:1602.04938",
    passes=lambda *_, samples, **__: samples + 2,
    presets={
        "quick": Preset({"samples": 150}),
        "paper": Preset({"samples": 1000}, "Ribeiro et al.'s package lime: 1000 samples for an image."),
        "careful": Preset({"samples": 2000}),
    },
    lesson="attribution/lime.md",
)
def lime(
    model: Model,
    x: Tensor,
    target: Target,
    *,
    samples: Samples = 400,
    cells: Cells = 8,
    penalty: Annotated[float, Range(1e-6, 1), Level("all")] = 1e-3,
    baseline: Baseline = "median",
    seed: Seed = 0,
) -> Iterator[Partial]:
    """A sparse linear model (captum's lasso) of the target over random choices of cells, near ones counting more.

    The cells are a square grid; nearness is captum's: of the images' cosine, in an exponential kernel.

    Args:
        samples: random choices of cells; a few times as many as there are cells.
        cells: in a row of the grid.
        penalty: of the lasso, as a part of f(x) - f(baseline); larger leaves fewer cells.
        baseline: what shows in hidden cells.
        seed: of the choices, and of the baseline, where it is drawn.
    """
    from captum._utils.models.linear_model import SkLearnLasso  # type: ignore[import-untyped]
    from captum.attr import Lime  # type: ignore[import-untyped]

    score, hidden = (
        TargetScore(model, target),
        baseline_images(model, x, baseline, generator=seeded_generator(seed)),
    )
    span = float((score(x) - score(hidden[:1])).abs())
    lasso = SkLearnLasso(alpha=penalty * (span or 1))
    surrogate = partial(Lime, interpretable_model=lasso)
    return _surrogate_weights(surrogate, score, x, hidden[:1], cells=cells, samples=samples, seed=seed)


@METHODS.register(
    "KernelSHAP (captum)",
    reference="Lundberg & Lee 2017, arXiv:1705.07874",
    passes=lambda *_, samples, **__: samples,
    sums_to=SumsTo("f(x) - f(baseline)", single=True),
    presets={
        "quick": Preset({"samples": 150}),
        "paper": Preset(
            {"samples": 2176}, "Lundberg and Lee's package shap: 2 × 64 + 2048 samples for 64 cells."
        ),
        "careful": Preset({"samples": 4000}),
    },
    lesson="attribution/kernel_shap.md",
)
def kernel_shap(
    model: Model,
    x: Tensor,
    target: Target,
    *,
    samples: Samples = 400,
    cells: Cells = 8,
    baseline: Baseline = "median",
    seed: Seed = 0,
) -> Iterator[Partial]:
    """Shapley values of the cells of a square grid, by weighted least squares over random choices of them.

    A cell's value is shared out evenly among its pixels (captum gives each of them the whole), so that the map adds
    up to f(x) - f(baseline).

    Args:
        samples: random choices of cells; a few times as many as there are cells.
        cells: in a row of the grid.
        baseline: what shows in hidden cells.
        seed: of the choices, and of the baseline, where it is drawn.
    """
    from captum.attr import KernelShap

    score, hidden = (
        TargetScore(model, target),
        baseline_images(model, x, baseline, generator=seeded_generator(seed)),
    )
    grid = _grid(x, cells).flatten()
    share = 1 / grid.bincount()[grid].to(x.dtype).reshape(x[0, :1].shape)
    return _surrogate_weights(
        KernelShap, score, x, hidden[:1], cells=cells, samples=samples, seed=seed, share=share
    )


def _surrogate_weights(
    surrogate: Callable[..., Any],
    score: TargetScore,
    x: Tensor,
    hidden: Tensor,
    *,
    cells: int,
    samples: int,
    seed: int,
    share: Tensor | float = 1.0,
) -> Iterator[Partial]:
    """The weight that captum's linear model gives each pixel's cell, and the pixel's `share` of it, (1, H, W).

    Nothing is known before the end.
    """
    _ = score.model.execution  # planned before, as it draws too

    def fit(tell: Callable[[int], None]) -> Tensor:
        done = 0

        def batch_scores(images: Tensor) -> Tensor:
            nonlocal done
            tell(done)
            done += len(images)
            return score(images)

        with IsolatedRNG(seed):
            attributions: Tensor = surrogate(batch_scores).attribute(
                x,
                hidden,
                feature_mask=_grid(x, cells),
                n_samples=samples,
                perturbations_per_eval=batch_size_for(x),
            )
        return attributions[0, :1] * share

    return iterate_callbacks(fit, samples, torch.zeros_like(x[0, :1]))


def _grid(x: Tensor, cells: int) -> Tensor:
    """The number of the cell of each pixel, (1, 1, H, W), at most as many cells as pixels."""
    height, width = x.shape[-2:]
    tall, wide = min(cells, height), min(cells, width)
    rows = torch.arange(height, device=x.device) * tall // height
    columns = torch.arange(width, device=x.device) * wide // width
    return (rows[:, None] * wide + columns)[None, None]
