"""Similarity of all pairs of convolutions of resnet18 and resnet34, and its permutation null, against what others do.

All sides run in turn, round after round, and processor time is compared pair by pair, so that whoever else uses the
machine slows all alike. Weights are random, which costs the same time. pytorch-cka, torch_cka and
calibrated-similarity take part where they are installed; a folder with them may be given. The memory of each side is
that of a process of its own: the most it ever held beyond what it held before.
"""

import argparse
import contextlib
import importlib
import importlib.util
import io
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.models import resnet18, resnet34
from torchvision.transforms.functional import pil_to_tensor

from featviz.data.sets.image_set import ImageSet, Sample
from featviz.models.model import Model
from featviz.models.wrapping import wrap_model
from featviz.representation.comparison import cell_evidence, compare
from featviz.representation.comparison.layer_matrices import LayerMatrices, prepare_layers
from featviz.representation.comparison.permutation_null import null_values, random_orders
from featviz.representation.embeddings import Embeddings
from featviz.representation.similarity import measure_of
from featviz.store.store import Store

IMAGES, SIZE = 256, 64
Sides = dict[str, Callable[[], object]]


def networks() -> tuple[Model, Model]:
    """The two networks, with random weights, for images in memory."""
    torch.manual_seed(0)
    makers = {"resnet18": resnet18, "resnet34": resnet34}
    first, second = (
        wrap_model(
            make(),
            name=name,
            transform=lambda image: pil_to_tensor(image).float() / 255,
            input_size=SIZE,
        )
        for name, make in makers.items()
    )
    return first, second


def images() -> ImageSet:
    """Noise, as PIL images."""
    pixels = np.random.default_rng(0).integers(0, 256, (IMAGES, SIZE, SIZE, 3), np.uint8)
    pictures = [Image.fromarray(each) for each in pixels]
    return ImageSet("noise", IMAGES, lambda at: Sample(pictures[at], f"noise/{at}"))


def convolutions(model: Model) -> list[str]:
    """All but the shortcuts': 17 and 33."""
    return [each.name for each in model.layers if each.kind == "Conv2d" and "downsample" not in each.name]


def bare(modules: tuple[nn.Module, nn.Module], x: Tensor, batch: int) -> None:
    """Two plain forward passes."""
    with torch.no_grad():
        for module in modules:
            for part in torch.split(x, batch):
                module(part)


def pytorch_cka(
    modules: tuple[nn.Module, nn.Module], names: tuple[Any, Any], x: Tensor, batch: int
) -> object:
    """The mean over batches, as pytorch-cka does it."""
    library: Any = importlib.import_module("cka")
    loader = DataLoader(TensorDataset(x), batch)
    return library.compute_cka(
        *modules, loader, layers=names[0], model2_layers=names[1], device="cpu", progress=False
    )[0]


def torch_cka(modules: tuple[nn.Module, nn.Module], names: tuple[Any, Any], x: Tensor, batch: int) -> object:
    """The same, as torch_cka does it."""
    library: Any = importlib.import_module("torch_cka")
    loader = DataLoader(TensorDataset(x), batch)
    with torch.no_grad():
        made = library.CKA(*modules, model1_layers=names[0], model2_layers=names[1], device="cpu")
        with contextlib.suppress(AssertionError), contextlib.redirect_stderr(io.StringIO()):
            made.compare(loader)  # on noise its estimates end in NaN, when all of the work is done
    return made.export()["CKA"]


def matrix_sides() -> Sides:
    """What fills the matrix, by name."""
    models, set_ = networks(), images()
    names = (convolutions(models[0]), convolutions(models[1]))
    modules = (models[0].replica(), models[1].replica())
    x = torch.stack([models[0].transform(sample.image) for sample in set_])
    ours = partial(
        compare,
        *models,
        set_,
        layers_a=names[0],
        layers_b=names[1],
        pool="flatten",
        permutations=0,
        store=Store(None),
    )
    sides: Sides = {
        "two bare passes": partial(bare, modules, x, 64),
        "featviz, all images": ours,
        "featviz, batches of 64": partial(ours, measure="cka_minibatch", batch=64),
    }
    for title, library, run in (("pytorch-cka", "cka", pytorch_cka), ("torch_cka", "torch_cka", torch_cka)):
        if importlib.util.find_spec(library):
            for batch in (64, IMAGES) if library == "cka" else (64,):
                sides[f"{title}, batches of {batch}"] = partial(run, modules, names, x, batch)
    return sides


def processor_seconds(run: Callable[[], object]) -> float:
    """Processor time of one run."""
    before = time.process_time()
    run()
    return time.process_time() - before


def compare_sides(sides: Sides, rounds: int, against: str) -> None:
    """Print the median processor time of each side, and the median of its ratios to one of them."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):  # the first warms up
        for name, run in sides.items():
            taken = processor_seconds(run)
            if number:
                seconds[name].append(taken)
    for name, own in seconds.items():
        ratios = [each / other for each, other in zip(own, seconds[against], strict=True)]
        print(f"| {name} | {statistics.median(own):.2f} | {statistics.median(ratios):.2f} |", flush=True)


def linear_cka(x: Tensor, y: Tensor) -> Tensor:
    """Biased linear CKA, as calibrated-similarity's documentation writes it."""
    x, y = x - x.mean(0), y - y.mean(0)
    k, m = x @ x.T, y @ y.T
    return torch.as_tensor((k * m).sum() / k.norm() / m.norm())


def null_ratio(rows: int = 18, columns: int = 34, count: int = 512, permutations: int = 200) -> None:
    """Permutations of a whole matrix, against calibrated-similarity for one cell, times the number of cells."""
    rng = np.random.default_rng(0)
    names = tuple(map(str, range(columns)))
    vectors = {name: rng.normal(size=(count, 256)).astype(np.float32) for name in names}
    measure = measure_of("cka")
    a, b = (LayerMatrices.empty(names[:each], count, measure) for each in (rows, columns))
    for each in (a, b):
        for _ in prepare_layers(measure, vectors, each):
            pass

    def permute() -> None:
        for _ in null_values(measure, a, b, random_orders(count, permutations, 0)):
            pass

    ours = processor_seconds(permute)
    print(f"| {permutations} permutations of {rows} x {columns} at n = {count} | {ours:.2f} |")
    if importlib.util.find_spec("calibrated_similarity"):
        library: Any = importlib.import_module("calibrated_similarity")
        x, y = (torch.from_numpy(vectors[name]) for name in names[:2])
        cell = processor_seconds(lambda: library.calibrate(x, y, linear_cka, K=permutations))
        print(f"| calibrated-similarity, one cell times {rows * columns} | {cell * rows * columns:.0f} |")
        print(f"ratio {cell * rows * columns / ours:.0f}")


def evidence_seconds(count: int = 512, dimensions: int = 256) -> None:
    """What stands behind one cell, once both layers are embedded."""
    rng = np.random.default_rng(0)
    ids = tuple(map(str, range(count)))
    a, b = (Embeddings(rng.normal(size=(count, dimensions)).astype(np.float32), ids) for _ in range(2))
    cell_evidence(a, b)
    seconds = statistics.median(processor_seconds(lambda: cell_evidence(a, b)) for _ in range(5))
    print(f"a cell's evidence, n = {count}, {dimensions} units each: {seconds:.2f} s")


def memory(side: str) -> None:
    """Print by how many MB one side's process grows at most."""
    run = matrix_sides()[side]
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    run()
    print(f"| {side} | {(_status('VmHWM') - before) / 1024:.0f} |", flush=True)


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def main() -> None:
    """Run all parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", default="", help="of this side alone")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.memory:
        memory(arguments.memory)
        return
    sides = matrix_sides()
    print("| side | processor time, s | of two bare passes |\n|---|---|---|")
    compare_sides(sides, arguments.rounds, "two bare passes")
    print("\n| side | memory, MB |\n|---|---|", flush=True)
    for side in sides:
        subprocess.run([sys.executable, "-m", "benchmarks.similarity", "--memory", side], check=True)
    null_ratio()
    evidence_seconds()


if __name__ == "__main__":
    main()
