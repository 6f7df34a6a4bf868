"""Fast execution: private replicas that compute the same in less time on the CPU.

Batch norms are folded into the convolutions before them, maps lie channels-last in memory, and where nothing but
values and gradients is asked for, a max pooling comes before its ReLU. Who reads one unit of many gets a network
whose layers have no others where these make nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from featviz.errors import LayerNotFound
from featviz.models.execution.channel_groups import Makers, find_makers
from featviz.models.execution.channel_slicing import narrow
from featviz.models.execution.folding import Convolution, find_convolutions, fold
from featviz.models.execution.input_gradient import QuickWayBack, go_back_quickly
from featviz.models.execution.pooling_order import RectifiedPool, find_rectified_pools, pool_first
from featviz.models.execution.prepacked_weights import LaidOut, WeightLayouts
from featviz.models.layers import plain_tensor, split_call
from featviz.models.replication import ReplicaPool, replicate

__all__ = ["ExecutionPlan"]

_AGREEMENT = 1e-3


class ExecutionPlan:
    """What can be folded in a frozen network, found once; it owns the folded weights that its replicas share.

    The folded weights are at most one more copy of the network's convolutions; all else is shared with the
    network itself. A network that the plan would not suit, as one that reads its maps with `view`, keeps its
    layout in memory; one whose output would differ is replicated as it is.

    Args:
        module: the shared network, evaluated and frozen; never called, hooked or changed.
        x: a batch it takes, on its device, for a few passes that probe and check.

    Attributes:
        layouts: of the convolutions' weights, for `LaidOut`: at most two more copies of them, laid out as used.
    """

    def __init__(self, module: nn.Module, x: Tensor) -> None:
        self._module = module
        # under every name it is registered with
        self._names = {name for name, _ in module.named_modules(remove_duplicate=False)}
        self._convolutions: tuple[Convolution, ...] = ()
        self._pools: tuple[RectifiedPool, ...] = ()
        self._x = x
        self._makers: dict[str | None, Makers | None] = {}
        self._prepared: dict[str, nn.Conv2d] = {}
        self.layouts = WeightLayouts()
        self._format = torch.contiguous_format
        self._replicas = ReplicaPool()
        try:
            found, expected = find_convolutions(replicate(module), x), _output(replicate(module), x)
            self._pools = find_rectified_pools(replicate(module), x)
        except Exception:  # whatever stops a plain pass will be told by the computation itself
            self._makers[None] = None
            return
        for memory_format in (torch.channels_last, torch.contiguous_format):
            self._convolutions, self._format, self._prepared = found, memory_format, {}
            if self._agrees(x, expected):
                break
        else:
            self._convolutions, self._prepared, self._pools = (), {}, ()
        # now, as whoever computes may listen to every pass
        self._makers_of(None)

    @property
    def folded(self) -> dict[str, str]:
        """The names of the batch norms that can be folded, by the convolution before them."""
        return {found.name: found.norm for found in self._convolutions if found.norm is not None}

    @property
    def pools_first(self) -> dict[str, str]:
        """The names of the max poolings that can come before their ReLU, by the ReLU's."""
        return {found.relu: found.pool for found in self._pools}

    def separates(self, units: Sequence[int], keep: Collection[str] = (), layer: str | None = None) -> bool:
        """Whether a `replica` can have these units alone, while the layers in `keep` put out all they do.

        What makes a layer's output is found when it is first asked for, in the time of about three passes.

        Args:
            units: of the output, in the order in which they are wanted.
            keep: layers that are read too; none that runs after it.
            layer: whose output it is, `name:0` for a module's first call; None for the network's own.

        Raises:
            LayerNotFound: a layer that the network does not have.
        """
        makers = self._makers_of(layer) if units else None
        own = None if layer is None else self._call(layer)[0]
        kept = {self._call(name)[0] for name in keep} - {own}
        return makers is not None and makers.takes(units) and makers.showing.isdisjoint(kept)

    def replica(
        self,
        keep: Collection[str] = (),
        *,
        pool_early: bool = False,
        units: Sequence[int] = (),
        layer: str | None = None,
    ) -> nn.Module:
        """A private replica with batch norms folded away (`nn.Identity`); it costs milliseconds.

        Args:
            keep: layers whose outputs will be read, as `conv1` or `relu:0`. What is folded would change
                the outputs of a convolution and of its batch norm: neither is folded if one is kept.
            pool_early: let max poolings come before their ReLUs, which changes no value and no gradient, but what
                another rule for ReLUs, such as guided backpropagation's, would give.
            units: compute these alone, in this order, which the plan `separates`; none for all.
            layer: whose they are, as for `separates`; it need not be in `keep`, and nothing behind it makes sense.

        Raises:
            LayerNotFound: a name in `keep` that the network does not have.
        """
        kept = {id(self._kept(name)) for name in (*keep, *([] if layer is None else [layer]))}
        instead: dict[int, nn.Module] = {}
        for number, found in enumerate(self._convolutions):
            shown = any(id(self._module.get_submodule(name)) in kept for name in found.showing)
            if found.norm is not None and not shown:
                instead[id(self._module.get_submodule(found.norm))] = nn.Identity().eval()
                instead[id(self._module.get_submodule(found.name))] = self._private(found)
            elif number == 0 and self._format is torch.channels_last:
                instead[id(self._module.get_submodule(found.name))] = self._private(found, plain=True)
        for pair in self._pools if pool_early else ():
            if not any(id(self._module.get_submodule(name)) in kept for name in pair.showing):
                instead[id(self._module.get_submodule(pair.relu))] = nn.Identity().eval()
                pool = self._module.get_submodule(pair.pool)
                instead[id(pool)] = pool_first(replicate(pool))
        narrowed = self._narrowed(units, layer, instead)
        replica = replicate(self._module, instead)
        # their own weights are nobody else's, and would be held for ever
        self.layouts.admit(module for module in replica.modules() if module not in narrowed)
        return replica

    def laid_out(self) -> LaidOut:
        """A mode in which this thread's passes read weights that were laid out once, there and back."""
        return LaidOut(self.layouts)

    def input_gradient(self, *, shift: Tensor | None = None, batch: Tensor | None = None) -> QuickWayBack:
        """A mode in which this thread's passes go back to their images quickly; arguments as `QuickWayBack`."""
        return QuickWayBack(self.layouts, shift=shift, batch=batch)

    @staticmethod
    def prepare_input_gradient(replica: nn.Module) -> None:
        """Let a private replica, whose weights stay from now on, go back to its images quickly in every pass."""
        go_back_quickly(replica)

    def borrowed(
        self,
        keep: Collection[str] = (),
        *,
        pool_early: bool = False,
        units: Sequence[int] = (),
        layer: str | None = None,
    ) -> AbstractContextManager[nn.Module]:
        """Lend a `replica` for one computation that leaves it as it was; after an error it is thrown away."""
        kind = (frozenset(keep), pool_early, tuple(units), layer)
        return self._replicas.lease(
            kind, lambda: self.replica(keep, pool_early=pool_early, units=units, layer=layer)
        )

    def _narrowed(
        self, units: Sequence[int], layer: str | None, instead: dict[int, nn.Module]
    ) -> set[nn.Module]:
        """Layers with these units alone, which from now on stand in place of what makes all of them."""
        makers, narrowed = self._makers_of(layer) if units else None, set[nn.Module]()
        for name, own in makers.narrowed(units) if makers else ():
            original = self._module.get_submodule(name)
            instead[id(original)] = narrow(instead.get(id(original), original), own)
            narrowed.add(instead[id(original)])
        return narrowed

    def _makers_of(self, layer: str | None) -> Makers | None:
        """What makes an output; as many are known as there are layers at most."""
        if layer not in self._makers:
            replica, at = (
                self.replica(pool_early=True, layer=layer),
                None if layer is None else self._call(layer),
            )
            try:
                found = find_makers(replica, self._x, at)
            except Exception:  # as above
                found = None
            self._makers[layer] = found
        return self._makers[layer]

    def _call(self, name: str) -> tuple[str, int]:
        """The module and which of its calls a name stands for; the first where it names none."""
        base, call = split_call(name, self._names)
        return base, call or 0

    def _kept(self, name: str) -> nn.Module:
        try:
            return self._module.get_submodule(self._call(name)[0])
        except AttributeError:
            raise LayerNotFound(
                f"There is no layer named {name!r} to keep: name layers of the network."
            ) from None

    def _private(self, found: Convolution, *, plain: bool = False) -> nn.Conv2d:
        """A private copy of a convolution whose weights, folded or plain, all replicas share."""
        key = f"{found.name}:plain" if plain else found.name
        if key not in self._prepared:
            prepared = self._prepare(found, plain=plain)
            self._prepared.setdefault(key, prepared)  # another thread may have been faster: one is kept
        shared = replicate(self._prepared[key])
        assert isinstance(shared, nn.Conv2d)  # noqa: S101 - only those are prepared
        return shared

    def _prepare(self, found: Convolution, *, plain: bool) -> nn.Conv2d:
        original = self._module.get_submodule(found.name)
        own = replicate(original)
        assert isinstance(original, nn.Conv2d) and isinstance(own, nn.Conv2d)  # noqa: S101 - as the probe saw
        weight = original.weight.detach()
        if not plain and found.norm is not None:
            norm = self._module.get_submodule(found.norm)
            assert isinstance(norm, nn.BatchNorm2d)  # noqa: S101 - as the probe saw
            weight, bias = fold(original, norm)
            own.bias = nn.Parameter(bias, requires_grad=False)
        laid_out = torch.empty_like(weight, memory_format=self._format).copy_(weight)
        own.weight = nn.Parameter(laid_out, requires_grad=False)
        return own

    def _agrees(self, x: Tensor, expected: Tensor) -> bool:
        """Whether a replica that folds all it can gives the network's own output, a last line of defence."""
        try:
            output = _output(self.replica(pool_early=True), x)
        except Exception:  # such as `view` on maps that lie channels-last
            return False
        difference = torch.linalg.vector_norm((output - expected).double())
        return bool(difference <= _AGREEMENT * torch.linalg.vector_norm(expected.double()))


def _output(replica: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        output = plain_tensor(replica(x))
    if output is None:
        raise TypeError("the output is no tensor, so nothing can be compared")
    return output
