"""What a convolution or pooling is set to: the size of its kernel, stride, padding, dilation and groups."""

from collections.abc import Sequence

from torch import nn

__all__ = ["layer_settings"]

_USUAL = {"stride": {1}, "padding": {0}, "dilation": {1}, "groups": {1}}


def layer_settings(module: nn.Module) -> str:
    """Such as "kernel 3 x 3, stride 2, padding 1"; what is at its least is left out, and "" of a module without kernel.

    Args:
        module: a convolution or pooling, or anything else.
    """
    kernel = _text(getattr(module, "kernel_size", None), square=True)
    if not kernel:
        return ""
    others = {name: getattr(module, name, None) for name in _USUAL}
    told = {name: _text(value) for name, value in others.items() if not _is_usual(value, _USUAL[name])}
    return ", ".join(f"{name} {text}" for name, text in {"kernel": kernel, **told}.items() if text)


def _text(value: object, *, square: bool = False) -> str:
    """A number, or "rows x columns" where these differ; `square` writes equal ones out as well."""
    if isinstance(value, str):
        return value
    sizes = (value,) if isinstance(value, int) else tuple(value) if isinstance(value, Sequence) else ()
    if square and isinstance(value, int):
        sizes *= 2
    if not square and len(set(sizes)) == 1:
        sizes = sizes[:1]
    return " × ".join(str(size) for size in sizes)


def _is_usual(value: object, usual: set[int]) -> bool:
    return {value} == usual if isinstance(value, int) else isinstance(value, Sequence) and set(value) == usual
