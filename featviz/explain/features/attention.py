"""Attention weights as maps: for each head, how strongly a query token attends to each patch of the image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.explain.features.feature_maps import FeatureMaps

__all__ = ["AttentionTokens", "attention_maps", "attention_tokens"]


@dataclass(frozen=True)
class AttentionTokens:
    """What the tokens of an attention are.

    Attributes:
        extra: how many stand before the patches: the class token, then others such as registers.
        grid: rows and columns of the patches; None where the tokens lie in no grid.
        count: of all tokens.
    """

    extra: int
    grid: tuple[int, int] | None
    count: int

    @property
    def names(self) -> tuple[str, ...]:
        """Of all tokens: "class token", "extra token 2", "patch 3, 4" (row and column, from 0), or "token 5"."""
        if self.grid is None:
            return tuple(f"token {index}" for index in range(self.count))
        rows, columns = self.grid
        patches = (f"patch {row}, {column}" for row in range(rows) for column in range(columns))
        behind = self.count - self.extra - rows * columns
        before = ["class token", *(f"extra token {index + 1}" for index in range(1, self.extra))]
        after = (f"extra token {self.extra + index + 1}" for index in range(behind))
        return (*before[: self.extra], *patches, *after)

    def patch(self, token: int) -> tuple[int, int] | None:
        """Row and column of a token's patch; None of one that stands for none."""
        if self.grid is None or not 0 <= token - self.extra < self.grid[0] * self.grid[1]:
            return None
        row, column = divmod(token - self.extra, self.grid[1])
        return row, column

    def token(self, row: int, column: int) -> int:
        """The token of the patch at a row and column.

        Raises:
            BadInput: there is no such patch.
        """
        if self.grid is None or not (0 <= row < self.grid[0] and 0 <= column < self.grid[1]):
            raise BadInput(f"There is no patch {row}, {column} in {self.grid}.", code="patch")
        return self.extra + row * self.grid[1] + column


def attention_tokens(maps: FeatureMaps) -> AttentionTokens:
    """Read what the tokens of attention weights are.

    Raises:
        BadInput: the layer gives no attention weights.
    """
    if maps.layout != "attention":
        raise BadInput(f"{maps.layer} gives no attention weights, but {maps.layout}.", code="attention")
    count = maps.maps.shape[2]
    if maps.patches is None:
        return AttentionTokens(0, None, count)
    return AttentionTokens(maps.patches.before, maps.patches.grid, count)


def attention_maps(maps: FeatureMaps, query: int) -> NDArray[np.float32]:
    """How strongly a query attends to each patch: (heads, rows, columns), each weight from 0 to 1.

    What is missing to 1 in a head goes to the class token and others that stand for no patch.

    Args:
        maps: of a layer that outputs attention weights (heads, queries, keys).
        query: a token's index.

    Raises:
        BadInput: no attention weights, tokens that lie in no grid of patches, or no such query.
    """
    tokens = attention_tokens(maps)
    if tokens.grid is None or not 0 <= query < tokens.count:
        raise BadInput(
            f"Query {query} of {tokens.count} tokens on the grid {tokens.grid} came; there are no such patches.",
            code="attention",
        )
    rows, columns = tokens.grid
    return maps.maps[:, query, tokens.extra : tokens.extra + rows * columns].reshape(
        maps.channels, rows, columns
    )
