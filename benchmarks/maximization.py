"""A step of activation maximization: against torch-lucent, against the least there is to do, and many at once.

Both sides of a pair run one after the other in one process, pair after pair, by the processor time they take, which
a busy machine leaves alone, with the same network (torchvision's
with random weights, on the CPU), layer, size, batch, number of steps and robustness transforms. torch-lucent is
shown pictures at that very size, as it would enlarge them otherwise; where it is not installed its rows are
left out. The least there is to do is a loop of forward to the layer and backward to the pixels on the same
execution replica, which has the channel alone that is read; or one that has all channels of the layer.
"""

import argparse
import importlib
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import nn

from benchmarks.record import Paired
from featviz.explain.maximization.maximize import maximize
from featviz.explain.maximization.objectives import each
from featviz.explain.maximization.preprocessing import input_normalization
from featviz.explain.maximization.transform_presets import TRANSFORM_PRESETS
from featviz.explain.targets.units import Channel
from featviz.models.capture import recording
from featviz.models.model import Model
from featviz.models.sources.load import load_model

CASES = {"squeezenet1_1": "features.6", "resnet50": "layer3"}
CHANNEL = 5
SHEET = ("shapes-resnet", "stage3.1.relu2", 64)
# no early end, so that both sides take all their steps
ENDLESS: dict[str, Any] = {"patience": 20_000, "every": 20_000}


def ours(model: Model, layer: str, size: int, batch: int, steps: int) -> None:
    """A run of featviz."""
    for _frame in maximize(model, Channel(layer, CHANNEL), size=size, count=batch, steps=steps, **ENDLESS):
        pass


def floor(model: Model, layer: str, size: int, batch: int, steps: int, *, whole: bool = False) -> None:
    """Forward to the layer and backward to the pixels, and nothing else.

    With `whole` every channel of the layer is computed; else those alone that `ours` has computed.
    """
    at, units = f"{layer}:0", () if whole else (CHANNEL,)
    if not model.execution.can_slice(units, [layer], at):
        units = ()
    replica = model.execution_replica(keep=[layer], pool_early=True, channels=units, layer=at)
    place = 0 if units else CHANNEL
    pictures = torch.rand((batch, 3, size, size), generator=torch.Generator().manual_seed(0))
    x = input_normalization(model)(pictures).requires_grad_()
    for _ in range(steps):
        with recording(replica, {layer: (layer, 0)}, detach=False) as outputs:
            replica(x)
        torch.autograd.grad(outputs[layer][:, place].mean((1, 2)).sum(), x)


def lucents(module: nn.Module, layer: str, size: int, batch: int, steps: int) -> None:
    """A run of torch-lucent with featviz's transforms."""
    objectives, param, render = (
        importlib.import_module(f"lucent.optvis.{name}") for name in ("objectives", "param", "render")
    )

    generator, changed = torch.Generator().manual_seed(0), TRANSFORM_PRESETS["lucid"].function((size, size))
    render.render_vis(
        module,
        objectives.channel(layer.replace(".", "_"), CHANNEL),
        param_f=lambda: param.image(size, batch=batch),
        transforms=[lambda pictures: changed(pictures, generator)],
        thresholds=(steps,),
        fixed_image_size=size,
        progress=False,
        show_image=False,
    )


def paired(first: Callable[[], object], second: Callable[[], object], pairs: int) -> Paired:
    """Run two sides in turn, A B A B ..., and compare the processor time they take pair by pair."""
    first(), second()
    times = [(processor_seconds(first), processor_seconds(second)) for _ in range(pairs)]
    one, other = zip(*times, strict=True)
    ratio = statistics.median(a / b for a, b in times)
    return Paired(1e3 * statistics.median(one), 1e3 * statistics.median(other), ratio)


def processor_seconds(work: Callable[[], object]) -> float:
    """How long the processors are busy with one run, summed over them."""
    start = time.process_time()
    work()
    return time.process_time() - start


def has_lucent() -> bool:
    """Whether torch-lucent is installed with what it needs."""
    try:
        importlib.import_module("lucent.optvis.render")
    except ImportError:
        return False
    return True


def rows(
    networks: Sequence[str], sizes: Sequence[int], batches: Sequence[int], steps: int, pairs: int
) -> Iterator[str]:
    """Lines of the table for each network, size and batch."""
    for name in networks:
        layer = CASES[name]
        model = load_model(f"torchvision/{name}", weights=None)
        # with gradients for its weights, as it comes
        module = model.replica().requires_grad_()
        opponents: dict[str, Callable[..., None]] = {
            "the least": partial(floor, model),
            "the least, all channels": partial(floor, model, whole=True),
        }
        if has_lucent():
            opponents["torch-lucent"] = partial(lucents, module)
        for size in sizes:
            for batch in batches:
                run = (layer, size, batch, steps)
                for opponent, work in opponents.items():
                    found = paired(partial(ours, model, *run), partial(work, *run), pairs)
                    yield line(f"{name} {layer}, {size} px, batch {batch}", opponent, found, steps)


def sheet(steps: int, pairs: int) -> str:
    """A line for a sheet of channels in one batch against as many runs of one."""
    name, layer, channels = SHEET
    model = load_model(name)
    units = [Channel(layer, channel) for channel in range(channels)]

    def together() -> None:
        for _frame in maximize(model, each(units), steps=steps, **ENDLESS):
            pass

    def apart() -> None:
        for unit in units:
            for _frame in maximize(model, unit, steps=steps, **ENDLESS):
                pass

    what = f"{name} {layer}, {channels} channels in one batch"
    return line(what, "as many runs of one", paired(together, apart, pairs), steps)


def line(what: str, opponent: str, found: Paired, steps: int) -> str:
    """One line of a Markdown table."""
    return (
        f"| {what} | {opponent} | {found.ours / steps:.1f} | {found.theirs / steps:.1f} | {found.ratio:.2f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5, help="how often each side runs")
    parser.add_argument("--steps", type=int, default=64)
    parser.add_argument("--networks", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--no-sheet", action="store_true", help="leave the sheet of 64 out")
    parser.add_argument("--sizes", type=int, nargs="+", default=[128, 224])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(
        f"torch {torch.__version__}, {options.threads} threads, {platform.machine()}, {options.pairs} pairs\n"
    )
    print("| run | against | ours, ms a step | theirs, ms a step | ratio |\n|---|---|---|---|---|")
    for row in rows(options.networks, options.sizes, options.batches, options.steps, options.pairs):
        print(row, flush=True)
    if not options.no_sheet:
        print(sheet(options.steps, max(1, options.pairs // 2)), flush=True)


if __name__ == "__main__":
    main()
