"""How often a network is right about images it has not seen."""

import torch
from torch import Tensor, nn

from featviz.training.bundle.examples import Examples
from featviz.training.bundle.recipes import Recipe


@torch.no_grad()
def accuracies(module: nn.Module, examples: Examples, recipe: Recipe) -> dict[str, float]:
    """Measure the part of the examples, in [0, 1], that `module` names rightly.

    Returns:
        "joint" for the whole name; for the Shapes networks, whose classes are named "texture shape", also
        "shape" and "texture", each counted right whatever the other is.
    """
    batches = torch.split(examples.images, 250)
    logits = [module((images / 255 - recipe.mean) / recipe.std) for images in batches]
    named = torch.cat(logits).argmax(1)
    right = {"joint": _part(named == examples.labels)}
    names = [label.split() for label in recipe.classes]
    for position, factor in enumerate(("texture", "shape") if len(names[0]) == 2 else ()):
        words = sorted({name[position] for name in names})
        word = torch.tensor([words.index(name[position]) for name in names])
        right[factor] = _part(word[named] == word[examples.labels])
    return right


def _part(right: Tensor) -> float:
    return round(right.double().mean().item(), 4)
