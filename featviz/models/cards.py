"""ModelCard: what is known about a network before it is loaded."""

import hashlib
import re
from dataclasses import dataclass

__all__ = ["ModelCard", "Origin", "own_card", "training_moment", "with_choices"]


@dataclass(frozen=True)
class ModelCard:
    """What is known about a network.

    Attributes:
        name: what `load_model` takes.
        source: `featviz` (bundled), `torchvision` or `own`.
        task: what it was trained for, such as `classification`.
        parameters: how many.
        input_size: height and width of its input in pixels.
        classes: how many outputs.
        bundled: whether its weights come with featviz.
        licence: of the weights.
        accuracy: top-1 on held-out images, 0 to 1, or None where unknown.
        accuracy_of: what was measured on what.
        description: one or two sentences.
        data: what it was trained on.
        command: how to reproduce it, where the code is at hand.
        stages: names of the weights there are, from random to trained, for bundled networks.
        family: the architecture's family, such as `ResNet`.
        download_mb: size of the pretrained weights in MB, 0 where nothing is downloaded.
        quick: whether work with it is so short that nobody need be asked before it starts.
        suits: the bundled image set that is most like what it was trained on.
        class_names: of its outputs, where the card holds them.
        first_map: the layer whose map of embeddings tells most at first, or "" where none is known to.
    """

    name: str
    source: str
    task: str
    parameters: int
    input_size: int
    classes: int
    bundled: bool = False
    licence: str = ""
    accuracy: float | None = None
    accuracy_of: str = ""
    description: str = ""
    data: str = ""
    command: str = ""
    stages: tuple[str, ...] = ()
    family: str = ""
    download_mb: float = 0.0
    quick: bool = False
    suits: str = "photos"
    class_names: tuple[str, ...] = ()
    first_map: str = ""

    @property
    def short_name(self) -> str:
        """The name without that of its source."""
        return self.name.rpartition("/")[2]


def own_card(name: str, parameters: int, input_size: int, classes: int) -> ModelCard:
    """The card of a researcher's own network, of which nothing else is known."""
    task = "classification" if classes else "unknown"
    return ModelCard(name, "own", task, parameters=parameters, input_size=input_size, classes=classes)


@dataclass(frozen=True)
class Origin:
    """What `load_model` was given, as far as it can be given again.

    Attributes:
        weights: "default", a stage, None for random ones, or a checkpoint's absolute path.
        seed: of random weights.
        classes: names of a checkpoint's classes.
        choices: what else was given of the preprocessing and the outputs, by the arguments' names.
    """

    weights: str | None
    seed: int = 0
    classes: tuple[str, ...] = ()
    choices: tuple[tuple[str, object], ...] = ()


def with_choices(fingerprint: str, choices: tuple[tuple[str, object], ...]) -> str:
    """The fingerprint of a network whose preprocessing or outputs were chosen: of the weights and the choices."""
    return hashlib.sha256(f"{fingerprint} {choices}".encode()).hexdigest() if choices else fingerprint


def training_moment(weights: str) -> str:
    """The name of weights in words: "1-4th" were kept after a quarter of the training's steps."""
    part = re.fullmatch(r"1-(\d+)th", weights)
    return f"after {100 / int(part[1]):.2g}% of training" if part else weights
