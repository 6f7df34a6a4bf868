"""Train the bundled networks anew, or measure those that are there."""

import argparse

from featviz.models.sources.bundled import BUNDLED, build_bundled, bundled_card
from featviz.training.bundle.accuracy import accuracies
from featviz.training.bundle.bundling import train_bundled
from featviz.training.bundle.recipes import RECIPES
from featviz.training.bundle.runs import RUNS, train_run


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="python -m featviz.training", description=__doc__)
    parser.add_argument("networks", nargs="*", help=f"any of {', '.join(BUNDLED)}; all if none is named")
    parser.add_argument("--measure", action="store_true", help="print the accuracy of every stage instead")
    parser.add_argument(
        "--bfloat16", action="store_true", help="compute in bfloat16: fast on recent processors"
    )
    parser.add_argument(
        "--run", action="append", choices=RUNS, help="train one of the runs that come along instead"
    )
    options = parser.parse_args()
    if options.run:
        for name in options.run:
            _train_run(name)
        return
    if unknown := set(options.networks) - set(BUNDLED):
        parser.error(
            f"no bundled network is called {', '.join(sorted(unknown))}; there are {', '.join(BUNDLED)}"
        )
    for name in options.networks or BUNDLED:
        if not options.measure:
            _train(name, bfloat16=options.bfloat16)
        _measure(name)


def _train(name: str, *, bfloat16: bool) -> None:
    for progress in train_bundled(name, bfloat16=bfloat16):
        print(
            f"{name}  step {progress.step}/{progress.steps}  epoch {progress.epoch:.2f}  "
            f"loss {progress.loss:.3f}  accuracy {progress.accuracy:.1%}",
            flush=True,
        )


def _train_run(name: str) -> None:
    told = 0
    for progress in train_run(name):
        run = progress.result
        if run is not None and len(run.epochs) > told:
            told = len(run.epochs)
            figures = "  ".join(f"{what} {value:.3f}" for what, value in run.epochs[-1].metrics.items())
            print(f"{name}  epoch {run.epochs[-1].number}/{run.spec.epochs}  {figures}", flush=True)


def _measure(name: str) -> None:
    recipe = RECIPES[name]
    held_out = recipe.held_out()
    for stage in bundled_card(name).stages:
        right = accuracies(build_bundled(name, stage.name), held_out, recipe)
        figures = "  ".join(f"{what} {part:6.1%}" for what, part in right.items())
        print(
            f"{name:13}  {stage.name:8}  {stage.step:5} steps  {figures}  of {len(held_out.labels)} held out"
        )


if __name__ == "__main__":
    main()
