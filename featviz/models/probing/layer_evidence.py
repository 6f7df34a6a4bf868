"""The layers of a network, read from the passes it is probed with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torch import nn

from featviz.errors import BadInput
from featviz.models.batch_axis import FIRST, BatchAxis
from featviz.models.layer_settings import layer_settings
from featviz.models.layers import Layer
from featviz.models.probing.axis_evidence import Evidence
from featviz.models.probing.layer_reading import Reading, is_certain, read_outputs
from featviz.models.probing.passes import BatchPass, Passes

__all__ = ["read_layers"]

Shape = tuple[int, ...]


def read_layers(passes: Passes) -> tuple[Layer, ...]:
    """List every module that outputs a tensor which depends on the image, in the order in which outputs are ready.

    One pass is enough where every output is a vector or what a two-dimensional convolution, normalization or
    pooling takes or gives. Else what each dimension counts is found out by at most four more: with an oblong image
    where the network takes one, with several images, and, if that leaves anything open, with a blob in three places.

    Raises:
        BadInput: the network cannot take the image.
    """
    first = passes.first
    if first.error:
        raise BadInput(
            f"The network cannot take images of shape {tuple(passes.x.shape[1:])}: {first.error}",
            code="probe",
        ) from first.error
    evidence = _evidence(passes)
    readings = read_outputs(evidence, first.around_convolutions, passes.modules)
    size = (passes.x.shape[-2], passes.x.shape[-1])
    return tuple(
        replace(
            _layer(name, passes.modules, calls, list(readings), size),
            settings=layer_settings(passes.modules[name]),
            bypassed_by=tuple(number for number, skip in enumerate(first.skips) if name in skip.bypassed),
            projects=tuple(number for number, skip in enumerate(first.skips) if name in skip.projection),
        )
        for name, calls in readings.items()
    )


def _evidence(passes: Passes) -> dict[str, list[Evidence]]:
    """By module and call; a module whose output does not depend on the images is left out."""
    outputs = passes.first.outputs
    if passes.is_settled:
        return {name: [Evidence(shape[1:]) for shape in calls] for name, calls in outputs.items()}
    if passes.batch is None:
        return {name: _alone(calls) for name, calls in outputs.items()}
    complete = _complete(outputs, passes.batch)
    if passes.batch.blobs or all(is_certain(each) for calls in complete.values() for each in calls):
        return complete
    return _complete(outputs, passes.blobs) if passes.blobs else complete


def _complete(outputs: Mapping[str, list[Shape]], batch: BatchPass) -> dict[str, list[Evidence]]:
    """The modules of which each call depends on the images; one that ran for a single image alone says no more."""
    complete = {}
    for name, calls in outputs.items():
        seen = batch.evidence.get(name, [])
        known = [each for each in seen if each is not None]
        if name not in batch.ran:
            complete[name] = _alone(calls)
        elif len(known) == len(seen) == len(calls):
            complete[name] = known
    return complete


def _alone(calls: list[Shape]) -> list[Evidence]:
    return [
        Evidence(shape[1:], FIRST) if shape[0] == 1 else Evidence(shape, BatchAxis(None)) for shape in calls
    ]


def _layer(
    name: str,
    modules: Mapping[str, nn.Module],
    calls: list[Reading],
    listed: list[str],
    size: tuple[int, int],
) -> Layer:
    container = any(other.startswith(f"{name}.") for other in listed)
    parameters = sum(parameter.numel() for parameter in modules[name].parameters())
    kind = type(modules[name]).__name__

    def read(call: Reading) -> Layer:
        return Layer(
            name,
            kind,
            call.shape,
            parameters,
            len(calls),
            container,
            call.layout,
            call.grid,
            call.channels,
            call.extra_tokens,
            call.channels_first,
            call.batch,
            size,
        )

    return replace(read(calls[-1]), earlier=tuple(read(call) for call in calls[:-1]))
