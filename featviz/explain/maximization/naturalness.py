"""How natural a synthesized image is: its response beside those of real images, and other networks' predictions."""

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
from featviz.explain.maximization.preprocessing import input_normalization
from featviz.explain.maximization.recorded_pass import ActivationRecorder
from featviz.explain.targets.units import Objective
from featviz.models.model import Model, Prediction

__all__ = ["Naturalness", "cross_predictions", "image_responses", "naturalness", "responses_to"]

Floats = NDArray[np.float32]
_BATCH_SIZE = 32


@dataclass(frozen=True, eq=False)
class Naturalness:
    """A synthesized image's response beside those of real images.

    Attributes:
        response: the objective for the synthesized image.
        images: (n,) ascending: the objective for each real image.
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
        count = f"{len(self.images):,} images"
        if self.percentile < 100 or self.times_strongest is None:
            return f"stronger than {self.percentile:.4g}% of {count}"
        return f"{self.times_strongest:.2g} × the strongest of {count}"


def naturalness(
    model: Model, objectives: Sequence[Objective], images: Floats, responses: Floats
) -> tuple[Naturalness, ...]:
    """Each synthesized image's response beside those of real images to the same objective.

    Args:
        model: the network.
        objectives: one for each image, each of a single image (`per_image`).
        images: (N, H, W, 3) in [0, 1], such as a frame's `image`.
        responses: (n, N), as `image_responses` collects them.

    Raises:
        BadInput: not as many images or responses as objectives.
    """
    if not len(objectives) == len(images) == responses.shape[-1] or not len(responses):
        raise BadInput(
            f"{len(objectives)} objectives, {len(images)} images and responses of shape {responses.shape} "
            "came: one image and one column for each objective.",
            code="pictures",
        )
    responses_to_images = responses_to(model, objectives, images)
    return tuple(
        Naturalness(float(responses_to_images[n, n]), np.sort(responses[:, n]))
        for n in range(len(objectives))
    )


def responses_to(model: Model, objectives: Sequence[Objective], images: Floats) -> Floats:
    """Every objective for every image (N, H, W, 3) in [0, 1], untransformed: (N, objectives) float32."""
    batch = torch.from_numpy(np.array(images, np.float32)).movedim(-1, 1)
    return np.concatenate(list(_responses(model, objectives, torch.split(batch, _BATCH_SIZE))))


def image_responses(
    model: Model,
    objectives: Sequence[Objective],
    images: Iterable[Sample | Image.Image],
    *,
    max_images: int = 2000,
) -> Iterator[Floats]:
    """Every objective for images of a set, as the network's own preprocessing shows them.

    Args:
        model: the network.
        objectives: each of a single image (`per_image`).
        images: a set, or PIL images.
        max_images: at most how many of them are read.

    Yields:
        (up to 32, objectives) float32; `np.concatenate` of all gives (n, objectives). Closing ends the work.

    Raises:
        LayerNotFound: a layer the network does not have.
        BadInput: no objective, or none of one image.
    """
    normal = input_normalization(model)
    pil_images = (each.image if isinstance(each, Sample) else each for each in islice(images, max_images))
    shown = (model.preprocess(some) for some in iter(lambda: list(islice(pil_images, _BATCH_SIZE)), []))
    batches = (normal.to_images(x) for x in shown)
    return _responses(model, objectives, batches)


def cross_predictions(model: Model, images: Floats, top: int = 1) -> list[list[Prediction]]:
    """Another network's predictions for synthesized images: the most probable classes of each, best first.

    Args:
        model: the network; images are resized to what it takes.
        images: (N, H, W, 3) in [0, 1].
        top: how many classes.
    """
    return model.predict(_shown(model, torch.from_numpy(np.array(images, np.float32)).movedim(-1, 1)), top)


def _shown(model: Model, images: Tensor) -> Tensor:
    normal = input_normalization(model)
    side = (model.input_size, model.input_size)
    if images.shape[-2:] != side:
        images = F.interpolate(images, size=side, mode="bilinear", antialias=True)
    to_gray = normal.channels == 1 and images.shape[1] == 3
    return normal(images[:, :1] if to_gray else images)


def _responses(model: Model, objectives: Sequence[Objective], batches: Iterable[Tensor]) -> Iterator[Floats]:
    together = Each(tuple(objectives))
    recorder, normal = ActivationRecorder(model, together), input_normalization(model)
    for batch in batches:
        images = (batch[:, : normal.channels]).to(model.device)
        with torch.no_grad():
            forward_pass = recorder.run(normal(images), images)
            values = [one.value(forward_pass) for one in together.objectives]
        yield torch.stack(values, 1).float().cpu().numpy()
