"""Attribution against captum and pytorch-grad-cam on the plain network, and against a bare loop of its passes.

Both sides of a pair run one after the other in one process, and must agree before they are timed. Timed twice:
by the processor time of all threads, which other processes hardly change, and by the clock. The networks
are torchvision's with random weights, 224 pixels, on the CPU. captum's side gets frozen weights, which spares it
work, and its best batch; pytorch-grad-cam's the network as torchvision makes it, and one whose weights alone
behind the layer want gradients, which is its best.
"""

import argparse
import copy
import platform
import resource
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
import torchvision.models
from captum import attr  # type: ignore[import-untyped]
from torch import Tensor, nn

from benchmarks.record import seconds
from featviz.explain.attribution.attribute import attribute
from featviz.explain.targets.score import batch_size_for, batches
from featviz.models.isolated_rng import IsolatedRNG
from featviz.models.model import Model
from featviz.models.wrapping import wrap_model

CAM_LAYERS = {"resnet50": "layer4.2", "squeezenet1_1": "features"}
BATCHES = (1, 2, 4, 5, 8, 10)
AGREEMENT = 1e-3
"""Norm of the difference by norm; gradients of deep networks with random weights differ by kinks in float32."""

Side = Callable[[], Any]


@dataclass(frozen=True)
class Bench:
    """A network plain and as featviz holds it, and the picture."""

    name: str
    plain: nn.Module
    model: Model
    x: Tensor

    def ours(self, method: str, **options: Any) -> Any:
        return attribute(self.model, self.x, method, target=0, **options).raw


def bench(name: str) -> Bench:
    with IsolatedRNG(0):
        plain = getattr(torchvision.models, name)(weights=None).eval()
    model = wrap_model(plain, name=name, transform=lambda _image: torch.empty(0), input_size=224)
    x = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    return Bench(name, plain, model, x)


def frozen(network: nn.Module) -> nn.Module:
    return copy.deepcopy(network).requires_grad_(requires_grad=False)


def array(found: Any) -> Any:
    return found.detach().numpy()[0] if isinstance(found, Tensor) else found


def difference(ours: Any, theirs: Any) -> float:
    """Norm of the difference of two maps by the norm of theirs."""
    one, two = array(ours).astype(np.float64), array(theirs).astype(np.float64)
    return float(np.linalg.norm(one - two[: len(one)]) / np.linalg.norm(two[: len(one)]))


@dataclass(frozen=True)
class Timed:
    """Medians of both sides in milliseconds of processor time; medians of the pairs' ratios of it and by the clock."""

    ours: float
    theirs: float
    ratio: float
    clock: float


def timed(ours: Side, theirs: Side, pairs: int) -> Timed:
    """Run two sides in turn, A B A B ..., and compare them pair by pair."""
    ours(), theirs()
    times = np.array([[spent(ours), spent(theirs)] for _ in range(pairs)])  # (pairs, sides, clocks)
    first, second = 1e3 * np.median(times[:, :, 0], 0)
    ratio, clock = np.median(times[:, 0] / times[:, 1], 0)
    return Timed(first, second, ratio, clock)


def spent(work: Side) -> tuple[float, float]:
    """Seconds of processor time and by the clock that one run takes."""
    processor, clock = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - processor, time.perf_counter() - clock


def best(side: Callable[[int], object], sizes: Sequence[int] = BATCHES) -> int:
    """The batch size that is quickest."""
    return min(sizes, key=lambda size: min(spent(partial(side, size))[0] for _ in range(2)))


def floor(bench: Bench, count: int, *, gradient: bool, pool_early: bool = True) -> Side:
    """A bare loop of so many passes on the method's execution replica, in the batches that it takes."""
    replica = bench.model.execution_replica(pool_early=pool_early, channels=[0])

    def run() -> None:
        for _start, size in batches(count, batch_size_for(bench.x)):
            x = bench.x.repeat(size, 1, 1, 1).requires_grad_(gradient)
            with torch.set_grad_enabled(gradient), bench.model.execution.use_prepacked():
                value = replica(x)[:, 0].sum()
            if gradient:
                torch.autograd.grad(value, x)

    return run


def floor_from(bench: Bench, layer: str) -> Side:
    """A bare pass on the execution replica, and the gradient for the outputs of one of its layers."""
    replica = bench.model.execution_replica(keep=[layer], channels=[0])
    found: list[Tensor] = []

    def begin(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        found[:] = [output.detach().requires_grad_()]
        return found[0].clone()

    replica.get_submodule(layer).register_forward_hook(begin)

    def run() -> None:
        with bench.model.execution.use_prepacked():
            torch.autograd.grad(replica(bench.x)[:, 0].sum(), found[0])

    return run


def integrated(bench: Bench, steps: int) -> Iterator[tuple[str, Side, Side, bool]]:
    begin, captum = torch.zeros_like(bench.x), attr.IntegratedGradients(frozen(bench.plain))

    def theirs(size: int | None, steps: int = steps) -> Tensor:
        found: Tensor = captum.attribute(
            bench.x, begin, target=0, n_steps=steps, internal_batch_size=size, method="gausslegendre"
        )
        return found

    ours = partial(bench.ours, "integrated_gradients", steps=steps, baseline=begin)
    size = best(partial(theirs, steps=20))
    yield f"captum, {size} at a time", ours, partial(theirs, size), True
    yield "captum as it comes", ours, partial(theirs, None), True
    yield "floor", ours, floor(bench, steps, gradient=True), False


def smooth(bench: Bench, samples: int) -> Iterator[tuple[str, Side, Side, bool]]:
    captum = attr.NoiseTunnel(attr.Saliency(frozen(bench.plain)))
    spread = 0.15 * float(bench.x.max() - bench.x.min())

    def theirs(size: int) -> Tensor:
        found: Tensor = captum.attribute(
            bench.x, nt_samples=samples, nt_samples_batch_size=size, stdevs=spread, target=0, abs=False
        )
        return found

    ours = partial(bench.ours, "smoothgrad", samples=samples)
    size = best(theirs, (1, 5, 10, samples))
    yield f"captum, {size} at a time", ours, partial(theirs, size), False  # other noise: other numbers
    yield "floor", ours, floor(bench, samples, gradient=True), False


def occluded(bench: Bench, window: int, stride: int) -> Iterator[tuple[str, Side, Side, bool]]:
    captum, begin = attr.Occlusion(frozen(bench.plain)), torch.zeros_like(bench.x)

    def theirs(size: int, stride: int = stride) -> Tensor:
        found: Tensor = captum.attribute(
            bench.x, (3, window, window), (3, stride, stride), begin, 0, perturbations_per_eval=size
        )
        return found

    count = 1 + len(range(0, 224 - window + 1, stride)) ** 2
    ours = partial(bench.ours, "occlusion", window=window, stride=stride, baseline=begin)
    size = best(partial(theirs, stride=window))  # as many pictures at once, a quarter of the windows
    yield f"captum, {size} at a time", ours, partial(theirs, size), True
    yield "floor", ours, floor(bench, count, gradient=False), False


def guided(bench: Bench) -> Iterator[tuple[str, Side, Side, bool]]:
    captum = attr.GuidedBackprop(frozen(bench.plain))
    ours = partial(bench.ours, "guided_backprop")
    yield "captum", ours, partial(captum.attribute, bench.x, target=0), True
    yield "floor", ours, floor(bench, 1, gradient=True, pool_early=False), False


def cams(bench: Bench, method: str) -> Iterator[tuple[str, Side, Side, bool]]:
    import pytorch_grad_cam as peers  # type: ignore[import-untyped]
    from pytorch_grad_cam.utils.model_targets import (  # type: ignore[import-untyped]
        ClassifierOutputTarget,
    )

    layer = CAM_LAYERS[bench.name]
    kind = {"grad_cam": peers.GradCAM, "layer_cam": peers.LayerCAM}[method]
    late = frozen(bench.plain)
    late.get_submodule(layer).requires_grad_(requires_grad=True)
    for what, network in (("as it comes", copy.deepcopy(bench.plain)), ("at its best", late)):
        peer = kind(network, [network.get_submodule(layer)])
        theirs = partial(peer, bench.x, targets=[ClassifierOutputTarget(0)])
        yield f"pytorch-grad-cam {what}", partial(bench.ours, method, layer=layer), theirs, False
        yield f"pytorch-grad-cam {what}, our default layer", partial(bench.ours, method), theirs, False
    yield "floor", partial(bench.ours, method, layer=layer), floor_from(bench, layer), False


WORK: dict[str, Callable[[Bench], Iterator[tuple[str, Side, Side, bool]]]] = {
    "guided": guided,
    "grad_cam": partial(cams, method="grad_cam"),
    "layer_cam": partial(cams, method="layer_cam"),
    "integrated": partial(integrated, steps=50),
    "smoothgrad": partial(smooth, samples=25),
    "occlusion": partial(occluded, window=16, stride=8),
}


def rows(names: Sequence[str], work: Sequence[str], pairs: int) -> Iterator[str]:
    """One line of the table for each network, method and opponent."""
    for name in names:
        held = bench(name)
        _ready = held.model.layers, held.model.execution, held.model.fingerprint
        for what in work:
            for opponent, ours, theirs, same in WORK[what](held):
                apart = difference(ours(), theirs()) if same else None
                if apart is not None and apart > AGREEMENT:
                    raise SystemExit(f"{name}, {what}: {apart:.1e} apart, so not the same work was done.")
                yield line(name, what, opponent, timed(ours, theirs, pairs), apart)


def line(name: str, what: str, opponent: str, found: Timed, apart: float | None) -> str:
    """One line of a Markdown table."""
    shown = "" if apart is None else f"{apart:.0e}"
    times = f"{found.ours:.0f} | {found.theirs:.0f} | {found.ratio:.2f} | {found.clock:.2f}"
    return f"| {name} | {what} | {opponent} | {times} | {shown} |"


def memory(steps: int) -> str:
    """What so many steps of integrated gradients add to the peak of resident memory, resnet50."""
    held = bench("resnet50")
    _ready = held.model.layers, held.model.execution, held.model.fingerprint
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = seconds(partial(held.ours, "integrated_gradients", steps=steps))
    added = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
    return f"integrated gradients, {steps} steps, resnet50: {added:.2f} GiB more at the peak, {took:.0f} s"


def main() -> None:
    """Print the table, or the memory alone in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5, help="how often each side runs")
    parser.add_argument("--networks", nargs="+", default=list(CAM_LAYERS))
    parser.add_argument("--work", nargs="+", choices=list(WORK), default=list(WORK))
    parser.add_argument("--memory", type=int, metavar="STEPS", help="measure memory alone")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.memory:
        print(memory(options.memory))
        return
    warnings.simplefilter("ignore")  # captum tells of its hooks
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {platform.machine()}\n")
    print(
        "| network | method | against | ours, ms | theirs, ms | ratio | by the clock | apart |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    for row in rows(options.networks, options.work, options.pairs):
        print(row, flush=True)


if __name__ == "__main__":
    main()
