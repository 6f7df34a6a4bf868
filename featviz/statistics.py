"""Statistics that several rooms report."""

__all__ = ["wilson_interval"]

_QUANTILE = 1.959964
"""Of the normal distribution, for 95 %."""


def wilson_interval(hits: int, total: int) -> tuple[float, float]:
    """Wilson's score interval of a rate at 95 % confidence (1927, doi:10.1080/01621459.1927.10502953).

    Args:
        hits: number of successes, 0 to `total`.
        total: number of trials; without any the interval is (0, 1).

    Returns:
        Lower and upper end, in [0, 1].
    """
    if total == 0:
        return 0.0, 1.0
    square, rate = _QUANTILE**2, hits / total
    center = (rate + square / (2 * total)) / (1 + square / total)
    reach = _QUANTILE / (1 + square / total) * (rate * (1 - rate) / total + square / (4 * total**2)) ** 0.5
    # exactly 0 and 1 at the ends, where rounding would miss them
    return (center - reach if hits else 0.0), (center + reach if hits < total else 1.0)
