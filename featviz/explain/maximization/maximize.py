"""Activation maximization: an image that drives an objective as far up as it can, frame by frame."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from featviz.deprecation import renamed_argument
from featviz.errors import BadInput
from featviz.explain.maximization.adam import Adam
from featviz.explain.maximization.config import MaximizationConfig, resolve_config
from featviz.explain.maximization.convergence import ConvergenceMonitor
from featviz.explain.maximization.frames import Ended, Frame
from featviz.explain.maximization.initial_images import Start, initial_images, resolve_batch_size
from featviz.explain.maximization.optimization_step import OptimizationStep, StepResult
from featviz.explain.maximization.parameterizations import ImageSpec
from featviz.explain.maximization.preprocessing import color_channels, input_normalization, resolve_size
from featviz.explain.maximization.recorded_pass import ActivationRecorder
from featviz.explain.targets.target import resolve_target
from featviz.explain.targets.units import Difference, Logit, Objective
from featviz.models.model import Model
from featviz.progress import yield_now

__all__ = ["maximize"]

_REDIRECTED_STEPS = 16
_SETBACKS = 8


@renamed_argument("image", "parameterization")
@renamed_argument("robustness", "transforms")
def maximize(
    model: Model,
    objective: Objective | int | str,
    *,
    size: int | tuple[int, int] | None = None,
    count: int | None = None,
    parameterization: str = "fourier",
    transforms: str = "lucid",
    start: Start | None = None,
    **options: Any,
) -> Iterator[Frame]:
    """Make images that drive an objective as far up as they can.

    What can be refused is refused by the call; the work is done as frames are asked for, and ends when the
    iterator is closed. Runs share nothing: any number of threads may have one each.

    Args:
        model: the network; a private replica of it runs, as far as the deepest layer that is read.
        objective: what to climb; a class may be given by index or name.
        size: of the images, in pixels: one side of a square or (height, width); None takes the network's.
            A network that takes one size alone is shown the image at its own.
        count: how many images of one objective, each from its own start; `each` fixes it.
        parameterization: of the images, an id out of `PARAMETERIZATIONS`.
        transforms: random ones before each pass, an id out of `TRANSFORM_PRESETS`.
        start: images to begin with: a PIL image, or an array (H, W, 3) or (N, H, W, 3) in [0, 1].
        options: `steps`, `seed` and the others of `gradient_ascent`; those of the parameterization and the transforms.

    Returns:
        The start, then a frame every few steps, then the last, whose `ended` says why the run is over.

    Raises:
        LayerNotFound: a layer the network does not have.
        BadInput: an objective, size, start or option that cannot be, or a network that cannot be climbed.
    """
    config, resolved = resolve_config(parameterization, transforms, options), _resolved(model, objective)
    image_size, network_size = resolve_size(model, size)
    normalization, channels = input_normalization(model), color_channels(model)
    generator = torch.Generator().manual_seed(config.optimizer.seed)
    batch_size = resolve_batch_size(resolved, count)
    images = None if start is None else initial_images(start, batch_size, channels, image_size)
    spec = ImageSpec(batch_size, channels, image_size, generator, images, config.optimizer.transparency)
    half_precision = _in_half(model, config.optimizer.precision)
    optimization = OptimizationStep(
        recorder=ActivationRecorder(model, resolved, half_precision=half_precision),
        parameterization=config.parameterization.function(spec, **config.parameterization_options),
        transform=config.transforms.function(image_size, **config.transform_options),
        normalization=normalization,
        channels=channels,
        network_size=network_size,
        generator=generator,
        views=config.optimizer.views,
        half_precision=half_precision,
    )
    parameters = optimization.parameterization.parameters.to(model.device, torch.float32)
    first = optimization.score(optimization.parameterization.to_image(parameters))
    if not bool(torch.isfinite(first).all()):
        raise BadInput("The objective is not finite for the image to begin with.", code="nan")
    return _Frames(
        optimization, config, parameters, first, _metadata(model, resolved, image_size, config)
    ).run()


class _Frames:
    """One run of gradient ascent, and its frames."""

    def __init__(
        self,
        optimization: OptimizationStep,
        config: MaximizationConfig,
        parameters: Tensor,
        first: Tensor,
        metadata: dict[str, Any],
    ) -> None:
        self.optimization, self.optimizer, self.parameters, self.metadata = (
            optimization,
            config.optimizer,
            parameters,
            metadata,
        )
        self.adam = Adam(parameters, config.optimizer.rate or optimization.parameterization.rate)
        self.convergence = ConvergenceMonitor(first.tolist(), config.optimizer.patience)
        self.gradient_magnitude: Tensor | None = None
        self.setbacks = 0

    def run(self) -> Iterator[Frame]:
        """Ascend, with a frame every few steps and one at the end."""
        last_finite, step, redirected = self.parameters, 0, [0] * len(self.parameters)
        while not (ended := self._ended(step)):
            result = self.optimization.evaluate(self.parameters, redirect=[left > 0 for left in redirected])
            if not result.finite:
                self.setbacks += 1
                self.parameters = last_finite
                self.adam.restart()
                continue
            last_finite = self.parameters
            no_gradient = result.no_gradient
            redirected = [
                _REDIRECTED_STEPS if dark else left - 1
                for dark, left in zip(no_gradient, redirected, strict=True)
            ]
            self._update(result, no_gradient=all(no_gradient))
            if step % self.optimizer.every == 0:
                yield self._frame(step, result.scores, result.images)
            self.parameters = self.adam.step(self.parameters, result.gradient, self._pace(step))
            step += 1
            yield_now()
        yield self._last(last_finite, step, ended)

    def _ended(self, step: int) -> Ended:
        if self.setbacks > _SETBACKS:
            return "not finite"
        if self.convergence.stuck:
            return "blocked"
        if self.convergence.converged:
            return "settled"
        return "steps" if step >= self.optimizer.steps else ""

    def _pace(self, step: int) -> float:
        """The factor of the learning rate: 1, and over the last steps a quarter of a sine down to 0."""
        left, share = 1 - step / self.optimizer.steps, self.optimizer.cooling
        return 1.0 if left >= share else math.sin(math.pi / 2 * left / share)

    def _update(self, result: StepResult, *, no_gradient: bool) -> None:
        self.gradient_magnitude = (
            result.gradient_magnitude
            if self.gradient_magnitude is None
            else self.gradient_magnitude + result.gradient_magnitude
        )
        self.convergence.update(result.scores.tolist(), no_gradient=no_gradient)

    def _last(self, last_finite: Tensor, step: int, ended: Ended) -> Frame:
        """The final images; those of the last finite step if these are not finite."""
        for parameters in (self.parameters, last_finite):
            images = self.optimization.parameterization.to_image(parameters)
            scores = self.optimization.score(images)
            if bool(torch.isfinite(scores).all() and torch.isfinite(images).all()):
                break
        self.convergence.update_best(scores.tolist())
        return self._frame(step, self.optimization.exact_score(images), images, ended)

    def _frame(self, step: int, scores: Tensor, images: Tensor, ended: Ended = "") -> Frame:
        return Frame(
            step=step,
            steps=self.optimizer.steps,
            scores=scores.cpu().numpy(),
            moved=self.convergence.moved,
            ended=ended,
            made=self.metadata,
            _images=images,
            _gradient_magnitude=self.gradient_magnitude,
            _color_channels=self.optimization.channels,
        )


def _resolved(model: Model, objective: object) -> Objective:
    """The objective meant: a class by index or by name is its logit."""
    if isinstance(objective, (int, str)):
        return Logit(_class(model, objective))
    if isinstance(objective, Difference):
        return Logit(objective.index) - Logit(objective.other)
    if isinstance(objective, Objective):
        return objective
    raise BadInput(
        f"An objective is a Logit, Channel, Neuron, Direction, DeepDream, or a sum of such; {objective!r} came.",
        code="objective",
    )


def _class(model: Model, name: int | str) -> int:
    target = resolve_target(model, torch.empty(0), name)
    assert isinstance(target, Logit)  # noqa: S101 - an index or a name means one class
    return target.index


def _in_half(model: Model, precision: str) -> bool:
    is_float32 = all(p.dtype is torch.float32 for p in model.module.parameters())
    return is_float32 and (precision == "bfloat16" or (precision == "auto" and _fast_in_half(model.device)))


def _fast_in_half(device: torch.device) -> bool:
    """Whether a device multiplies matrices of bfloat16 in circuits of its own."""
    if device.type == "cpu":
        known: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
        return any(known.get(name) for name in ("amx_bf16", "avx512_bf16"))
    return device.type == "cuda" and torch.cuda.is_bf16_supported()


def _metadata(
    model: Model, objective: Objective, size: tuple[int, int], config: MaximizationConfig
) -> dict[str, Any]:
    return {
        "model": model.name,
        "fingerprint": model.fingerprint,
        "objective": repr(objective),
        "size": list(size),
        "options": config.options,
        "notes": list(input_normalization(model).notes),
    }
