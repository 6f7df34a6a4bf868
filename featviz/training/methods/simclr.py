"""SimCLR: two views of an image are to be alike, and unlike all other images; no labels are needed."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import normalize

from featviz.errors import BadInput
from featviz.parameter import Level, Range
from featviz.training.augmentations import augment
from featviz.training.cutting import find_head, replace_head
from featviz.training.data import TrainingData
from featviz.training.measuring import batched
from featviz.training.methods.losses import alignment, nt_xent, uniformity
from featviz.training.registry import TRAINING_METHODS
from featviz.training.settings import Augmentation
from featviz.training.task import Batch, Loss, Task

__all__ = ["Contrast", "Views", "draw_views", "nearest_neighbor_accuracy", "simclr"]

_NEIGHBORS = 20
_SEED = 0


class Contrast(nn.Module):
    """An encoder, and behind it the projection head that the loss sees.

    Attributes:
        encoder: gives the features (N, d) that are used afterwards.
        head: gives the embeddings (N, projection) that are compared.
    """

    def __init__(self, encoder: nn.Module, features: int, hidden: int, projection: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Sequential()
        self.head.add_module("linear1", nn.Linear(features, hidden))
        self.head.add_module("relu", nn.ReLU())
        self.head.add_module("linear2", nn.Linear(hidden, projection))

    def forward(self, x: Tensor) -> Tensor:
        """Map images to embeddings."""
        embeddings: Tensor = self.head(self.encoder(x))
        return embeddings


class Views(NamedTuple):
    """Two augmented views of each of N images, normalized (N, 3, S, S)."""

    first: Tensor
    second: Tensor


@TRAINING_METHODS.register("SimCLR (contrastive)", reference="Chen et al. 2020, arXiv:2002.05709")
def simclr(
    network: nn.Module,
    data: TrainingData,
    *,
    temperature: Annotated[float, Range(0.01, 10)] = 0.5,
    views: Annotated[
        Literal["crop_and_recolor", "crop", "mirror", "shift"], Level("more")
    ] = "crop_and_recolor",
    hidden: Annotated[int, Range(2, 2048), Level("more")] = 128,
    projection: Annotated[int, Range(2, 512), Level("more")] = 64,
) -> Task:
    """Two augmented views of an image become alike, and unlike all others of the batch, by NT-Xent.

    Args:
        network: a classifier, whose last linear layer is taken off: what it reads are the features.
        data: the images; their labels are used to measure alone.
        temperature: the lower, the more the hardest negatives count.
        views: how the two views of an image are drawn.
        hidden: units of the projection head's hidden layer.
        projection: numbers of the embeddings that are compared.

    Raises:
        BadInput: the network has no linear head, or there are too few images.
    """
    if len(data.held_out) < 2:
        raise BadInput("Contrastive learning is measured on at least two held-out images.", code="images")
    head = find_head(network.eval(), data.normalized(data.images[:2]))
    features = head.layer.in_features
    replace_head(network, head.name, nn.Identity())
    module = Contrast(network, features, hidden, projection)

    def loss(batch: Batch) -> Loss:
        count = len(batch.images)
        both = module(torch.cat([batch.draw_view(views), batch.draw_view(views)]))
        return Loss(nt_xent(both[:count], both[count:], temperature))

    def measure() -> dict[str, float]:
        pairs = draw_views(data, data.held_out[:512], Generator().manual_seed(_SEED), views)
        first, second = (module(view) for view in pairs)
        measured = {
            "held_out_loss": float(nt_xent(first, second, temperature)),
            "alignment": alignment(first, second),
            "uniformity": uniformity(torch.cat([first, second])),
        }
        if len(data.classes) > 1:
            measured["neighbor_accuracy"] = nearest_neighbor_accuracy(network, data)
        return measured

    return Task(module, network, loss, measure, "embedding")


def draw_views(
    data: TrainingData, positions: Tensor, generator: Generator, views: Augmentation = "crop_and_recolor"
) -> Views:
    """Two views of the images at n positions, as SimCLR draws them: a crop, mirrored, recolored."""
    images = data.images[positions]
    first, second = (data.normalized(augment(images, views, generator)) for _ in range(2))
    return Views(first, second)


def nearest_neighbor_accuracy(network: nn.Module, data: TrainingData) -> float:
    """The share of held-out images whose 20 nearest training images by cosine mostly have their label.

    Neighbors vote by their cosine; images without a label take no part.
    """
    training = data.training[data.labels[data.training] >= 0]
    held = data.held_out[data.labels[data.held_out] >= 0]
    known, asked = (normalize(batched(network, data, part).flatten(1), dim=1) for part in (training, held))
    similar, rows = (asked @ known.T).topk(min(_NEIGHBORS, len(known)), dim=1)
    votes = torch.zeros(len(asked), len(data.classes))
    votes.scatter_add_(1, data.labels[training][rows], similar.exp())
    return float((votes.argmax(1) == data.labels[held]).double().mean())
