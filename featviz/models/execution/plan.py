"""Fast execution: private replicas that compute the same in less time on the CPU.

Batch norms are folded into the convolutions before them, maps lie channels-last in memory, and where nothing but
values and gradients is read, a max pooling comes before its ReLU. Who reads one channel of many gets a network
whose layers have no others where these contribute to nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from featviz.errors import LayerNotFound
from featviz.models.execution.channel_groups import ChannelGroup, find_channel_group
from featviz.models.execution.channel_slicing import slice_output_channels
from featviz.models.execution.folding import Convolution, find_convolutions, fold
from featviz.models.execution.input_gradient import FastInputGradient, use_fast_input_gradient
from featviz.models.execution.pooling_order import RectifiedPool, find_rectified_pools, pool_first
from featviz.models.execution.prepacked_weights import PrepackedWeights, UsePrepacked
from featviz.models.layers import output_tensor, split_call
from featviz.models.replication import ReplicaPool, replicate

__all__ = ["ExecutionPlan"]

_AGREEMENT = 1e-3


class ExecutionPlan:
    """How a frozen network is executed fast, determined once; it owns the folded weights that its replicas share.

    The folded weights are at most one more copy of the network's convolutions; all else is shared with the
    network itself. A network that the plan would not suit, as one that reads its maps with `view`, keeps its
    layout in memory; one whose output would differ is replicated as it is.

    Args:
        module: the shared network, evaluated and frozen; never called, hooked or changed.
        x: a batch it takes, on its device, for a few passes that probe and check.

    Attributes:
        prepacked: the convolutions' weights as oneDNN reads them, for `UsePrepacked`: at most two more copies.
    """

    def __init__(self, module: nn.Module, x: Tensor) -> None:
        self._module = module
        # under every name it is registered with
        self._names = {name for name, _ in module.named_modules(remove_duplicate=False)}
        self._convolutions: tuple[Convolution, ...] = ()
        self._pools: tuple[RectifiedPool, ...] = ()
        self._x = x
        self._channel_groups: dict[str | None, ChannelGroup | None] = {}
        self._prepared: dict[str, nn.Conv2d] = {}
        self.prepacked = PrepackedWeights()
        self._format = torch.contiguous_format
        self._replicas = ReplicaPool()
        try:
            convolutions, expected = find_convolutions(replicate(module), x), _output(replicate(module), x)
            self._pools = find_rectified_pools(replicate(module), x)
        except Exception:  # whatever stops a plain pass will be told by the computation itself
            self._channel_groups[None] = None
            return
        for memory_format in (torch.channels_last, torch.contiguous_format):
            self._convolutions, self._format, self._prepared = convolutions, memory_format, {}
            if self._agrees(x, expected):
                break
        else:
            self._convolutions, self._prepared, self._pools = (), {}, ()
        # now, as whoever computes may hook every pass
        self._channel_group(None)

    @property
    def folded(self) -> dict[str, str]:
        """The names of the batch norms that can be folded, by the convolution before them."""
        return {
            convolution.name: convolution.norm
            for convolution in self._convolutions
            if convolution.norm is not None
        }

    @property
    def pools_first(self) -> dict[str, str]:
        """The names of the max poolings that can come before their ReLU, by the ReLU's."""
        return {pair.relu: pair.pool for pair in self._pools}

    def can_slice(
        self, channels: Sequence[int], keep: Collection[str] = (), layer: str | None = None
    ) -> bool:
        """Whether a `replica` can compute these channels alone, while the layers in `keep` keep their full outputs.

        The channel group of a layer is determined at the first call, in the time of about three passes.

        Args:
            channels: of the output, in the order in which they are read.
            keep: layers whose outputs are read too; none that runs after it.
            layer: whose output it is, `name:0` for a module's first call; None for the network's own.

        Raises:
            LayerNotFound: a layer that the network does not have.
        """
        group = self._channel_group(layer) if channels else None
        layer_module = None if layer is None else self._call(layer)[0]
        also_read = {self._call(name)[0] for name in keep} - {layer_module}
        return group is not None and group.covers(channels) and group.aliases.isdisjoint(also_read)

    def replica(
        self,
        keep: Collection[str] = (),
        *,
        pool_early: bool = False,
        channels: Sequence[int] = (),
        layer: str | None = None,
    ) -> nn.Module:
        """A private replica with batch norms folded away (`nn.Identity`); it costs milliseconds.

        Args:
            keep: layers whose outputs will be read, as `conv1` or `relu:0`. What is folded would change
                the outputs of a convolution and of its batch norm: neither is folded if one is kept.
            pool_early: let max poolings come before their ReLUs, which changes no value and no gradient, but what
                another rule for ReLUs, such as guided backpropagation's, would give.
            channels: compute these alone, in this order, where `can_slice` says so; empty for all.
            layer: whose they are, as for `can_slice`; it need not be in `keep`, and no layer behind it may be read.

        Raises:
            LayerNotFound: a name in `keep` that the network does not have.
        """
        read = {id(self._module_named(name)) for name in (*keep, *([] if layer is None else [layer]))}
        instead: dict[int, nn.Module] = {}
        for number, convolution in enumerate(self._convolutions):
            is_read = any(id(self._module.get_submodule(name)) in read for name in convolution.aliases)
            if convolution.norm is not None and not is_read:
                instead[id(self._module.get_submodule(convolution.norm))] = nn.Identity().eval()
                instead[id(self._module.get_submodule(convolution.name))] = self._private(convolution)
            elif number == 0 and self._format is torch.channels_last:
                instead[id(self._module.get_submodule(convolution.name))] = self._private(
                    convolution, plain=True
                )
        for pair in self._pools if pool_early else ():
            if not any(id(self._module.get_submodule(name)) in read for name in pair.aliases):
                instead[id(self._module.get_submodule(pair.relu))] = nn.Identity().eval()
                pool = self._module.get_submodule(pair.pool)
                instead[id(pool)] = pool_first(replicate(pool))
        sliced = self._slice_members(channels, layer, instead)
        replica = replicate(self._module, instead)
        # sliced weights belong to this replica alone, and would be referred to for ever
        self.prepacked.register(module for module in replica.modules() if module not in sliced)
        return replica

    def use_prepacked(self) -> UsePrepacked:
        """A mode in which this thread's passes read prepacked weights, forward and backward."""
        return UsePrepacked(self.prepacked)

    def input_gradient(
        self, *, shift: Tensor | None = None, batch: Tensor | None = None
    ) -> FastInputGradient:
        """A mode with the fast gradient for this thread's images; arguments as `FastInputGradient`."""
        return FastInputGradient(self.prepacked, shift=shift, batch=batch)

    @staticmethod
    def prepare_input_gradient(replica: nn.Module) -> None:
        """Give a private replica, whose weights stay from now on, the fast gradient for images in every pass."""
        use_fast_input_gradient(replica)

    def lease_replica(
        self,
        keep: Collection[str] = (),
        *,
        pool_early: bool = False,
        channels: Sequence[int] = (),
        layer: str | None = None,
    ) -> AbstractContextManager[nn.Module]:
        """Lend a `replica` for one computation that leaves it as it was; after an error it is thrown away."""
        kind = (frozenset(keep), pool_early, tuple(channels), layer)
        return self._replicas.lease(
            kind, lambda: self.replica(keep, pool_early=pool_early, channels=channels, layer=layer)
        )

    def _slice_members(
        self, channels: Sequence[int], layer: str | None, instead: dict[int, nn.Module]
    ) -> set[nn.Module]:
        """Put layers with these channels alone in `instead`, and return them."""
        group, sliced = self._channel_group(layer) if channels else None, set[nn.Module]()
        for name, member_channels in group.local_indices(channels) if group else ():
            original = self._module.get_submodule(name)
            instead[id(original)] = slice_output_channels(
                instead.get(id(original), original), member_channels
            )
            sliced.add(instead[id(original)])
        return sliced

    def _channel_group(self, layer: str | None) -> ChannelGroup | None:
        """The channel group of an output; at most one is cached for each layer."""
        if layer not in self._channel_groups:
            replica, call = (
                self.replica(pool_early=True, layer=layer),
                None if layer is None else self._call(layer),
            )
            try:
                group = find_channel_group(replica, self._x, call)
            except Exception:  # as above
                group = None
            self._channel_groups[layer] = group
        return self._channel_groups[layer]

    def _call(self, name: str) -> tuple[str, int]:
        """The module and which of its calls a name stands for; the first where it names none."""
        base, call = split_call(name, self._names)
        return base, call or 0

    def _module_named(self, name: str) -> nn.Module:
        try:
            return self._module.get_submodule(self._call(name)[0])
        except AttributeError:
            raise LayerNotFound(
                f"There is no layer named {name!r} to keep: name layers of the network."
            ) from None

    def _private(self, convolution: Convolution, *, plain: bool = False) -> nn.Conv2d:
        """A private copy of a convolution whose weights, folded or plain, all replicas share."""
        key = f"{convolution.name}:plain" if plain else convolution.name
        if key not in self._prepared:
            prepared = self._prepare(convolution, plain=plain)
            self._prepared.setdefault(key, prepared)  # another thread may have been faster: one is kept
        shared = replicate(self._prepared[key])
        assert isinstance(shared, nn.Conv2d)  # noqa: S101 - only those are prepared
        return shared

    def _prepare(self, convolution: Convolution, *, plain: bool) -> nn.Conv2d:
        original = self._module.get_submodule(convolution.name)
        prepared = replicate(original)
        assert isinstance(original, nn.Conv2d) and isinstance(prepared, nn.Conv2d)  # noqa: S101 - as the probe saw
        weight = original.weight.detach()
        if not plain and convolution.norm is not None:
            norm = self._module.get_submodule(convolution.norm)
            assert isinstance(norm, nn.BatchNorm2d)  # noqa: S101 - as the probe saw
            weight, bias = fold(original, norm)
            prepared.bias = nn.Parameter(bias, requires_grad=False)
        in_format = torch.empty_like(weight, memory_format=self._format).copy_(weight)
        prepared.weight = nn.Parameter(in_format, requires_grad=False)
        return prepared

    def _agrees(self, x: Tensor, expected: Tensor) -> bool:
        """Whether a replica that folds all it can gives the network's own output, a last line of defence."""
        try:
            output = _output(self.replica(pool_early=True), x)
        except Exception:  # such as `view` on maps that lie channels-last
            return False
        difference = torch.linalg.vector_norm(output.double() - expected.double())
        return bool(difference <= _AGREEMENT * torch.linalg.vector_norm(expected.double()))


def _output(replica: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        output = output_tensor(replica(x))
    if output is None:
        raise TypeError("the output is no tensor, so nothing can be compared")
    return output
