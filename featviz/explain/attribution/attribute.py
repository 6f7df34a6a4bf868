"""attribute: one call for every attribution method."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from featviz.data.archives import read_npz
from featviz.errors import BadInput
from featviz.explain.attribution.bypassed import bypass_notes
from featviz.explain.attribution.guided import guidance_notes
from featviz.explain.attribution.registry import METHODS, Partial
from featviz.explain.attribution.zero_maps import equal_outputs_notes, saturation_notes
from featviz.explain.features.spatial import upsample
from featviz.explain.targets.target import resolve_target
from featviz.explain.targets.units import Channel, Difference, Logit, NegativeLogit, Neuron, Target
from featviz.models.model import Model
from featviz.progress import Progress

__all__ = ["Attribution", "attribute", "steps"]

Floats = NDArray[np.float32]
_TARGETS: dict[str, type[Target]] = {
    each.__name__: each for each in (Logit, NegativeLogit, Difference, Channel, Neuron)
}


@dataclass(frozen=True, eq=False)
class Attribution:
    """An attribution: how much each pixel raises a target (above zero) or lowers it, never normalised.

    Attributes:
        map: (H, W) float32 at the image's resolution: `raw` summed over its channels, upsampled.
        raw: (C, h, w) float32, the method's own channels and resolution.
        model: the network's name.
        fingerprint: of its weights.
        method: the method's id.
        target: what is explained.
        options: all of the method's, defaults included; a tensor is named by its digest, a layer that was left open
            by the one that was taken.
        seed: of what was drawn at random, or None.
        notes: why the map says nothing, where that is known, and what to explain instead; what it cannot show.
    """

    map: Floats
    raw: Floats
    model: str
    fingerprint: str
    method: str
    target: Target
    options: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def varies(self) -> bool:
        """Whether the map has two different values."""
        return bool(self.map.max() > self.map.min())

    def to_npz(self) -> bytes:
        """The maps and how they were made, as an NPZ file without pickled data."""
        buffer = io.BytesIO()
        target = {"kind": type(self.target).__name__, **vars(self.target)}
        origin = {"model": self.model, "fingerprint": self.fingerprint, "method": self.method}
        texts = {
            **origin,
            "target": json.dumps(target),
            "options": json.dumps(self.options),
            "seed": json.dumps(self.seed),
            "notes": json.dumps(self.notes),
        }
        arrays: dict[str, Any] = {name: np.array(text) for name, text in texts.items()}
        np.savez_compressed(buffer, map=self.map, raw=self.raw, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_npz(cls, data: bytes) -> Attribution:
        """Read what `to_npz` wrote.

        Raises:
            BadArchive: it is no NPZ file, or too large.
            BadInput: it holds something else.
        """
        arrays = read_npz(data)
        try:
            fields: dict[str, Any] = {name: str(arrays[name]) for name in ("model", "fingerprint", "method")}
            fields |= {name: _frozen_array(arrays[name]) for name in ("map", "raw")}
            target, options, seed = (json.loads(str(arrays[name])) for name in ("target", "options", "seed"))
            kind = _TARGETS[target.pop("kind")]
            notes = tuple(json.loads(str(arrays["notes"]))) if "notes" in arrays else ()
            return cls(**fields, target=kind(**target), options=options, seed=seed, notes=notes)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInput(
                "This NPZ file holds no attribution: Attribution.to_npz writes them.", code="npz"
            ) from error


def attribute(
    model: Model,
    x: Tensor,
    method: str = "integrated_gradients",
    *,
    target: Target | int | str | None = None,
    **options: Any,
) -> Attribution:
    """Attribute a target to the pixels of one image.

    Args:
        model: the network.
        x: a normalised batch of one image, (1, C, H, W).
        method: an id out of `METHODS`.
        target: a class by index or name, a `Difference`, a `Channel` or a `Neuron`; None takes the class the
            network names first.
        options: the method's.

    Raises:
        LayerNotFound: a layer the network does not have.
        BadInput: no such method, option or target, or an image that is not one, not finite, or too small.
    """
    with torch.inference_mode(mode=False), torch.enable_grad():  # whatever the caller has switched off
        parts, finish = _start(model, x, method, target, options)
        *_, last = parts
        return finish(last)


def steps(
    model: Model,
    x: Tensor,
    method: str = "integrated_gradients",
    *,
    target: Target | int | str | None = None,
    **options: Any,
) -> Iterator[Progress[Attribution]]:
    """The same, step by step: methods that take their time show how far they are; others take one step.

    What can be refused without computing is refused by the call itself. Closing the iterator ends the work.
    Arguments and errors as `attribute`.
    """
    parts, finish = _start(model, x, method, target, options)
    return (_progress(part, finish) for part in parts)


def _start(
    model: Model, x: Tensor, method: str, target: Target | int | str | None, options: Mapping[str, Any]
) -> tuple[Iterator[Partial], Callable[[Partial], Attribution]]:
    """A method at work, and what makes an attribution of its values."""
    declared = METHODS[method]
    complete = declared.complete(options)
    image = _image(model, x)
    resolved = resolve_target(model, image, target)
    metadata = {
        "model": model.name,
        "fingerprint": model.fingerprint,
        "method": method,
        "target": resolved,
        "options": {name: _serializable(value) for name, value in complete.items()},
        "seed": complete.get("seed"),
        "notes": saturation_notes(model, image, resolved),
    }
    work = declared.function(model, image, resolved, **complete)

    def finish(part: Partial) -> Attribution:
        made = _attribution((image.shape[-2], image.shape[-1]), metadata, part)
        notes = guidance_notes(model, resolved) if method == "guided_backprop" else ()
        notes += bypass_notes(model, made.options)
        if not made.varies and not isinstance(resolved, (Channel, Neuron)):
            notes += equal_outputs_notes(model, image)
        return replace(made, notes=made.notes + notes) if notes else made

    return _parts(work), finish


def _progress(part: Partial, finish: Callable[[Partial], Attribution]) -> Progress[Attribution]:
    """The attribution so far; None before the end where it is not finite yet."""
    is_unfinished = part.done < part.total and not _is_finite(part.raw.detach())
    return Progress(part.done, part.total, result=None if is_unfinished else finish(part))


def _attribution(size: tuple[int, int], metadata: Mapping[str, Any], part: Partial) -> Attribution:
    """A method's values as an attribution of an image of this size, and what it chose itself.

    Raises:
        BadInput: they are not finite.
    """
    raw = part.raw.detach()
    if not _is_finite(raw):
        raise BadInput(f"{metadata['method']} gives values that are not finite for this image.", code="nan")
    summed = raw.sum(0, keepdim=True)
    large = summed if summed.shape[1:] == size else upsample(summed, size)
    options = {**metadata["options"], **part.chosen}
    return Attribution(map=_frozen(large[0]), raw=_frozen(raw), **{**metadata, "options": options})


def _parts(work: Tensor | Partial | Iterator[Partial]) -> Iterator[Partial]:
    if isinstance(work, Tensor):
        work = Partial(1, 1, work)
    return iter([work]) if isinstance(work, Partial) else work


def _image(model: Model, x: Tensor) -> Tensor:
    """The image, where the network computes and in its precision."""
    if not isinstance(x, Tensor) or x.ndim != 4 or len(x) != 1 or 0 in x.shape:
        came = f"a tensor of shape {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
        raise BadInput(
            f"An attribution is of one image: expected (1, C, H, W), got {came}. "
            "Take x[i:i+1] of a batch, model.preprocess of an image.",
            code="picture",
        )
    if not _is_finite(x):
        raise BadInput("The image holds values that are not finite: check how it was normalised.", code="nan")
    precision = next((each.dtype for each in model.module.parameters() if each.is_floating_point()), x.dtype)
    x = x.clone() if x.is_inference() else x
    return x.detach().to(device=model.device, dtype=precision)


def _is_finite(tensor: Tensor) -> bool:
    """By the extremes, which one that is no number replaces: looking at each takes a millisecond an image."""
    return bool(torch.isfinite(torch.stack(tensor.aminmax())).all())


def _serializable(value: Any) -> Any:
    """An option as it is kept: a tensor by shape and digest, everything else as it is."""
    if not isinstance(value, Tensor):
        return value
    digest = hashlib.sha256(value.detach().cpu().contiguous().numpy().tobytes())
    return f"tensor {tuple(value.shape)} sha256 {digest.hexdigest()}"


def _frozen_array(array: NDArray[np.generic]) -> Floats:
    floats = np.array(array, np.float32)
    floats.setflags(write=False)
    return floats


def _frozen(tensor: Tensor) -> Floats:
    return _frozen_array(tensor.float().cpu().contiguous().numpy())
