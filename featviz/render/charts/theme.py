"""The colors of charts on light and on dark pages."""

from dataclasses import dataclass

__all__ = ["DARK", "LIGHT", "ChartTheme"]


@dataclass(frozen=True)
class ChartTheme:
    """The colors of a chart on a light or a dark page; the ground itself is left to the page.

    Attributes:
        text: of titles and of what is named.
        muted: of tick labels.
        grid: of grid lines, half transparent.
        surface: behind hover texts.
        accent: of what a chart is about.
        quiet: of what stands beside it.
        warning: of what is wrong, such as a dead filter.
        series: of lines that are compared, the first one the accent.
        colorway: of categories, after Okabe and Ito 2008.
        text_scale: how many times their usual size letters have, and with them the height of a chart.
    """

    text: str
    muted: str
    grid: str
    surface: str
    accent: str
    quiet: str
    warning: str
    series: tuple[str, ...]
    colorway: tuple[str, ...] = (
        "#0072b2",
        "#e69f00",
        "#009e73",
        "#cc79a7",
        "#56b4e9",
        "#d55e00",
        "#f0e442",
    )
    text_scale: float = 1.0

    @property
    def text_size(self) -> float:
        """Of titles and of what is named, in pixels."""
        return 13 * self.text_scale


LIGHT = ChartTheme(
    text="#1d2529",
    muted="#56646b",
    grid="rgba(29, 37, 41, 0.13)",
    surface="#f2f5f6",
    accent="#0f7f8c",
    quiet="#7c959e",
    warning="#d55e00",
    series=("#0f7f8c", "#c4540a", "#b0538a", "#8a6d00"),
)
DARK = ChartTheme(
    text="#e3e9ec",
    muted="#a3b1b8",
    grid="rgba(227, 233, 236, 0.16)",
    surface="#1a2126",
    accent="#3fc1cc",
    quiet="#8aa4ad",
    warning="#e8793a",
    series=("#3fc1cc", "#ee8a4a", "#d993bb", "#e0c341"),
)
