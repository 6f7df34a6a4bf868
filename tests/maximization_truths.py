"""The full figures of activation maximization on the bundled networks; the tests hold a part of each.

python -m tests.maximization_truths [live] [textures] [plain] [typical] [stages] [defaults] [--second FILE]
    [--steps STEPS] [--seed SEED]

FILE holds another shapes-resnet, trained from another seed; where there is no such file, it is trained and written
(a quarter of an hour of one core).
"""

import argparse
import dataclasses
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from featviz import (
    Channel,
    Direction,
    ImageSet,
    LogProbability,
    Model,
    each,
    load_model,
    maximize,
    wrap_model,
)
from featviz.data.shapes.shapes import TEXTURE_NAMES
from featviz.explain.maximization.activation_prior import typical
from featviz.explain.maximization.naturalness import cross_predictions, image_responses, naturalness
from featviz.explain.maximization.regularizers import TotalVariation
from featviz.explain.targets.units import Logit, Objective
from featviz.models.ensemble import ensemble
from featviz.models.sources.bundled import ARCHITECTURES, read_stage
from featviz.training.bundle.examples import training_shapes
from featviz.training.bundle.loop import train
from featviz.training.bundle.recipes import RECIPES
from featviz.training.initialize import initialize
from featviz.ui.pages.maximization.view_state import CLASS_DECAY
from tests.ui.pages.maximization.test_class_images import CUT, fine

Floats = NDArray[np.float32]

IMAGES = 2000
FIRST_STEPS, PAGE_STEPS = 64, 512
TEXTURE_LAYER = "stage2.0.relu2"
CLASSES, CLASSES_AT_ONCE = 80, 20


def painted(model: Model, objective: Objective, **options: object) -> Floats:
    """The last pictures of a run."""
    *_, frame = maximize(model, objective, every=20_000, **options)
    return frame.image


def live(model: Model) -> None:
    """How many channels of every ReLU end above their 99th percentile; what fails gets a page's steps."""
    good = late = 0
    for layer in (each_one.name for each_one in model.layers if each_one.kind == "ReLU"):
        every = [Channel(layer, channel) for channel in range(model.layer(layer).channels)]
        responses = np.concatenate(
            list(image_responses(model, every, ImageSet.bundled("shapes"), max_images=IMAGES))
        )
        awake = np.flatnonzero((responses > 0).mean(0) >= 0.01)
        gray = missed(model, layer, responses, awake, FIRST_STEPS)
        still = missed(model, layer, responses, gray, PAGE_STEPS)
        good, late = good + len(awake) - len(still), late + len(awake) - len(gray)
        say(
            f"{layer}: of {len(awake)} live channels {len(gray)} below after {FIRST_STEPS} steps, "
            f"{len(still)} after {PAGE_STEPS}: {still.tolist()}; so far {late} and {good}"
        )


def missed(
    model: Model, layer: str, responses: Floats, channels: NDArray[np.intp], steps: int
) -> NDArray[np.intp]:
    """Those of some channels whose pictures stay at or below the 99th percentile of real ones."""
    if not len(channels):
        return channels
    units = [Channel(layer, int(channel)) for channel in channels]
    found = naturalness(model, units, painted(model, each(units), steps=steps), responses[:, channels])
    return channels[[one.percentile <= 99 for one in found]]


def textures(model: Model, judges: Sequence[Model]) -> None:
    """How many of eight textures' pictures other networks give that texture."""
    images = [sample for sample, _ in zip(ImageSet.bundled("shapes"), range(480), strict=False)]
    names = np.array([sample.factors.texture for sample in images])  # type: ignore[union-attr]
    every = [Channel(TEXTURE_LAYER, channel) for channel in range(model.layer(TEXTURE_LAYER).channels)]
    responses = np.concatenate(list(image_responses(model, every, images)))
    means = np.stack([responses[names == texture].mean(0) for texture in TEXTURE_NAMES])
    directions = each([Direction(TEXTURE_LAYER, tuple(mean)) for mean in means - means.mean(0)])
    pictures = painted(model, directions, steps=256, colors="shapes", strength=2.0, decay=1.5)
    for judge in judges:
        said = [texture_of(judge, picture) for picture in pictures]
        right = sum(a == b for a, b in enumerate(said))
        say(f"textures: {judge.name} names {right} of {len(said)}: {[TEXTURE_NAMES[n] for n in said]}")


def texture_of(judge: Model, picture: Floats) -> int:
    """The texture that a network's probabilities add up to most."""
    (row,) = cross_predictions(judge, picture[None], top=80)
    return int(np.bincount([one.index % 8 for one in row], [one.probability for one in row]).argmax())


def classes(model: Model, judges: Sequence[Model], steps: int, *, usual: bool) -> None:
    """How many of 80 classes' pictures networks name rightly: painted plainly, or kept typical of real pictures."""
    objective: Objective = each([LogProbability(index) for index in range(CLASSES)])
    if usual:
        objective = objective + 0.5 * typical(model, ImageSet.bundled("shapes")) - 5.0 * TotalVariation()
    pictures = painted(model, objective, steps=steps, colors="shapes", patience=20_000)
    tell(f"{'typical' if usual else 'plain'}, {steps} steps", pictures, (model, *judges))


def stages(model: Model, judges: Sequence[Model], steps: int, seed: int) -> None:
    """The same for pictures that persuade an early stage of the network as well.

    Three quarters of the steps they must do so however they are mirrored and coloured, then as they stand.
    """
    both = ensemble([model, load_model(model.name, weights="1-4th")])
    usual = 0.25 * typical(both, ImageSet.bundled("shapes")) - 5.0 * TotalVariation()
    options = {"seed": seed, "colors": "shapes", "patience": 20_000}
    parts = []
    for start in range(0, CLASSES, CLASSES_AT_ONCE):
        aim = each([LogProbability(index) for index in range(start, start + CLASSES_AT_ONCE)]) + usual
        coarse = painted(both, aim, transforms="symmetries", steps=steps - steps // 4, **options)
        parts.append(painted(both, aim, start=coarse, steps=steps // 4, **options))
    tell(f"stages, {steps} steps, seed {seed}", np.concatenate(parts), (model, *judges))


def defaults(model: Model, judges: Sequence[Model], seed: int) -> None:
    """Images of classes as the page makes them, beside those of logits: who reads them, how fine they are."""
    kinds = {"log-probability": (LogProbability, {"decay": CLASS_DECAY}), "logit": (Logit, {})}
    for name, (kind, options) in kinds.items():
        started, parts = time.process_time(), []
        for start in range(0, CLASSES, CLASSES_AT_ONCE):
            objective = each([kind(index) for index in range(start, start + CLASSES_AT_ONCE)])
            parts.append(painted(model, objective, seed=seed, patience=20_000, **options))
        seconds, images = (time.process_time() - started) / CLASSES, np.concatenate(parts)
        tell(f"{name}, seed {seed}", images, (model, *judges))
        say(f"{name}, seed {seed}: {fine(images):.1%} above {CUT} cycles a pixel, {seconds:.2f} s an image")


def tell(how: str, pictures: Floats, judges: Sequence[Model]) -> None:
    """How many of the classes' pictures each network names rightly."""
    for judge in judges:
        said = np.array([row[0].index for row in cross_predictions(judge, pictures)])
        right, texture = (said == np.arange(CLASSES)).mean(), (said % 8 == np.arange(CLASSES) % 8).mean()
        say(f"{how}: {judge.name} {right:.1%}, the texture {texture:.1%}")


def second_seed(file: Path) -> Model:
    """Another shapes-resnet: half as long trained, from another seed."""
    if not file.exists():
        recipe = dataclasses.replace(RECIPES["shapes-resnet"], seed=1, epochs=4)
        module = initialize(ARCHITECTURES[recipe.name](), torch.Generator().manual_seed(recipe.seed))
        for _progress in train(module, training_shapes(32_000), recipe, bfloat16=True):
            pass
        weights = {name: tensor.contiguous() for name, tensor in module.state_dict().items()}
        safetensors.torch.save_file(weights, file)
    first = load_model("shapes-resnet")
    return wrap_model(
        read_stage("shapes-resnet", file),
        name="second seed",
        transform=first.transform,
        classes=first.classes,
        input_size=64,
    )


def say(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="all if none is named")
    parser.add_argument("--second", type=Path)
    parser.add_argument("--steps", type=int, default=PAGE_STEPS, help="of the classes' pictures")
    parser.add_argument("--seed", type=int, default=0, help="of the pictures of stages and defaults")
    options = parser.parse_args()
    parts = options.parts or ["textures", "plain", "typical", "stages", "defaults", "live"]
    model, judges = load_model("shapes-resnet"), [load_model("shapes-vit")]
    if options.second is not None:
        judges.append(second_seed(options.second))
    if "textures" in parts:
        textures(model, judges)
    for kind in {"plain", "typical"} & set(parts):
        classes(model, judges, options.steps, usual=kind == "typical")
    if "stages" in parts:
        stages(model, judges, options.steps, options.seed)
    if "defaults" in parts:
        defaults(model, judges, options.seed)
    if "live" in parts:
        live(model)


if __name__ == "__main__":
    main()
