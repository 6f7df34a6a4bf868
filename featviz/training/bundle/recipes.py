"""How each bundled network is trained."""

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Generator, Tensor

from featviz.data.sets.digits import DIGITS_CLASSES
from featviz.data.shapes.shapes import SHAPES_CLASSES
from featviz.training.bundle.augmentation import mirror_and_recolor, shift
from featviz.training.bundle.examples import (
    Examples,
    held_out_digits,
    held_out_shapes,
    training_digits,
    training_shapes,
)


@dataclass(frozen=True)
class Recipe:
    """A network's data and the settings of its training.

    Attributes:
        name: the bundled network.
        description: one sentence for its card.
        data: what it is trained on, for its card.
        accuracy_of: what is measured on what, for its card.
        classes: names in the order of the logits.
        input_size: pixels on a side.
        training, held_out: make the examples to learn from and to measure on.
        augment: changes a batch (N, 3, H, W) without changing what it shows.
        epochs, batch: passes over the examples, and images a step.
        rate: the highest learning rate of the one-cycle schedule.
        decay: AdamW's weight decay.
        smoothing: of the labels, in [0, 1).
        seed: of the initialisation, the order and the augmentation.
        mean, std: the normalization of every channel.
        stages: the early checkpoints' names and the parts of the training that lie behind them.
    """

    name: str
    description: str
    data: str
    accuracy_of: str
    classes: tuple[str, ...]
    input_size: int
    training: Callable[[], Examples]
    held_out: Callable[[], Examples]
    augment: Callable[[Tensor, Generator], Tensor]
    epochs: int
    batch: int
    rate: float
    decay: float = 0.05
    smoothing: float = 0.05
    seed: int = 0
    mean: float = 0.5
    std: float = 0.25
    stages: dict[str, float] = field(
        default_factory=lambda: {"1-64th": 1 / 64, "1-16th": 1 / 16, "1-4th": 1 / 4, "trained": 1.0}
    )


_SHAPES_DATA = "{:,} images of the Shapes world, mirrored and recolored by chance"
_SHAPES_ACCURACY = "texture and shape both right on 2,000 held-out images"

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="shapes-resnet",
            description="A small residual network that names the texture and the shape in an image.",
            data=_SHAPES_DATA.format(32_000),
            accuracy_of=_SHAPES_ACCURACY,
            classes=SHAPES_CLASSES,
            input_size=64,
            training=lambda: training_shapes(32_000),
            held_out=held_out_shapes,
            augment=mirror_and_recolor,
            epochs=8,
            batch=128,
            rate=6e-3,
        ),
        Recipe(
            name="shapes-vit",
            description="A small vision transformer that names the texture and the shape in an image.",
            data=_SHAPES_DATA.format(64_000),
            accuracy_of=_SHAPES_ACCURACY,
            classes=SHAPES_CLASSES,
            input_size=64,
            training=lambda: training_shapes(64_000),
            held_out=held_out_shapes,
            augment=mirror_and_recolor,
            epochs=10,
            batch=128,
            rate=2e-3,
        ),
        Recipe(
            name="digits-cnn",
            description="A tiny convolutional network that reads handwritten digits.",
            data="1,297 of scikit-learn's handwritten digits, moved by chance",
            accuracy_of="digit right on the 500 held-out scans",
            classes=DIGITS_CLASSES,
            input_size=32,
            training=training_digits,
            held_out=held_out_digits,
            augment=shift,
            epochs=30,
            batch=32,
            rate=5e-3,
            mean=0.25,
            std=0.35,
        ),
    )
}
