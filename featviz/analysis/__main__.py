"""Measure anew what transfer from bundled networks is worth: `python -m featviz.analysis shapes digits`."""

import argparse

from featviz.analysis.bundled_transfer import TRANSFERS, measure_transfer


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="python -m featviz.analysis", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*TRANSFERS, []], help="all if none is named")
    for name in parser.parse_args().names or TRANSFERS:
        told = 0
        for progress in measure_transfer(name):
            points = progress.result.points if progress.result is not None else ()
            if len(points) > told:
                told, last = len(points), points[-1]
                low, high = last.interval
                reached = f"{last.mean:.1%} ({low:.1%} to {high:.1%})"
                print(f"{name}  {last.approach:13}{last.labels:4} labels a class  {reached}", flush=True)


if __name__ == "__main__":
    main()
