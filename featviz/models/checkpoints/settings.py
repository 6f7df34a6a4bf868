"""What a checkpoint, or a file beside it, says of the preprocessing: timm's, Hugging Face's and Lightning's words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

__all__ = ["FoundSettings", "find_settings", "parsed_settings", "settings_beside"]

_BESIDE = ("preprocessor_config.json", "config.json")
_MAX_BYTES = 1 << 20
_NESTED = (
    *("pretrained_cfg", "default_cfg", "preprocessing", "preprocessor", "transform", "normalize"),
    *("hyper_parameters", "hparams", "datamodule_hyper_parameters", "config", "cfg", "args", "data"),
)
_SIZES = ("crop_size", "input_size", "img_size", "image_size", "resolution", "imsize", "size")
_SIDES = ("height", "width", "shortest_edge")
_INTERPOLATIONS = {"0": "nearest", "2": "bilinear", "3": "bicubic"}
_LARGEST = 2048
_BYTE = 255
_LONGEST = 100


@dataclass(frozen=True)
class FoundSettings:
    """What was found; None where nothing was said.

    Attributes:
        input_size: height and width in pixels.
        mean: of values in [0, 1], for each channel or one for all.
        std: the same of the standard deviation.
        resize: pixels of the shorter side before cropping.
        interpolation: "nearest", "bilinear" or "bicubic".
        where: what said so, such as "pretrained_cfg".
        architecture: as timm calls it; "" where nothing says.
    """

    input_size: int | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    resize: int | None = None
    interpolation: str | None = None
    where: str = ""
    architecture: str = ""

    def __bool__(self) -> bool:
        """Whether anything was found."""
        return self.input_size is not None or self.mean is not None


def find_settings(mapping: object, where: str = "") -> FoundSettings:
    """What a mapping of plain values says, itself or in one of the well-known mappings in it.

    Args:
        mapping: untrusted; whatever makes no sense is passed over.
        where: how to call it.
    """
    architecture = ""
    for name, settings in _mappings(mapping, where):
        named = settings.get("architecture", settings.get("arch"))
        if isinstance(named, str) and not architecture:
            architecture = named[:_LONGEST]
        found = _of_mapping(settings)
        if found:
            return replace(found, where=name, architecture=architecture)
    return FoundSettings(architecture=architecture)


def parsed_settings(text: str | bytes, where: str) -> FoundSettings:
    """What a JSON text says; nothing where it is none, or longer than 1 MB."""
    if len(text) > _MAX_BYTES:
        return FoundSettings()
    try:
        return find_settings(json.loads(text), where)
    except (ValueError, RecursionError):
        return FoundSettings()


def settings_beside(path: Path) -> FoundSettings:
    """What the configuration files in the folder of a checkpoint say."""
    for name in _BESIDE:
        try:
            file = path.parent / name
            text = file.read_bytes() if file.is_file() and file.stat().st_size <= _MAX_BYTES else b""
        except (OSError, ValueError):
            continue
        found = parsed_settings(text, name)
        if found.mean is not None or (found and name == _BESIDE[0]):
            return found
    return FoundSettings()


def _mappings(mapping: object, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """It and the well-known mappings in it, two levels deep at most."""
    if not isinstance(mapping, Mapping):
        return
    yield where, mapping
    inner = {name: mapping[name] for name in _NESTED if isinstance(mapping.get(name), Mapping)}
    for name, nested in inner.items():
        yield name, nested
        for deeper in _NESTED:
            if isinstance(nested.get(deeper), Mapping):
                yield deeper, nested[deeper]


def _of_mapping(settings: Mapping[str, Any]) -> FoundSettings:
    size = next((side for name in _SIZES if (side := _side(settings.get(name)))), None)
    mean = _numbers(settings.get("image_mean", settings.get("mean")))
    std = _numbers(settings.get("image_std", settings.get("std")))
    if settings.get("do_normalize") is False:
        mean, std = (0.0,), (1.0,)
    if mean is None or std is None or min(std) <= 0:
        mean = std = None
    elif settings.get("do_rescale") is False or max(*map(abs, mean), *std) > 2:
        mean, std = tuple(each / _BYTE for each in mean), tuple(each / _BYTE for each in std)
    return FoundSettings(size, mean, std, _resize(settings, size), _interpolation(settings))


def _resize(settings: Mapping[str, Any], size: int | None) -> int | None:
    """The shorter side before the square is cut out."""
    share = settings.get("crop_pct")
    if size is not None and isinstance(share, (int, float)) and 0.1 <= share <= 1:
        return max(size, int(size / share))
    before = _side(settings.get("size"))
    return before if size is not None and before is not None and before >= size else None


def _interpolation(settings: Mapping[str, Any]) -> str | None:
    named = settings.get("interpolation", settings.get("resample"))
    text = _INTERPOLATIONS.get(str(named), str(named))
    return text if text in _INTERPOLATIONS.values() else None


def _side(value: object) -> int | None:
    """One side in pixels of a number, a list that ends in height and width, or a mapping; None of an oblong."""
    if isinstance(value, Mapping):
        value = [value[name] for name in _SIDES if name in value]
    sides = value[-2:] if isinstance(value, (list, tuple)) else [value]
    whole = [each for each in sides if type(each) is int and 1 <= each <= _LARGEST]
    return whole[0] if whole and len(whole) == len(sides) and len(set(whole)) == 1 else None


def _numbers(value: object) -> tuple[float, ...] | None:
    numbers = value if isinstance(value, (list, tuple)) else [value]
    if len(numbers) not in (1, 3) or not all(type(each) in (int, float) for each in numbers):
        return None
    floats = tuple(map(float, numbers))
    return floats if all(abs(each) < 1e6 for each in floats) else None
