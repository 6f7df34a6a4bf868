"""A network as plain data: what another process needs to load the very same one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from featviz.errors import BadCheckpoint, BadInput
from featviz.models.model import Model
from featviz.models.sources.load import load_model

__all__ = ["ModelSpec"]


@dataclass(frozen=True)
class ModelSpec:
    """How to load a network, and how to know that it is the same.

    Attributes:
        source: where it comes from, such as "featviz" or "torchvision".
        name: what `load_model` takes.
        weights: what `load_model` takes; a checkpoint as its path, which must be there when it is loaded.
        seed: of random weights.
        fingerprint: SHA-256 of the network.
        classes: names given for a checkpoint's classes.
        device: where it computed.
        choices: what else was given of the preprocessing and the outputs, by the arguments' names.
    """

    source: str
    name: str
    weights: str | None
    seed: int
    fingerprint: str
    classes: tuple[str, ...] = ()
    device: str = "cpu"
    choices: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, model: Model) -> ModelSpec:
        """Describe a network that `load_model` gave.

        Raises:
            BadInput: it was wrapped, has a transform of one's own, or its checkpoint came as bytes.
        """
        if model.origin is None:
            raise BadInput(
                f"{model.name} cannot be loaded again by a name: it was wrapped, or its checkpoint came as bytes. "
                "Load it from a file.",
                code="spec",
            )
        origin = model.origin
        return cls(
            model.card.source,
            model.name,
            origin.weights,
            origin.seed,
            model.fingerprint,
            origin.classes,
            str(model.device),
            origin.choices,
        )

    def load(self, *, device: str | None = None) -> Model:
        """Load it again as it was loaded, a checkpoint in the sandbox.

        Args:
            device: where it shall compute; None is where it did.

        Raises:
            BadCheckpoint: other weights lie there now.
            FeatvizError: whatever `load_model` refuses.
        """
        model = load_model(
            self.name,
            weights=self.weights,
            device=device or self.device,
            seed=self.seed,
            classes=self.classes,
            **dict(self.choices),
        )
        if model.fingerprint != self.fingerprint:
            raise BadCheckpoint(
                f"The weights of {self.name} are others than when it was described: describe it anew.",
                code="changed",
            )
        return model
