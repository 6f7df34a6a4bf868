"""Every refusal featviz makes.

FeatvizError
├── ModelNotFound        a name that no network has
├── LayerNotFound        a layer that the network does not have
├── BadImage             bytes that are not an image featviz can read
├── BadArchive           a zip that cannot be read within limits
├── BadCheckpoint        weights that do not fit, or are not weights
├── BadInput             a value outside what the function takes
├── WeightsUnavailable   pretrained weights that cannot be fetched now
└── Busy                 no room for heavy work just now
"""


class FeatvizError(Exception):
    """A refusal: one plain sentence a user can act on, and a `code` that tests and logs can rely on.

    The sentence says what came, what was expected and what to do.
    """

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code or type(self).__name__


class ModelNotFound(FeatvizError, KeyError):
    """No network has this name."""

    __str__ = FeatvizError.__str__


class LayerNotFound(FeatvizError, KeyError):
    """The network has no layer of this name, or the layer outputs no tensor."""

    __str__ = FeatvizError.__str__


class BadImage(FeatvizError, ValueError):
    """The bytes are not an image that can be read within limits."""


class BadArchive(FeatvizError, ValueError):
    """The archive cannot be read within limits."""


class BadCheckpoint(FeatvizError, ValueError):
    """The file holds no weights, or weights that do not fit the architecture."""


class BadInput(FeatvizError, ValueError):
    """A value lies outside what the function takes."""


class WeightsUnavailable(FeatvizError):
    """Pretrained weights are neither cached nor reachable."""


class Busy(FeatvizError):
    """The machine is at work for others; trying again soon helps."""
