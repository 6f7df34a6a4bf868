"""with_preprocessing: the same network, seen through another preprocessing or with its outputs read otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from featviz.errors import BadInput
from featviz.models.inputs import Transform, check_image_input
from featviz.models.model import Model
from featviz.models.outputs import Outputs
from featviz.models.preprocessing import Preprocessing, preprocessing_of

__all__ = ["choices_code", "with_preprocessing"]


def with_preprocessing(
    model: Model,
    *,
    transform: Transform | None = None,
    input_size: int | None = None,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    outputs: Outputs | None = None,
) -> Model:
    """A loaded network with another preprocessing; the weights are shared.

    Args:
        model: a loaded one.
        transform: one RGB image -> a normalised tensor (C, H, W); in place of `mean` and `std`.
        input_size: height and width of the input in pixels.
        mean: of the values in [0, 1], for each channel or one for all; it is taken off.
        std: the same of the standard deviation, by which is divided.
        outputs: what kind of numbers the network gives.

    Raises:
        BadInput: an argument is none, `transform` came beside `mean` or `std`, or the network cannot take this size.
    """
    if outputs is not None and outputs not in get_args(Outputs):
        known = ", ".join(get_args(Outputs))
        raise BadInput(f"outputs is None or one of {known}; {outputs!r} came.", code="outputs")
    if outputs is not None and outputs != model.declared_outputs:
        model = replace(model, declared_outputs=outputs, choices=(*model.choices, ("outputs", outputs)))
    if transform is not None:
        return _with_transform(model, transform, input_size, mean, std)
    if (input_size, mean, std) == (None, None, None):
        return model
    return _with_numbers(model, input_size, mean, std)


def choices_code(model: Model) -> str:
    """The choices as arguments in a line of Python, each after a comma; "" where there are none."""
    return "".join(f", {name}={_literal(value)}" for name, value in model.choices)


def _literal(value: object) -> str:
    """One number for all channels is written once."""
    single = isinstance(value, tuple) and len(set(value)) == 1
    return repr(value[0] if single and isinstance(value, tuple) else value)


def _with_transform(
    model: Model, transform: Transform, input_size: int | None, mean: object, std: object
) -> Model:
    if mean is not None or std is not None:
        raise BadInput(
            "A transform normalizes already: give it, or mean and std, and not both.", code="transform"
        )
    size = model.input_size if input_size is None else input_size
    check_image_input(transform, size, model.input_channels)
    return _checked(replace(_without_notes(model), transform=transform, input_size=size), model)


def _with_numbers(
    model: Model,
    input_size: int | None,
    mean: float | Sequence[float] | None,
    std: float | Sequence[float] | None,
) -> Model:
    before = preprocessing_of(model.transform)
    after = before.changed(input_size, mean, std)
    changed: tuple[tuple[str, object], ...] = tuple(
        (name, getattr(after, name))
        for name in ("input_size", "mean", "std")
        if getattr(after, name) != getattr(before, name)
    )
    plain = _without_notes(model)
    new = replace(
        plain,
        transform=after,
        input_size=after.input_size,
        read_notes=(*plain.read_notes, *after.notes),
        choices=(*model.choices, *changed),
    )
    return _checked(new, model)


def _without_notes(model: Model) -> Model:
    """Without the sentences on a preprocessing that holds no more."""
    old = model.transform.notes if isinstance(model.transform, Preprocessing) else ()
    return replace(model, read_notes=tuple(note for note in model.read_notes if note not in old))


def _checked(new: Model, model: Model) -> Model:
    """The new one, where it can take an image of its size."""
    if new.input_size != model.input_size:
        try:
            new.logits(new.inputs.example())
        except BadInput as error:
            raise BadInput(
                f"{model.name} cannot take images of {new.input_size} × {new.input_size} pixels: choose another "
                f"input size, such as {model.input_size}.",
                code="input_size",
            ) from error
    return new
