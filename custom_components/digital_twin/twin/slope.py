"""The slope of points by Theil and Sen: the median of the slopes between all pairs.

A quarter of wild points cannot change it much. Every list has at least two points, ordered by
their first part.
"""

from collections.abc import Sequence
from itertools import combinations
from statistics import median


def slopes(points: Sequence[tuple[float, float]]) -> list[float]:
    """Return the slopes between all pairs of points."""
    return [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2)]


def theil_sen(points: Sequence[tuple[float, float]]) -> float:
    """Return the median of the slopes between all pairs of points.

    >>> theil_sen([(0, 0), (1, 1), (2, 2), (3, 30), (4, 4)])
    1.0
    """
    return median(slopes(points))
