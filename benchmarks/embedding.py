"""Embedding a folder of JPEGs with resnet18, against a bare forward, decoding alone, and what others do.

All sides run in turn, round after round, each round beginning with another of them, so that a machine's moods
fall on all alike. Beside the clock stands the processor time, of other processes and threads included: where
others use the cores too, it says what the clock would say if they did not. The pictures are made by code,
500x375; weights are random, which costs the same time. Nothing is kept on disk. thingsvision takes part where it
is installed; a loop over torchvision's folder with one worker always does.
"""

import argparse
import importlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.models.feature_extraction import create_feature_extractor

from featviz.data.sets.image_set import ImageSet
from featviz.models.model import Model
from featviz.models.sources.load import load_model
from featviz.representation.extraction.extract import embed
from featviz.store.store import Store

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


def loop(model: Model, folder: str, batch: int) -> None:
    """What people write by hand: a DataLoader with one worker, a feature extractor, vectors gathered."""
    extractor = create_feature_extractor(model.replica(), {LAYER: "features"})
    loader = DataLoader(ImageFolder(folder, model.transform), batch, num_workers=1)
    with torch.no_grad():
        torch.cat([extractor(x)["features"].flatten(1) for x, _labels in loader]).numpy()


def thingsvision_loop(model: Model, folder: str, batch: int) -> Callable[[], object] | None:
    """The same by thingsvision, or None where it is not installed."""
    try:
        extraction: Any = importlib.import_module("thingsvision")
        data: Any = importlib.import_module("thingsvision.utils.data")
    except ImportError:
        return None
    extractor = extraction.get_extractor_from_model(
        model=model.replica(), device="cpu", backend="pt", preprocess=model.transform
    )

    def run() -> None:
        dataset = data.ImageDataset(
            root=folder, out_path=tempfile.mkdtemp(), backend="pt", transforms=model.transform
        )
        batches = data.DataLoader(dataset=dataset, batch_size=batch, backend="pt")
        extractor.extract_features(batches=batches, module_name=LAYER, flatten_acts=True)

    return run


@dataclass(frozen=True)
class Seconds:
    """What a run took: by the clock, of the processor in all, and of it in the thread that computes."""

    clock: float
    processor: float
    computing: float


def seconds(work: Callable[[], object]) -> Seconds:
    """How long one run takes; workers that it starts must have ended with it."""
    before = time.perf_counter(), sum(os.times()[:4]), time.thread_time()
    work()
    after = time.perf_counter(), sum(os.times()[:4]), time.thread_time()
    return Seconds(*(end - start for start, end in zip(before, after, strict=True)))


def in_turn(sides: dict[str, Callable[[], object]], rounds: int) -> list[dict[str, Seconds]]:
    """What each side takes, round by round, each round beginning with another."""
    names = list(sides)
    found = []
    for number in range(rounds):
        start = number % len(names)
        found.append({name: seconds(sides[name]) for name in names[start:] + names[:start]})
    return found


def main() -> None:
    """Print images per second of each side, and ratios round by round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--threads", type=int, default=1, help="of torch; the other core decodes")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = load_model("torchvision/resnet18", weights=None)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pictures").mkdir()
        write_pictures(Path(folder) / "pictures", options.images)
        opening = seconds(partial(ImageSet.from_folder, folder)).clock
        images = ImageSet.from_folder(folder)
        x = model.preprocess([images[0].image]).repeat(options.images, 1, 1, 1)
        sides: dict[str, Callable[[], object]] = {
            "embed": partial(embed, model, images, LAYER, batch=options.batch, store=Store(None)),
            "bare forward": partial(bare, model.replica(), x, options.batch),
            "decoding alone": partial(decode, model, images),
            "DataLoader loop": partial(loop, model, folder, options.batch),
        }
        other = thingsvision_loop(model, folder, options.batch)
        sides |= {"thingsvision": other} if other else {}
        embed(model, images.subset(range(min(64, options.images))), LAYER, store=Store(None))
        rounds = in_turn(sides, options.rounds)
    report(rounds, options.images, opening)


def report(rounds: list[dict[str, Seconds]], count: int, opening: float) -> None:
    """Print what the rounds over so many images took; `opening` is the seconds that opening the folder took."""
    load = os.getloadavg()[0]
    print(
        f"torch {torch.__version__}, {torch.get_num_threads()} threads, {count} JPEGs of 500x375, "
        f"{len(rounds)} rounds, load {load:.1f} on {os.cpu_count()} cores"
    )
    print(f"opening the folder, every file checked: {count / opening:.0f} images/s")
    for name in rounds[0]:
        clock, processor, computing = (
            statistics.median(getattr(each[name], kind) for each in rounds) / count
            for kind in ("clock", "processor", "computing")
        )
        print(
            f"{name}: {1 / clock:.1f} images/s; of the processor {processor * 1e3:.1f} ms an image, "
            f"{computing * 1e3:.1f} of them in the thread that computes"
        )
    for name in [name for name in rounds[0] if name != "embed"]:
        clock = statistics.median(each[name].clock / each["embed"].clock for each in rounds)
        alone = statistics.median(each[name].computing / each["embed"].computing for each in rounds)
        print(
            f"embed has {clock:.2f} times the rate of {name} by the clock, {alone:.2f} times by the processor "
            "time of the computing thread"
        )


if __name__ == "__main__":
    main()
