"""How natural a picture is: what it does to a unit, against what real images do, and what other networks say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from featviz.data.sets.image_set import Sample
from featviz.errors import BadInput
from featviz.explain.maximization.objectives import Each
from featviz.explain.maximization.preprocessing import normalisation
from featviz.explain.maximization.recorded_pass import Eye
from featviz.explain.targets.units import Objective
from featviz.models.model import Model, Prediction

__all__ = ["Naturalness", "image_responses", "judged", "naturalness", "picture_responses"]

Floats = NDArray[np.float32]
_AT_ONCE = 32


@dataclass(frozen=True, eq=False)
class Naturalness:
    """A picture's response against those of images.

    Attributes:
        response: the objective for the picture.
        images: (n,) ascending: the objective for each image.
    """

    response: float
    images: Floats

    @property
    def percentile(self) -> float:
        """How many of a hundred images respond less, 0 to 100."""
        return 100 * float(np.searchsorted(self.images, self.response)) / len(self.images)

    @property
    def times_strongest(self) -> float | None:
        """The response over that of the strongest image; None where no image has a positive one."""
        strongest = float(self.images[-1])
        return self.response / strongest if strongest > 0 else None

    @property
    def sentence(self) -> str:
        """The same in words."""
        many = f"{len(self.images):,} images"
        if self.percentile < 100 or self.times_strongest is None:
            return f"stronger than {self.percentile:.4g} % of {many}"
        return f"{self.times_strongest:.2g} x the strongest of {many}"


def naturalness(
    model: Model, objectives: Sequence[Objective], pictures: Floats, responses: Floats
) -> tuple[Naturalness, ...]:
    """Each picture's own objective against the same of many images.

    Args:
        model: the network.
        objectives: one a picture; each about one picture.
        pictures: (N, H, W, 3) in [0, 1], such as a frame's `image`.
        responses: (n, N), as `image_responses` collects them.

    Raises:
        BadInput: not as many pictures or responses as objectives.
    """
    if not len(objectives) == len(pictures) == responses.shape[-1] or not len(responses):
        raise BadInput(
            f"{len(objectives)} objectives, {len(pictures)} pictures and responses of shape {responses.shape} "
            "came: one picture and one column for each objective.",
            code="pictures",
        )
    own = picture_responses(model, objectives, pictures)
    return tuple(Naturalness(float(own[n, n]), np.sort(responses[:, n])) for n in range(len(objectives)))


def picture_responses(model: Model, objectives: Sequence[Objective], pictures: Floats) -> Floats:
    """Every objective for every picture (N, H, W, 3) in [0, 1], as it is: (N, objectives) float32."""
    batch = torch.from_numpy(np.array(pictures, np.float32)).movedim(-1, 1)
    return np.concatenate(list(_responses(model, objectives, torch.split(batch, _AT_ONCE))))


def image_responses(
    model: Model,
    objectives: Sequence[Objective],
    images: Iterable[Sample | Image.Image],
    *,
    most: int = 2000,
) -> Iterator[Floats]:
    """Every objective for images of a set, as the network's own preprocessing shows them.

    Args:
        model: the network.
        objectives: each about one picture.
        images: a set, or pictures.
        most: how many of them.

    Yields:
        (up to 32, objectives) float32; `np.concatenate` of all gives (n, objectives). Closing ends the work.

    Raises:
        LayerNotFound: a layer the network does not have.
        BadInput: no objective, or none of one picture.
    """
    normal = normalisation(model)
    pictures = (each.image if isinstance(each, Sample) else each for each in islice(images, most))
    shown = (model.preprocess(some) for some in iter(lambda: list(islice(pictures, _AT_ONCE)), []))
    colours = ((x * normal.deviation.to(x) + normal.mean.to(x)).clamp(0, 1) for x in shown)
    return _responses(model, objectives, colours)


def judged(model: Model, pictures: Floats, top: int = 1) -> list[list[Prediction]]:
    """What a network, perhaps another one, says a picture shows: the most probable classes, best first.

    Args:
        model: the network; pictures are resized to what it takes.
        pictures: (N, H, W, 3) in [0, 1].
        top: how many classes.
    """
    return model.predict(_shown(model, torch.from_numpy(np.array(pictures, np.float32)).movedim(-1, 1)), top)


def _shown(model: Model, pictures: Tensor) -> Tensor:
    normal = normalisation(model)
    side = (model.input_size, model.input_size)
    if pictures.shape[-2:] != side:
        pictures = F.interpolate(pictures, size=side, mode="bilinear", antialias=True)
    grey = normal.channels == 1 and pictures.shape[1] == 3
    return normal(pictures[:, :1] if grey else pictures)


def _responses(model: Model, objectives: Sequence[Objective], batches: Iterable[Tensor]) -> Iterator[Floats]:
    together = Each(tuple(objectives))
    eye, normal = Eye(model, together), normalisation(model)
    for pictures in batches:
        colours = (pictures[:, : normal.channels]).to(model.device)
        with torch.no_grad():
            seen = eye.look(normal(colours), colours)
            values = [one.value(seen) for one in together.objectives]
        yield torch.stack(values, 1).float().cpu().numpy()
