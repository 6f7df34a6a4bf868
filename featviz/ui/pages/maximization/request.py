"""A requested run of activation maximization: what it depends on, what it costs, the work that makes its film."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from featviz.explain.attribution.cost import seconds_a_pass
from featviz.explain.features.depth import layers_through_depth
from featviz.explain.maximization.config import OPTIMIZERS
from featviz.explain.maximization.frames import Frame
from featviz.explain.maximization.maximize import maximize
from featviz.explain.maximization.preprocessing import resolve_size
from featviz.explain.maximization.regularizers import Diversity
from featviz.explain.targets.units import Objective
from featviz.models.model import Model
from featviz.progress import Progress
from featviz.ui.pages.maximization.film import Film, Reel
from featviz.ui.pages.maximization.objective_text import ObjectiveSpec
from featviz.ui.state.cache import IMAGES
from featviz.ui.state.tasks import Task

__all__ = ["RUN", "Early", "InitialImages", "MaximizationRequest", "find_warm_start", "keep_warm_start"]

RUN = "maximization"
"""The kind of its work."""

Images = NDArray[np.float32]
_FIRST_MEMBER = "members.0."


@dataclass(frozen=True, eq=False)
class InitialImages:
    """What a run begins with: an id, and images (H, W, 3) or (N, H, W, 3) in [0, 1]."""

    id: str
    images: NDArray[Any]


@dataclass(frozen=True, eq=False)
class Early:
    """An early stage of a network's training: its name, and the `ensemble` of the network and that stage."""

    stage: str
    both: Model


@dataclass(frozen=True, eq=False)
class MaximizationRequest:
    """One run.

    Attributes:
        model: the network.
        spec: what is driven.
        parameterization: the kind of image, an id out of `PARAMETERIZATIONS`.
        transforms: an id out of `TRANSFORM_PRESETS`.
        count: how many images.
        start: what it begins with; None is noise.
        diversity: how much the images must differ from each other; 0 leaves that to chance.
        size: in pixels on a side; None is the network's own.
        options: of `maximize`, those that differ from the defaults.
        early: what must be persuaded along with the network; only a class's image can.
    """

    model: Model
    spec: ObjectiveSpec
    parameterization: str = "fourier"
    transforms: str = "lucid"
    count: int = 1
    start: InitialImages | None = None
    diversity: float = 0.0
    size: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    early: Early | None = None

    @property
    def painted_for(self) -> Model:
        """What the images must persuade: the network, alone or with an early stage of its training."""
        return self.model if self.early is None else self.early.both

    @property
    def persuaded(self) -> str:
        """The network's name, and that of the stage where there is one; for the names of files."""
        return self.model.name if self.early is None else f"{self.model.name}_and_{self.early.stage}"

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Everything the images depend on."""
        who = (self.painted_for.fingerprint, str(self.model.device), self.spec.text, self.count)
        start = None if self.start is None else self.start.id
        how = (self.parameterization, self.transforms, start, self.diversity, self.size)
        return ("maximization", *who, *how, tuple(sorted(self.options.items())))

    @cached_property
    def id(self) -> str:
        """A short name for it, the same wherever the same is requested."""
        return hashlib.sha256(repr(self.key).encode()).hexdigest()[:16]

    @property
    def seconds(self) -> float:
        """How long it takes, about, if all its steps are needed."""
        return self.count * self.seconds_of(int(self._ascent["steps"]))

    def seconds_of(self, steps: int) -> float:
        """How long so many steps of one image take, about."""
        passes = OPTIMIZERS["gradient_ascent"].passes(
            self.painted_for, None, None, **{**self._ascent, "steps": steps}
        )
        return passes * self.seconds_a_pass

    @property
    def seconds_a_pass(self) -> float:
        """How long one image takes through the network."""
        input_size = (self.model.input_size, self.model.input_size)
        shown = input_size if self.size is None else resolve_size(self.model, self.size)[1]
        shape = (1, self.model.input_channels, *shown)
        return seconds_a_pass(self.painted_for, torch.zeros(shape, device=self.model.device))

    @property
    def objective(self) -> Objective:
        """What is climbed: the unit, and where several images must differ, that too."""
        layer = self.compared_at
        # an ensemble's output is the members' mean log-probability already
        spec = self.spec if self.early is None else replace(self.spec, log_probability=False)
        differing = None if layer is None else self.diversity * Diversity(layer)
        return spec.objective if differing is None else spec.objective + differing

    @property
    def quantity(self) -> str:
        """What the score of `objective` is: of an ensemble's class, the mean of the members' log-probabilities."""
        if self.compared_at is not None:
            return "objective"
        if self.early is not None:
            return "negative mean log-probability" if self.spec.down else "mean log-probability"
        return self.spec.quantity

    @property
    def compared_at(self) -> str | None:
        """The layer at which several images must differ, a class's at the last one; None if they need not."""
        if self.count == 1 or not self.diversity:
            return None
        walk = layers_through_depth(self.model.layers)
        last = f"{_FIRST_MEMBER if self.early else ''}{walk[-1].name}" if walk else None
        return self.spec.layer or last

    @property
    def _ascent(self) -> dict[str, Any]:
        """The options of the climb, defaults included."""
        ascent = OPTIMIZERS["gradient_ascent"]
        known = {each.name for each in ascent.parameters}
        return ascent.complete({name: value for name, value in self.options.items() if name in known})

    def frames(self) -> Iterator[Frame]:
        """The run itself."""
        return maximize(
            self.painted_for,
            self.objective,
            size=self.size,
            count=self.count,
            parameterization=self.parameterization,
            transforms=self.transforms,
            start=None if self.start is None else self.start.images,
            **self.options,
        )

    def task(self) -> Task:
        """The work that makes the film."""
        return Task(RUN, self.key, self.spec.name(self.model), self._steps, _bytes, self.seconds)

    def _steps(self) -> Iterator[Progress[Film]]:
        reel = Reel(self.quantity)
        for frame in self.frames():
            reel.add(frame)
            yield Progress(frame.step, frame.steps, result=reel.film(frame))


def keep_warm_start(images: Images) -> str:
    """Keep images to begin with for a while, under the id that comes back."""
    stored = np.array(images, np.float32)
    start_id = f"run/{hashlib.sha256(str(stored.shape).encode() + stored.tobytes()).hexdigest()[:32]}"
    IMAGES.put(("start", start_id), stored, stored.nbytes)
    return start_id


def find_warm_start(start_id: str) -> Images | None:
    """The images of an id, which may come from an address; None where this server does not have them."""
    images: Images | None = IMAGES.get(("start", start_id))
    return images


def _bytes(result: object) -> int:
    return result.size if isinstance(result, Film) else 0
