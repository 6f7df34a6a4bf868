"""How the features fill their space: effective rank, alignment, uniformity, units that never answer."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Annotated

import numpy as np

from featviz.models.threads import one_thread
from featviz.progress import yield_now
from featviz.registry import Range
from featviz.representation.neighbors.exact import Distances, Doubles
from featviz.representation.quality.features import MEASURES, Codes, Features
from featviz.representation.quality.measurement import Measurement, Undefined

__all__ = ["alignment", "dead_units", "effective_rank", "uniformity"]

_WANG = "Wang & Isola 2020, arXiv:2005.10242"
_CONSTANT = 1e-6
_SMALL = 1 << 20  # numbers whose singular values several threads would take longer for


@MEASURES.register("Effective rank", reference="Roy & Vetterli 2007, EUSIPCO", passes=0)
def effective_rank(features: Features) -> Measurement:
    """How many dimensions the features use: the exponential of the entropy of the centred vectors' singular values.

    From 1 to the smaller of n - 1 and d. Few is a collapse; how many are good depends on the task.
    Cost: the singular values of n x d numbers.
    """
    chosen = features.sample(np.arange(len(features)))
    if len(chosen) < 2:
        raise Undefined(f"{len(chosen)} images span no dimension: two are needed.")
    vectors = features.vectors[chosen]
    value = _effective_rank(vectors)
    yield_now()
    chance = _effective_rank(features.generator().normal(size=vectors.shape))
    sentence = (
        f"The {vectors.shape[1]:,} units use the room of {value:.1f} equally strong dimensions; random numbers in "
        f"their place would use {chance:.1f}."
    )
    return Measurement(value, sentence, "neither", chance, "random features", count=len(vectors))


@MEASURES.register("Alignment", reference=_WANG, passes=0)
def alignment(features: Features) -> Measurement:
    """How far two images of one class are apart, as vectors of length 1: the mean squared distance; lower is better.

    From 0 to 4. The paper's positive pairs are two views of an image; here they are two images of a class.
    Cost: n d.
    """
    labeled = features.labeled
    lengths = np.linalg.norm(labeled.vectors, axis=1)
    present = lengths > 0
    directions = labeled.vectors[present] / lengths[present, None]
    codes = labeled.codes[present]
    shuffled = features.generator().permutation(codes)
    value, chance = (_alignment(directions, each, len(labeled.names)) for each in (codes, shuffled))
    sentence = (
        f"As vectors of length 1, two images of one class are {value:.2f} apart (squared); two with shuffled labels "
        f"{chance:.2f}."
    )
    return Measurement(value, sentence, "lower", chance, "shuffled labels", count=int(present.sum()))


@MEASURES.register("Uniformity", reference=_WANG, passes=0)
def uniformity(features: Features, *, t: Annotated[float, Range(0.01, 100)] = 2.0) -> Measurement:
    """How evenly the directions fill the sphere: log of the mean of exp(-t · squared distance); lower is better.

    From -4 t to 0, where 0 is one direction for all.
    Cost: n² d.

    Args:
        features: of any images.
        t: how near two directions must be to count.
    """
    directions = features.directions
    value = _uniformity(directions, t)
    random = features.generator().normal(size=directions.shape)
    chance = _uniformity(random / np.linalg.norm(random, axis=1, keepdims=True), t)
    sentence = (
        f"Where one direction for all images gives 0 and random directions give {chance:.2f}, the directions of "
        f"these images give {value:.2f}."
    )
    return Measurement(value, sentence, "lower", chance, "random directions", count=len(directions))


@MEASURES.register("Constant features", reference="Maas et al. 2013, Rectifier nonlinearities", passes=0)
def dead_units(features: Features) -> Measurement:
    """The part of the units that give the same number for every image; lower is better.

    Cost: n d.
    """
    vectors = features.vectors
    if len(vectors) < 2:
        raise Undefined(f"a unit that never changes shows from two images on; {len(vectors)} came.")
    reach = vectors.max(0) - vectors.min(0)
    dead = np.flatnonzero(reach <= _CONSTANT * np.abs(vectors).max(0))
    share = len(dead) / vectors.shape[1]
    sentence = (
        f"{len(dead):,} of {vectors.shape[1]:,} units give the same number for all {len(vectors):,} images."
        if len(dead)
        else f"Each of the {vectors.shape[1]:,} units tells some images apart."
    )
    return Measurement(
        share,
        sentence,
        "lower",
        0.0,
        "random features",
        share=True,
        count=len(vectors),
        details={"units": dead},
    )


def _effective_rank(vectors: Doubles) -> float:
    """Of vectors (n, d) around their mean.

    Raises:
        Undefined: all vectors are the same.
    """
    scale = np.abs(vectors).max(initial=0.0) or 1.0
    centered = vectors / scale - (vectors / scale).mean(0)
    values = _singular_values(centered)
    values = values[values > 1e-12 * np.sqrt(vectors.size)]
    if not len(values):
        raise Undefined("all vectors are the same.")
    shares = values / values.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _singular_values(vectors: Doubles) -> Doubles:
    import torch

    with one_thread() if vectors.size <= _SMALL else nullcontext():
        values: Doubles = torch.linalg.svdvals(torch.from_numpy(vectors)).numpy()
    return values


def _alignment(directions: Doubles, codes: Codes, classes: int) -> float:
    """The mean over all pairs of a class of ‖x - y‖² = 2 - 2 x·y, by the classes' sums.

    Raises:
        Undefined: no class has two directions.
    """
    sums = np.zeros((classes, directions.shape[1]))
    np.add.at(sums, codes, directions)
    sizes = np.bincount(codes, minlength=classes)
    pairs = float((sizes * (sizes - 1)).sum())
    if not pairs:
        raise Undefined("no class has two vectors that are other than zero.")
    products = float(np.square(sums).sum() - len(directions))
    return max(0.0, 2 - 2 * products / pairs)


def _uniformity(directions: Doubles, t: float) -> float:
    distances = Distances(directions)
    rows = map(distances.others, distances.blocks(np.arange(len(directions))))
    total = sum(float(np.exp(-t * each).sum()) for each in rows)
    return float(np.log(total / (len(directions) * (len(directions) - 1))))
