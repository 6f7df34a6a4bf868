"""train: a network learns, one epoch after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import nn

from featviz.data.sets.image_set import ImageSet
from featviz.models.model import Model
from featviz.progress import finished
from featviz.training.data import Labels, load_training_data
from featviz.training.epoch import Epoch
from featviz.training.learning import learn
from featviz.training.run import divide_options, prepare

__all__ = ["train"]


def train(
    network: str | Model | nn.Module,
    images: ImageSet,
    *,
    method: str = "supervised",
    epochs: int = 10,
    seed: int = 0,
    resolution: int = 32,
    labels: Labels = "label",
    held_out: float = 0.2,
    **options: Any,
) -> Iterator[Epoch]:
    """Train a network on images; what is given stays as it is.

    Args:
        network: id of a network to train, such as "cnn"; or a model or a module of one's own, which is copied.
        images: what to learn from.
        method: id of a training method.
        epochs: passes over the training images.
        seed: of weights, order, augmentation and dropout: on a CPU, equal seeds give equal networks.
        resolution: height and width in pixels of what the network sees.
        labels: what is learned: the set's labels, or a factor that the images are made from.
        held_out: the fraction of images that is measured on and not learned from.
        options: of the network, of the method, and settings (`rate`, `batch`, `optimizer`, ...), by name.

    Yields:
        each epoch with its metrics and its network; the last says in `ended` why training ended early, if it did.

    Raises:
        BadInput: an option that there is not, or images that cannot be learned from.
    """
    divide_options(network, method, options)
    if isinstance(network, Model):
        resolution = network.input_size
    data = finished(
        load_training_data(images, resolution=resolution, labels=labels, held_out=held_out, seed=seed)
    )
    run = prepare(network, data, method=method, epochs=epochs, seed=seed, **options)
    told = 1
    for _ in learn(run):
        if len(run.epochs) > told:
            told = len(run.epochs)
            yield run.epochs[-1]
