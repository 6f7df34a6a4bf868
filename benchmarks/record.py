"""`record` of a middle layer against running just that part by hand, and against the whole pass.

Both sides of a pair run one after the other in one process, pair after pair, so that a machine's moods
fall on both. The network is torchvision's resnet50 with random weights, 224 pixels, on the CPU.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torchvision.models import resnet50

from featviz.models.isolated_rng import IsolatedRNG
from featviz.models.model import Model
from featviz.models.recording import record
from featviz.models.wrapping import wrap_model

STEM = ("conv1", "bn1", "relu", "maxpool")
PARTS = {
    "layer2.3": (*STEM, "layer1", "layer2"),
    "layer3.5": (*STEM, "layer1", "layer2", "layer3"),
}


@dataclass(frozen=True)
class Paired:
    """Medians in milliseconds of two sides, and the median of the ratios pair by pair."""

    ours: float
    theirs: float
    ratio: float


def paired(ours: Callable[[], object], theirs: Callable[[], object], pairs: int) -> Paired:
    """Run two sides in turn, A B A B ..., and compare them pair by pair."""
    ours(), theirs()
    times = [(seconds(ours), seconds(theirs)) for _ in range(pairs)]
    first, second = zip(*times, strict=True)
    ratio = statistics.median(a / b for a, b in times)
    return Paired(1e3 * statistics.median(first), 1e3 * statistics.median(second), ratio)


def seconds(work: Callable[[], object]) -> float:
    """How long one run takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def by_hand(network: nn.Module, x: Tensor, children: Sequence[str]) -> Tensor:
    """The bare loop: these children of the plain network, one after the other."""
    with torch.no_grad():
        for name in children:
            x = network.get_submodule(name)(x)
    return x


def whole(network: nn.Module, x: Tensor) -> Tensor:
    """The plain network from end to end."""
    with torch.no_grad():
        output: Tensor = network(x)
    return output


def networks() -> tuple[nn.Module, Model]:
    """The plain network, and the same one as featviz holds it."""
    with IsolatedRNG(0):
        plain = resnet50(weights=None).eval().requires_grad_(requires_grad=False)
    model = wrap_model(plain, name="resnet50", transform=lambda _image: torch.empty(0), input_size=224)
    return plain, model


def rows(batches: Sequence[int], pairs: int) -> Iterator[str]:
    """One line of the table for each batch, layer and opponent."""
    plain, model = networks()
    for batch in batches:
        x = torch.randn(batch, 3, 224, 224, generator=torch.Generator().manual_seed(batch))
        for layer, children in PARTS.items():
            if not torch.equal(record(model, x, layer)[layer], by_hand(plain, x, children)):
                raise SystemExit(f"{layer} is not recorded right: no use in timing it.")
            ours = partial(record, model, x, layer)
            part = paired(ours, partial(by_hand, plain, x, children), pairs)
            yield line(batch, layer, "that part by hand", part)
            yield line(batch, layer, "the whole pass", paired(ours, partial(whole, plain, x), pairs))


def line(batch: int, layer: str, opponent: str, found: Paired) -> str:
    """One line of a Markdown table."""
    return f"| {batch} | {layer} | {opponent} | {found.ours:.1f} | {found.theirs:.1f} | {found.ratio:.2f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=9, help="how often each side runs")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(
        f"torch {torch.__version__}, {options.threads} threads, {platform.machine()}, {options.pairs} pairs\n"
    )
    print("| batch | layer | against | record, ms | other, ms | ratio |\n|---|---|---|---|---|---|")
    for row in rows(options.batches, options.pairs):
        print(row, flush=True)


if __name__ == "__main__":
    main()
