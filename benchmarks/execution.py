"""Forward and gradient with respect to the input: a plain replica against an execution replica.

Then many gradients in small batches against one big batch. Both sides of a pair run one after the other in one
process, pair after pair. The networks are torchvision's with random weights, on the CPU.
"""

import argparse
import platform
from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from benchmarks.record import Paired, paired
from featviz.models.sources.load import load_model

NETWORKS = ("resnet50", "squeezenet1_1", "efficientnet_b0", "vgg11")
MANY = 24


def features(replica: nn.Module, x: Tensor) -> Tensor:
    """One pass without a graph."""
    with torch.no_grad():
        output: Tensor = replica(x)
    return output


def gradient(replica: nn.Module, x: Tensor, parts: int = 1) -> Tensor:
    """The gradient of the first class with respect to the batch, which runs in so many parts."""
    return torch.cat([_gradient(replica, part) for part in x.chunk(parts)])


def _gradient(replica: nn.Module, x: Tensor) -> Tensor:
    x = x.detach().requires_grad_()
    return torch.autograd.grad(replica(x)[:, 0].sum(), x)[0]


def rows(names: Sequence[str], batch: int, pairs: int) -> Iterator[str]:
    """Lines of the table for each network."""
    for name in names:
        model = load_model(f"torchvision/{name}", weights=None)
        x = torch.randn(batch, 3, 224, 224, generator=torch.Generator().manual_seed(0))
        plain, fast = model.replica(), model.execution_replica()
        torch.testing.assert_close(features(fast, x), features(plain, x), rtol=1e-3, atol=1e-3)
        for what, work in (("forward", features), ("forward and gradient", gradient)):
            found = paired(partial(work, fast, x), partial(work, plain, x), pairs)
            yield line(name, what, "plain replica", found)
        parts = MANY // batch
        many = x.repeat(parts, 1, 1, 1)
        for replica, kind in ((fast, "execution"), (plain, "plain")):
            found = paired(partial(gradient, replica, many, parts), partial(gradient, replica, many), 3)
            yield line(name, f"{MANY} gradients, {batch} at a time, {kind} replica", "all at once", found)


def line(name: str, what: str, opponent: str, found: Paired) -> str:
    """One line of a Markdown table."""
    return f"| {name} | {what} | {opponent} | {found.ours:.0f} | {found.theirs:.0f} | {found.ratio:.2f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=9, help="how often each side runs")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(
        f"torch {torch.__version__}, {options.threads} threads, {platform.machine()}, {options.pairs} pairs\n"
    )
    print("| network | what | against | ours, ms | theirs, ms | ratio |\n|---|---|---|---|---|---|")
    for row in rows(options.networks, options.batch, options.pairs):
        print(row, flush=True)


if __name__ == "__main__":
    main()
