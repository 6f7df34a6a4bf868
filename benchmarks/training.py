"""Training through the stream against a bare PyTorch loop, and against a DataLoader with torchvision's transforms.

All sides train the same network from the same weights on the same images, and run in turn in one process; the figure
is the median of the ratios of processor time, pair by pair: `python -m benchmarks.training`.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import AdamW
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from featviz import ImageSet, Model, load_model
from featviz.progress import finished
from featviz.training.augmentations import augment
from featviz.training.data import TrainingData, load_training_data
from featviz.training.learning import learn
from featviz.training.run import TrainingRun, prepare

_RATE, _BATCH = 3e-3, 64


class Images(Dataset[tuple[Tensor, int]]):
    """Training images as a torchvision user keeps them: PIL images, changed and normalized one by one."""

    def __init__(self, data: TrainingData) -> None:
        self.images = [
            Image.fromarray(np.ascontiguousarray(data.images[i].permute(1, 2, 0).numpy()))
            for i in data.training
        ]
        self.labels = data.labels[data.training].tolist()
        size = data.inputs.size
        self.transform = transforms.Compose(
            [
                transforms.RandomResizedCrop(size, scale=(0.4, 1.0), ratio=(1.0, 1.0)),
                transforms.RandomHorizontalFlip(),
                transforms.ColorJitter(0.4, 0.4, 0.4),
                transforms.ToTensor(),
                transforms.Normalize(data.mean.tolist(), data.std.tolist()),
            ]
        )

    def __len__(self) -> int:
        """How many."""
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """One image and its label."""
        return self.transform(self.images[index]), self.labels[index]


def bare_loop(
    network: nn.Module,
    batches: Callable[[], Iterator[tuple[Tensor, Tensor]]],
    held_out: Callable[[nn.Module], float],
    epochs: int,
) -> None:
    """What a tutorial writes: no records, no progress; the loss it learns from, and the held-out one of each epoch."""
    optimizer = AdamW(network.parameters(), lr=_RATE, weight_decay=0.01)
    held_out(network.eval())
    for _ in range(epochs):
        network.train()
        for images, labels in batches():
            optimizer.zero_grad()
            loss = cross_entropy(network(images), labels)
            torch.autograd.backward(loss)
            optimizer.step()
        held_out(network.eval())


def in_memory(data: TrainingData, augmentation: str) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of the same tensors, augmented by the same function."""
    generator = Generator().manual_seed(0)
    order = data.training[torch.randperm(len(data.training), generator=generator)]
    for chosen in torch.split(order[: len(order) // _BATCH * _BATCH], _BATCH):
        images = augment(data.images[chosen], augmentation, generator)  # type: ignore[arg-type]
        yield data.normalized(images), data.labels[chosen]


def measured(name: str, network: str | Model, images: ImageSet, epochs: int, pairs: int) -> Iterator[str]:
    """One line for each opponent."""
    size = network.input_size if isinstance(network, Model) else 64
    data = finished(load_training_data(images, resolution=size, held_out=0.1))
    if isinstance(network, Model):
        data = data.seen_by(network)

    def run() -> TrainingRun:
        return prepare(
            network,
            data,
            epochs=epochs,
            batch=_BATCH,
            rate=_RATE,
            schedule="constant",
            augmentation="crop_and_recolor",
        )

    fresh, loader = run().task.network, DataLoader(Images(data), _BATCH, shuffle=True, drop_last=True)

    @torch.no_grad()
    def held_out(network: nn.Module) -> float:
        logits = network(data.normalized(data.images[data.held_out]))
        return float(cross_entropy(logits, data.labels[data.held_out]))

    def bare() -> None:
        bare_loop(copy.deepcopy(fresh), lambda: in_memory(data, "crop_and_recolor"), held_out, epochs)

    def loaded() -> None:
        plain = copy.deepcopy(fresh).to(memory_format=torch.contiguous_format)
        bare_loop(plain, lambda: iter(loader), held_out, epochs)

    for opponent, theirs in (("bare loop", bare), ("DataLoader, transforms", loaded)):
        ratios = []
        for _ in range(pairs):
            ours = processor_seconds(lambda: finished(learn(run())))
            ratios.append(ours / processor_seconds(theirs))
        yield (
            f"{name:12} {opponent:24} {statistics.median(ratios):.3f} of its time "
            f"({min(ratios):.3f} to {max(ratios):.3f}, {pairs} pairs)"
        )


def processor_seconds(work: Callable[[], object]) -> float:
    """Processor time of one run."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    shapes, digits = ImageSet.bundled("shapes", options.images), ImageSet.bundled("digits", options.images)
    for name, network, images in (
        ("cnn", "cnn", shapes),
        ("digits-cnn", load_model("digits-cnn", weights="random"), digits),
    ):
        for line in measured(name, network, images, options.epochs, options.pairs):
            print(line, flush=True)


if __name__ == "__main__":
    main()
