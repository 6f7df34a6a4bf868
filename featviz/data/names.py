"""Names that visitors give to files and classes, told apart."""

from collections import Counter
from collections.abc import Iterable

__all__ = ["unique"]


def unique(names: Iterable[str]) -> list[str]:
    """The same names in the same order; those that came before get "~2", "~3", ... at their end."""
    listed = list(names)
    taken, counts, result = set(listed), Counter[str](), list[str]()
    for name in listed:
        counts[name] += 1
        candidate = name
        while counts[name] > 1 and (candidate := f"{name}~{counts[name]}") in taken:
            counts[name] += 1
        taken.add(candidate)
        result.append(candidate)
    return result
