"""What is raised where a number would mean nothing."""

from __future__ import annotations

from featviz.errors import BadInput

__all__ = ["Undefined"]


class Undefined(BadInput):
    """A measure is not defined for these features; the sentence says why."""
