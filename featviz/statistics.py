"""Statistics that several rooms report."""

__all__ = ["difference_interval", "paired_difference_interval", "wilson_interval"]

Interval = tuple[float, float]

_QUANTILE = 1.959964
"""Of the normal distribution, for 95%."""


def wilson_interval(hits: int, total: int) -> tuple[float, float]:
    """Wilson's score interval of a rate at 95% confidence (1927, doi:10.1080/01621459.1927.10502953).

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


def difference_interval(
    first: float, first_interval: Interval, second: float, second_interval: Interval, correlation: float = 0.0
) -> Interval:
    """Newcombe's interval of first - second at 95% confidence, from the interval of each by square and add.

    Independent rates: 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I. Of rates that hang
    together positively it is too wide where their correlation is not given.

    Args:
        first: a rate in [0, 1].
        first_interval: Wilson's.
        second: another rate.
        second_interval: Wilson's.
        correlation: of the single outcomes, the phi coefficient in [-1, 1].

    Returns:
        Lower and upper end, in [-1, 1].
    """
    down, up = first - first_interval[0], first_interval[1] - first
    below, above = second - second_interval[0], second_interval[1] - second
    difference = first - second
    low = max(0.0, down**2 - 2 * correlation * down * above + above**2) ** 0.5
    high = max(0.0, up**2 - 2 * correlation * up * below + below**2) ** 0.5
    return difference - low, difference + high


def paired_difference_interval(both: int, first_only: int, second_only: int, neither: int) -> Interval:
    """Newcombe's score interval of the difference of two rates on the same trials at 95% confidence.

    Method 10 of 1998, doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C.

    Args:
        both: trials that both hit.
        first_only: trials that the first one alone hit.
        second_only: trials that the second one alone hit.
        neither: trials that none hit.

    Returns:
        Lower and upper end of first - second, in [-1, 1].
    """
    total = both + first_only + second_only + neither
    first, second = both + first_only, both + second_only
    product = both * neither - first_only * second_only
    sizes = first * (total - first) * second * (total - second)
    corrected = max(product - total / 2, 0.0) if product > 0 else product
    return difference_interval(
        first / max(total, 1),
        wilson_interval(first, total),
        second / max(total, 1),
        wilson_interval(second, total),
        corrected / sizes**0.5 if sizes else 0.0,
    )
