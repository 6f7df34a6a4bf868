"""The attention matrices of a pass, differentiable, whichever implementation computes them.

Attention comes as `nn.MultiheadAttention`, as torch's fused function, and as an explicit softmax. The first two
never show their matrices to autograd, so inside the `with` they are computed explicitly.
"""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from featviz.errors import BadInput

__all__ = ["AttentionMatrices"]

_SOFTMAX = (F.softmax, torch.softmax, Tensor.softmax)
_SIGNATURE = inspect.signature(F.multi_head_attention_forward)
_UNKNOWN = ("bias_k", "bias_v", "key_padding_mask", "static_k", "static_v")


class AttentionMatrices(TorchFunctionMode):
    """Inside the `with`, the attention of this thread's pass, block by block: each (N, heads, tokens, tokens).

    A function mode is local to its thread.

    Args:
        batch_size: number of images; attention with more rows than that is within windows.
    """

    def __init__(self, batch_size: int = 1) -> None:
        super().__init__()
        self.batch_size = batch_size
        self.matrices: list[Tensor] = []
        self.windowed = False

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation, explicitly and recorded where it is attention."""
        keywords = kwargs or {}
        if func is F.multi_head_attention_forward:
            return self._multi_head(**_SIGNATURE.bind(*args, **keywords).arguments), None
        if func is F.scaled_dot_product_attention:
            return self._scaled_dot_product(*args, **keywords)
        output = func(*args, **keywords)
        return (
            self._record(output) if func in _SOFTMAX and _over_last(output, *args[1:], **keywords) else output
        )

    def _multi_head(self, **arguments: Any) -> Tensor:
        if arguments.get("use_separate_proj_weight") or any(
            arguments.get(name) is not None for name in _UNKNOWN
        ):
            raise BadInput(
                "This attention has masks, biases or projections of its own kind; its matrices cannot be read. "
                "grad_cam works.",
                code="attention",
            )
        weights = arguments["in_proj_weight"].chunk(3)
        biases = (None,) * 3 if arguments["in_proj_bias"] is None else arguments["in_proj_bias"].chunk(3)
        projected = (
            F.linear(arguments[name], weight, bias)
            for name, weight, bias in zip(("query", "key", "value"), weights, biases, strict=True)
        )
        # (tokens, N, width) -> (N, heads, tokens, width / heads)
        heads = [
            each.reshape(*each.shape[:2], arguments["num_heads"], -1).permute(1, 2, 0, 3)
            for each in projected
        ]
        query, key, value = heads
        mixed = self._scaled_dot_product(query, key, value, arguments.get("attn_mask"))
        together = mixed.permute(2, 0, 1, 3).flatten(2)
        return F.linear(together, arguments["out_proj_weight"], arguments["out_proj_bias"])

    def _scaled_dot_product(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0,  # noqa: ARG002 - there is none at evaluation
        is_causal: bool = False,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> Tensor:
        """The formula of torch's fused function, without dropout."""
        if enable_gqa:
            key, value = (
                each.repeat_interleave(query.shape[-3] // each.shape[-3], -3) for each in (key, value)
            )
        scores = query @ key.transpose(-2, -1) * (query.shape[-1] ** -0.5 if scale is None else scale)
        if is_causal:
            attn_mask = torch.ones_like(scores[0, 0], dtype=torch.bool).tril()
        if attn_mask is not None and attn_mask.dtype is torch.bool:
            scores = scores.masked_fill(~attn_mask, -torch.inf)
        elif attn_mask is not None:
            scores = scores + attn_mask
        return self._record(scores.softmax(-1)) @ value

    def _record(self, weights: Tensor) -> Tensor:
        if weights.ndim != 4 or weights.shape[0] != self.batch_size or weights.shape[-1] != weights.shape[-2]:
            self.windowed = True
        else:
            self.matrices.append(weights)
        return weights


def _over_last(output: Tensor, dim: int | None = None, *_args: object, **_keywords: object) -> bool:
    """Whether a softmax is over the last of at least four dimensions, as attention's is: a class map's is not."""
    return output.ndim >= 4 and dim in (-1, output.ndim - 1)
