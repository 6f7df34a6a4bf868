"""Embedding a folder of JPEGs with resnet18, against a bare forward on ready tensors and against decoding alone.

The three run in turn in one process, round after round, so that a machine's moods fall on all. The pictures
are made by code, 500×375; weights are random, which costs the same time. Nothing is kept on disk.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from featviz.data.image_set import ImageSet
from featviz.models.loading import load_model
from featviz.models.model import Model
from featviz.representation.embedding import embed
from featviz.representation.store import Store

LAYER = "avgpool"


def write_pictures(folder: Path, count: int) -> None:
    """JPEGs of about 60 KB each, smooth with some noise."""
    rng = np.random.default_rng(0)
    for number in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (24, 32, 3), np.uint8)).resize((500, 375), 3)
        noisy = np.asarray(coarse, np.int16) + rng.integers(-12, 13, (375, 500, 3))
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(folder / f"{number:05}.jpg", quality=85)


def bare(module: nn.Module, x: Tensor, batch: int) -> None:
    """Torchvision's plain network over ready tensors."""
    with torch.no_grad():
        for part in torch.split(x, batch):
            module(part)


def decode(model: Model, images: ImageSet) -> None:
    """Reading and normalising alone, in one thread."""
    for sample in images:
        model.transform(sample.image)


def seconds(work: Callable[[], object]) -> float:
    """How long one run takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Print images per second of each side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16)
    options = parser.parse_args()
    model = load_model("torchvision/resnet18", weights=None)
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(Path(folder), options.images)
        opening = seconds(partial(ImageSet.from_folder, folder))
        images = ImageSet.from_folder(folder)
        x = model.preprocess([images[0].image]).repeat(options.images, 1, 1, 1)
        sides: dict[str, Callable[[], object]] = {
            "embed": partial(embed, model, images, LAYER, batch=options.batch, store=Store(None)),
            "bare forward": partial(bare, model.replica(), x, options.batch),
            "decoding alone": partial(decode, model, images),
        }
        embed(model, images.subset(range(min(64, options.images))), LAYER, store=Store(None))
        rounds = [{name: seconds(work) for name, work in sides.items()} for _ in range(options.rounds)]
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {options.images} JPEGs of 500×375")
    print(f"opening the folder, every file checked: {options.images / opening:.0f} images/s")
    for name in sides:
        found = statistics.median(each[name] for each in rounds)
        print(f"{name}: {options.images / found:.1f} images/s")
    ratio = statistics.median(max(e["bare forward"], e["decoding alone"]) / e["embed"] for e in rounds)
    print(f"embed against the slower of the other two: {ratio:.2f} of its rate")


if __name__ == "__main__":
    main()
