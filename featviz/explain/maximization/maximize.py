"""Activation maximization: a picture that drives an objective as far up as it can, frame by frame."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.maximization.adam import Adam
from featviz.explain.maximization.config import Plan, planned
from featviz.explain.maximization.convergence import Progress
from featviz.explain.maximization.frames import Ended, Frame
from featviz.explain.maximization.initial_images import Start, counted, start_pictures
from featviz.explain.maximization.optimization_step import Climb, Scene
from featviz.explain.maximization.parameterizations import Blank
from featviz.explain.maximization.preprocessing import normalisation, seen_size
from featviz.explain.maximization.recorded_pass import Eye
from featviz.explain.targets.target import resolve_target
from featviz.explain.targets.units import Difference, Logit, Objective
from featviz.models.model import Model
from featviz.progress import yield_now

__all__ = ["maximize"]

_REDIRECTED_STEPS = 16
_SETBACKS = 8


def maximize(
    model: Model,
    objective: Objective | int | str,
    *,
    size: int | tuple[int, int] | None = None,
    count: int | None = None,
    image: str = "fourier",
    robustness: str = "lucid",
    start: Start | None = None,
    **options: Any,
) -> Iterator[Frame]:
    """Make pictures that drive an objective as far up as they can.

    What can be refused is refused by the call; the work is done as frames are asked for, and ends when the
    iterator is closed. Runs share nothing: any number of threads may have one each.

    Args:
        model: the network; a private replica of it runs, as far as the deepest layer that is read.
        objective: what to climb; a class may be given by index or name.
        size: of the pictures, in pixels: one side of a square or (height, width); None takes the network's.
            A network that takes one size alone is shown the picture at its own.
        count: how many pictures of one objective, each from its own start; `each` fixes it.
        image: what is learned, an id out of `IMAGES`.
        robustness: what the picture must survive, an id out of `RECIPES`.
        start: pictures to begin with: a PIL image, or an array (H, W, 3) or (N, H, W, 3) in [0, 1].
        options: `steps`, `seed` and the others of `gradient_ascent`; those of the image and of the recipe.

    Returns:
        The start, then a frame every few steps, then the last, whose `ended` says why the run is over.

    Raises:
        LayerNotFound: a layer the network does not have.
        BadInput: an objective, size, start or option that cannot be, or a network that cannot be climbed.
    """
    plan, climbed = planned(image, robustness, options), _resolved(model, objective)
    painted, shown = seen_size(model, size)
    normal = normalisation(model)
    generator = torch.Generator().manual_seed(plan.ascent.seed)
    many = counted(climbed, count)
    begin = None if start is None else start_pictures(start, many, normal.channels, painted)
    blank = Blank(many, normal.channels, painted, generator, begin, plan.ascent.transparency)
    half = _in_half(model, plan.ascent.precision)
    scene = Scene(
        eye=Eye(model, climbed, half=half),
        image=plan.image.function(blank, **plan.image_options),
        transform=plan.recipe.function(painted, **plan.recipe_options),
        normal=normal,
        shown=shown,
        generator=generator,
        views=plan.ascent.views,
        half=half,
    )
    leaf = scene.image.leaf.to(model.device, torch.float32)
    first = scene.score(scene.image.paint(leaf))
    if not bool(torch.isfinite(first).all()):
        raise BadInput("The objective is not finite for the picture to begin with.", code="nan")
    return _Frames(scene, plan, leaf, first, _made(model, climbed, painted, plan)).run()


class _Frames:
    """One run: the climb from a start, and its frames."""

    def __init__(self, scene: Scene, plan: Plan, leaf: Tensor, first: Tensor, made: dict[str, Any]) -> None:
        self.scene, self.ascent, self.leaf, self.made = scene, plan.ascent, leaf, made
        self.adam = Adam(leaf, plan.ascent.rate or scene.image.rate)
        self.progress = Progress(first.tolist(), plan.ascent.patience)
        self.touched: Tensor | None = None
        self.setbacks = 0

    def run(self) -> Iterator[Frame]:
        """Climb, a frame every few steps and one at the end."""
        good, step, redirected = self.leaf, 0, [0] * len(self.leaf)
        while not (ended := self._ended(step)):
            found = self.scene.climb(self.leaf, redirect=[left > 0 for left in redirected])
            if not found.finite:
                self.setbacks += 1
                self.leaf = good
                self.adam.again()
                continue
            good = self.leaf
            blind = found.blind
            redirected = [
                _REDIRECTED_STEPS if dark else left - 1 for dark, left in zip(blind, redirected, strict=True)
            ]
            self._note(found, blind=all(blind))
            if step % self.ascent.every == 0:
                yield self._frame(step, found.scores, found.painted)
            self.leaf = self.adam.step(self.leaf, found.gradient, self._pace(step))
            step += 1
            yield_now()
        yield self._last(good, step, ended)

    def _ended(self, step: int) -> Ended:
        if self.setbacks > _SETBACKS:
            return "not finite"
        if self.progress.blocked:
            return "blocked"
        if self.progress.settled:
            return "settled"
        return "steps" if step >= self.ascent.steps else ""

    def _pace(self, step: int) -> float:
        """1, and over the last steps a quarter of a wave down to nothing."""
        left, share = 1 - step / self.ascent.steps, self.ascent.cooling
        return 1.0 if left >= share else math.sin(math.pi / 2 * left / share)

    def _note(self, found: Climb, *, blind: bool) -> None:
        self.touched = found.touched if self.touched is None else self.touched + found.touched
        self.progress.note(found.scores.tolist(), blind=blind)

    def _last(self, good: Tensor, step: int, ended: Ended) -> Frame:
        """The pictures as they are now; those of the last good step if these are worth nothing."""
        for leaf in (self.leaf, good):
            painted = self.scene.image.paint(leaf)
            scores = self.scene.score(painted)
            if bool(torch.isfinite(scores).all() and torch.isfinite(painted).all()):
                break
        self.progress.note_end(scores.tolist())
        return self._frame(step, scores, painted, ended)

    def _frame(self, step: int, scores: Tensor, painted: Tensor, ended: Ended = "") -> Frame:
        return Frame(
            step=step,
            steps=self.ascent.steps,
            scores=scores.cpu().numpy(),
            moved=self.progress.moved,
            ended=ended,
            made=self.made,
            _painted=painted,
            _touched=self.touched,
            _colours=self.scene.normal.channels,
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
    found = resolve_target(model, torch.empty(0), name)
    assert isinstance(found, Logit)  # noqa: S101 - an index or a name means one class
    return found.index


def _in_half(model: Model, precision: str) -> bool:
    whole = all(p.dtype is torch.float32 for p in model.module.parameters())
    return whole and (precision == "bfloat16" or (precision == "auto" and _fast_in_half(model.device)))


def _fast_in_half(device: torch.device) -> bool:
    """Whether a device multiplies matrices of bfloat16 in circuits of its own."""
    if device.type == "cpu":
        known: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
        return any(known.get(name) for name in ("amx_bf16", "avx512_bf16"))
    return device.type == "cuda" and torch.cuda.is_bf16_supported()


def _made(model: Model, objective: Objective, size: tuple[int, int], plan: Plan) -> dict[str, Any]:
    return {
        "model": model.name,
        "fingerprint": model.fingerprint,
        "objective": repr(objective),
        "size": list(size),
        "options": plan.options,
    }
