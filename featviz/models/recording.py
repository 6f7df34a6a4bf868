"""record: what layers of a network output in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from featviz.errors import BadInput, LayerNotFound
from featviz.models.capture import recording
from featviz.models.layers import Address
from featviz.models.model import Model

__all__ = ["record"]


def record(model: Model, x: Tensor, layers: str | Sequence[str]) -> dict[str, Tensor]:
    """Record the outputs of layers in one pass, which stops at the last of them.

    The tensors are the layers' true outputs: copies taken before any in-place operation can overwrite them.
    A layer that a pass calls several times gives its last output, that of call number `Layer.calls`;
    `name:0`, `name:1`, ... gives a single call's. Safe from any thread: the pass runs on a private replica.

    Args:
        model: the network.
        x: a normalised batch (N, C, H, W), as `model.preprocess` makes it.
        layers: names out of `model.layers`.

    Returns:
        By name, in the order asked for, the output with its batch dimension first, on the CPU.

    Raises:
        LayerNotFound: a name the network does not have.
        BadInput: `x` is no finite batch, the network cannot take it, or the outputs pass 2 GiB.
    """
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    calls = {name: model.resolve(name).address for name in names}
    _check_batch(x)
    passes = [_pass(model, batch, calls) for batch in model.batches_of(x)]
    if len(passes) == 1:
        return passes[0]
    return {name: torch.cat([each[name] for each in passes]) for name in names}


def _pass(model: Model, x: Tensor, calls: Mapping[str, Address]) -> dict[str, Tensor]:
    with model.lease_replica() as replica, torch.no_grad():
        outputs = _run(replica, model.as_input(x), calls)
    missing = [name for name in calls if name not in outputs]
    if missing:
        raise LayerNotFound(f"{model.name} did not run {', '.join(missing)} for this input.")
    return {name: outputs[name].cpu() for name in calls}


def _run(replica: nn.Module, x: Tensor, calls: Mapping[str, Address]) -> dict[str, Tensor]:
    with recording(replica, calls) as outputs:
        try:
            replica(x)
        except BadInput:
            raise
        except Exception as error:  # a network of one's own may raise anything
            raise BadInput(
                f"The network cannot take a batch of shape {tuple(x.shape)}: {error}", code="forward"
            ) from error
    return outputs


def _check_batch(x: Tensor) -> None:
    if not isinstance(x, Tensor) or x.ndim != 4 or 0 in x.shape:
        came = f"a tensor of shape {tuple(x.shape)}" if isinstance(x, Tensor) else type(x).__name__
        raise BadInput(f"Expected a batch (N, C, H, W), got {came}: model.preprocess makes one.")
    if not bool(torch.isfinite(x).all()):
        raise BadInput("The batch holds values that are not finite: check how it was normalised.", code="nan")
