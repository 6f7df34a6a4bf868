"""Names that visitors give to files and classes, told apart."""

from collections import Counter
from collections.abc import Iterable

__all__ = ["unique"]


def unique(names: Iterable[str]) -> list[str]:
    """The same names in the same order; those that came before get "~2", "~3", ... at their end."""
    listed = list(names)
    taken, seen, told_apart = set(listed), Counter[str](), list[str]()
    for name in listed:
        seen[name] += 1
        apart = name
        while seen[name] > 1 and (apart := f"{name}~{seen[name]}") in taken:
            seen[name] += 1
        taken.add(apart)
        told_apart.append(apart)
    return told_apart
