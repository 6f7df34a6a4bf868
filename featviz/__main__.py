"""The command line: embeddings without a browser, kept where the page finds them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from featviz.data.sets.image_set import ImageSet
from featviz.data.sets.registry import BUNDLED_SETS
from featviz.errors import BadInput, FeatvizError
from featviz.models.sources.load import load_model
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.extract import EmbeddingProgress, stream
from featviz.representation.extraction.feature_layer import with_logits
from featviz.representation.extraction.pooling import POOLINGS
from featviz.store.store import Store, shared_store

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 0 where that went well, 2 where it was refused, 130 where it was stopped."""
    options = _parser().parse_args(arguments)
    try:
        _embed(options)
    except FeatvizError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. What is done is kept: the same command takes it up again.", file=sys.stderr)
        return 130
    return 0


def _embed(options: argparse.Namespace) -> None:
    model = load_model(options.model, weights=_weights(options.weights), device=options.device)
    images = _images(options.images, options.labels, options.count)
    for each in images.skipped:
        print(f"left out: {each.name}: {each.reason}", file=sys.stderr)
    store = Store(options.store) if options.store else shared_store()
    settings = {"side": options.side} if options.side else {}
    layers = dict.fromkeys(options.layer, options.pool)
    poolings = layers if options.no_answers else with_logits(model, layers)
    run = stream(model, images, poolings, batch=options.batch, store=store, **settings)
    for progress in run:
        _tell(progress)
    print(file=sys.stderr)
    for each in progress.skipped:
        print(f"left out: {each.name}: {each.reason}", file=sys.stderr)
    if progress.trouble:
        print(progress.trouble, file=sys.stderr)
    results = progress.result or {}
    _hand_over({layer: results[layer] for layer in layers}, options.out)


def _hand_over(results: Mapping[str, Embeddings], out: str) -> None:
    """Write the embeddings to `out`, if it is given, and print a line about each."""
    if out and len(results) > 1:
        Path(out).mkdir(parents=True, exist_ok=True)
    for layer, embeddings in results.items():
        target = "" if not out else str(Path(out) / f"{layer}.safetensors") if len(results) > 1 else out
        if target:
            embeddings.save(target)
        shape = f"{len(embeddings)} x {embeddings.dimensions}"
        print(f"{embeddings.model} {layer} {embeddings.pool}: {shape}{target and ' -> ' + target}")


def _images(name: str, labels: str | None, count: int) -> ImageSet:
    if Path(name).is_dir():
        return ImageSet.from_folder(name, labels=labels)
    if Path(name).is_file():
        return ImageSet.from_zip(name, labels=labels)
    if name in BUNDLED_SETS:
        return ImageSet.bundled(name, count or BUNDLED_SETS[name].shown)
    raise BadInput(
        f"There is no folder, no zip and no bundled set {name!r}; bundled are {', '.join(BUNDLED_SETS)}.",
        code="images",
    )


def _weights(name: str) -> str | None:
    return None if name == "random" else name


def _tell(progress: EmbeddingProgress) -> None:
    left = progress.total - progress.done
    seconds = f", {progress.seconds / progress.fresh * left:.0f} s left" if progress.fresh and left else ""
    print(f"\r{progress.done} of {progress.total} images{seconds}    ", end="", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m featviz", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    embed = commands.add_parser("embed", help="embed a folder, a zip or a bundled set of images")
    embed.add_argument("images", help=f"a folder, a zip, or one of {', '.join(BUNDLED_SETS)}")
    embed.add_argument("--model", required=True, help="such as shapes-resnet or torchvision/resnet18")
    embed.add_argument("--layer", required=True, nargs="+", help="one layer, or several in one pass")
    embed.add_argument("--pool", default="mean", choices=[method.id for method in POOLINGS])
    embed.add_argument("--side", type=int, help="rows and columns of --pool grid")
    embed.add_argument("--weights", default="default", help="default, random, or the path of a checkpoint")
    embed.add_argument("--device", default="auto")
    embed.add_argument("--labels", help="a CSV with the columns file and label")
    embed.add_argument("--count", type=int, default=0, help="how many images of a bundled set")
    embed.add_argument(
        "--no-answers", action="store_true", help="leave out the network's answers, which the pages show too"
    )
    embed.add_argument("--batch", type=int, default=0, help="images in one pass")
    embed.add_argument("--store", help="folder of the store, instead of this user's")
    embed.add_argument("--out", help="also write a file; a folder, where there are several layers")
    return parser


if __name__ == "__main__":
    sys.exit(main())
