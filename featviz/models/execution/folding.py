"""Folding batch norm into the convolution before it: where that is sound, and the folded weights.

At evaluation a batch norm scales and shifts every channel by constants, and a convolution is linear, so the two
are one convolution (Jacob et al. 2018, arXiv:1712.05877, section 3.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from featviz.models.execution.dataflow import DataflowTracer, is_unpatched, storage_ref

__all__ = ["Convolution", "find_convolutions", "fold"]


@dataclass(frozen=True)
class Convolution:
    """A convolution that one pass calls.

    Attributes:
        name: its name in the network.
        norm: the batch norm that can be folded into it, or None.
        aliases: modules whose recorded output folding would change: the convolution, every pass-through of its
            output, and the batch norm.
    """

    name: str
    norm: str | None
    aliases: frozenset[str]


def find_convolutions(replica: nn.Module, x: Tensor) -> tuple[Convolution, ...]:
    """Run one pass and list the convolutions in order of execution, with the batch norms that can be folded.

    Every operation of the pass is traced. A batch norm can be folded where one convolution, called once, writes
    into storage that one batch norm, called once, reads, that no other operation reads and that nothing refers to
    when the pass is over; and where no operation outside such modules reads the weights of the two.

    Args:
        replica: a private copy, hooked during the pass and clean afterwards.
        x: a batch the network takes.
    """
    modules = {name: module for name, module in replica.named_modules() if _is_plain(module)}
    constants = [tensor for module in modules.values() for tensor in _constants(module)]
    tracer = DataflowTracer(modules, nn.Conv2d, constants)
    with tracer.attached(replica), torch.no_grad():
        output = replica(x)
        convolutions = tuple(_convolution(tracer, name) for name in tracer.outputs)
        del output  # kept until here: what the network returns is held by somebody
    return convolutions


def _convolution(tracer: DataflowTracer, name: str) -> Convolution:
    """What the trace says of a convolution."""
    storage = tracer.outputs[name]
    norm = _foldable(tracer, name)
    return Convolution(name, norm, frozenset({*tracer.aliases[storage], norm or name}))


def _foldable(tracer: DataflowTracer, name: str) -> str | None:
    """The batch norm that is sure to be the only reader of a convolution's output."""
    norm = tracer.only_reader(tracer.outputs[name], nn.BatchNorm2d)
    if norm is None:
        return None
    constants = [tensor for part in (name, norm) for tensor in _constants(tracer.modules[part])]
    read_elsewhere = any(None in tracer.readers[storage_ref(tensor)] for tensor in constants)
    once = tracer.calls[name] == tracer.calls[norm] == 1
    return norm if once and not read_elsewhere else None


def fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weight and bias of the one convolution that equals the two, computed in float64.

    With s = gamma / sqrt(variance + eps): weight * s and (bias - mean) * s + beta, per output channel.

    Returns:
        Weight (out, in / groups, H, W) and bias (out,), of the type and on the device of the convolution's.
    """
    mean, variance = _double(norm.running_mean), _double(norm.running_var)
    scale = (variance + norm.eps).rsqrt() * _double(norm.weight, 1)
    weight = _double(convolution.weight) * scale.reshape(-1, 1, 1, 1)
    bias = (_double(convolution.bias, 0) - mean) * scale + _double(norm.bias, 0)
    return weight.to(convolution.weight), bias.to(convolution.weight)


def _double(tensor: Tensor | None, otherwise: float = 0) -> Tensor:
    """In float64 on the CPU, as not every device has that type."""
    if tensor is None:
        return torch.tensor(otherwise, dtype=torch.float64)
    return tensor.detach().to("cpu", torch.float64)


def _is_plain(module: nn.Module) -> bool:
    """Whether a module is a convolution or a batch norm that does what its class says and nothing else."""
    if type(module) is nn.BatchNorm2d:
        known = module.running_mean is not None and not module.training
    else:
        known = type(module) is nn.Conv2d and module.weight.is_floating_point()
    return known and is_unpatched(module)


def _constants(module: nn.Module) -> list[Tensor]:
    return [*module.parameters(), *module.buffers()]
