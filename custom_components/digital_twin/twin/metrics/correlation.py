"""Which daily metrics of a person go together: rank correlations with their intervals.

Two series that both drift, or both follow the week, correlate without having to do with each other.
So each day is compared with the weeks around it and with its day of the week, and only what is
left of it is correlated. Nothing here says what is the cause of what.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, groupby, permutations
from math import atanh, log, sqrt, sumprod, tanh
from statistics import NormalDist, fmean
from typing import Final, NamedTuple

from ..catalogue import Metric
from ..values import Wording

# The fewest days on which both metrics are known.
FEWEST_DAYS: Final = 14
# Of the strongest: how many are told, and the least of them.
MOST_TOLD: Final = 10
LEAST_TOLD: Final = 0.2
CONFIDENCE: Final = 0.95
FEWEST_ASKED: Final = 28
USUAL_DAYS: Final = 180
# The day of a night is that of waking: what is measured of it comes before the rest of the day.
OF_NIGHTS: Final = frozenset({"sleep_duration", "sleep_score"})
# A day is compared with the median of so many days on each side of it, and itself.
AROUND: Final = 14
WEEK: Final = 7
# So far apart days may still be alike; the medians take off what is alike for longer.
LONGEST_LAG: Final = 14
# Pairs of days from which it is known how alike days are that lie so far apart.
ALIKE_FROM: Final = 8
# The interval is never made of fewer days than these.
FEWEST_EFFECTIVE: Final = 5.0
_BITS: Final = bytes.maketrans(b"01", b"\0\1")
# Fisher's transformation of 1 is infinite.
_NEARLY_ONE: Final = 1 - 1e-12
# Metrics of one measurement, or of which one is computed from another: they go together by what
# they are, on the same day and from day to day, so they are no news.
SAME_MEASUREMENT: Final[Sequence[Collection[str]]] = (
    # Of a scale, which computes the rest from the weight and a resistance.
    ("weight", "body_fat", "muscle_mass", "body_water"),
    ("steps", "distance", "active_energy", "exercise_time"),
    ("systolic_blood_pressure", "diastolic_blood_pressure"),
    # Of the times between heartbeats; watches compute stress from their variability.
    ("heart_rate", "resting_heart_rate", "heart_rate_variability", "stress"),
    ("sleep_duration", "sleep_score"),
    # Of one drink.
    ("hydration", "caffeine"),
)


class MetricPair(NamedTuple):
    """Two metrics (keys): the second `lag` days (0 or 1) after the first."""

    first: str
    second: str
    lag: int = 0


class Interval(NamedTuple):
    """A rank correlation from -1 to 1, with the ends of its interval."""

    r: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval does not hold zero."""
        return self.low > 0 or self.high < 0

    @property
    def nearest(self) -> float:
        """The distance of the interval from zero; negative if it holds zero."""
        return max(self.low, -self.high)


@dataclass(frozen=True, kw_only=True, slots=True)
class Correlation:
    """How far two metrics go together on `days` days, at a confidence from 0 to 1.

    `interval` is None with fewer than 14 days, and where one of the metrics never differs.
    """

    pair: MetricPair
    days: int
    confidence: float
    interval: Interval | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StrongestCorrelations:
    """The strongest correlations, the clearest first; `compared` pairs were looked at."""

    compared: int
    correlations: Sequence[Correlation]


class DailySeries:
    """The days of a metric, each as its deviation from what is usual for it at that time.

    `values`: by day (an ordinal), none before `start`, which all series that are compared share.
    Usual is the median of the 29 days around a day, plus the mean by which its day of the week
    differs. Skewed metrics are compared on their logarithmic scale.
    """

    def __init__(
        self, values: Mapping[int, float], start: int, metric: Metric | None = None
    ) -> None:
        offset = metric.log_offset if metric else None
        around = without_trend(
            [
                (day - start, value if offset is None else log(max(value, 0.0) + offset))
                for day, value in sorted(values.items())
            ]
        )
        usual = _by_weekday(around)
        self._ranking = Ranking(
            # Equal values stay equal: what floats add differs in the last digits.
            {day: round(value - usual[day % WEEK], 9) for day, value in around}
        )
        self._ranks: dict[int, list[int]] = {}
        # Bit n of the number is the n-th day after the start.
        self.days = sum(1 << day for day, _ in around)
        self.weekdays = len(usual)

    def ranks(self, days: int) -> list[int]:
        """Return the ranks (see `Ranking.ranks`) of some of the days, given as bits."""
        found = self._ranks.get(days)
        if found is None:
            found = self._ranks[days] = self._ranking.ranks(days)
        return found

    @cached_property
    def alike(self) -> Sequence[float]:
        """By distance in days from 1 on: the correlation of days that lie so far apart."""
        ranks, count = self.ranks(self.days), self.days.bit_count()
        spread, found = sumprod(ranks, ranks) / max(count, 1), []
        for lag in range(1, LONGEST_LAG + 1):
            pairs = (self.days & self.days >> lag).bit_count()
            known = spread > 0 and pairs >= ALIKE_FROM
            mean = sumprod(ranks[:-lag], ranks[lag:]) / pairs if known else 0.0
            found.append(max(-1.0, min(1.0, mean / spread)) if known else 0.0)
        return found


class Ranking:
    """The order of values by place (0 and up), from which ranks of some of them are made."""

    def __init__(self, values: Mapping[int, float]) -> None:
        self._order = sorted(values, key=values.__getitem__)
        self._size = max(values, default=-1) + 1
        same = ([*places] for _, places in groupby(self._order, values.__getitem__))
        self._equal = [places for places in same if len(places) > 1]

    def ranks(self, places: int) -> list[int]:
        """Return by place twice the rank less its mean, 0 for places that are not in the bits.

        Equal values share their mean rank.
        """
        wanted = f"{places:0{self._size}b}"[::-1].encode().translate(_BITS)
        order = [place for place in self._order if wanted[place]]
        ranks = [0] * self._size
        for rank, place in zip(range(1 - len(order), len(order), 2), order, strict=True):
            ranks[place] = rank
        for places_of_value in self._equal:
            equal = [place for place in places_of_value if wanted[place]]
            if len(equal) > 1:
                rank = (ranks[equal[0]] + ranks[equal[-1]]) // 2
                for place in equal:
                    ranks[place] = rank
        return ranks


def without_trend(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return days (in order) as the difference from the median of the 29 days around each."""
    window: list[float] = []
    first = last = 0
    found = []
    for day, value in points:
        while last < len(points) and points[last][0] <= day + AROUND:
            insort(window, points[last][1])
            last += 1
        while points[first][0] < day - AROUND:
            del window[bisect_left(window, points[first][1])]
            first += 1
        half = len(window) // 2
        middle = window[half] if len(window) % 2 else (window[half - 1] + window[half]) / 2
        found.append((day, value - middle))
    return found


def _by_weekday(points: Iterable[tuple[int, float]]) -> dict[int, float]:
    values: dict[int, list[float]] = defaultdict(list)
    for day, value in points:
        values[day % WEEK].append(value)
    return {weekday: fmean(same) for weekday, same in values.items()}


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return Spearman's rank correlation of two series, which may have equal values.

    It is None where one of the series has one value only.

    >>> spearman([1, 2, 3, 4], [10, 30, 20, 40])
    0.8
    """
    places = (1 << len(first)) - 1
    ranks = (Ranking(dict(enumerate(values))).ranks(places) for values in (first, second))
    return _of_ranks(*ranks)


def _of_ranks(first: Sequence[int], second: Sequence[int]) -> float | None:
    spread = sumprod(first, first) * sumprod(second, second)
    if not spread:
        return None
    size = min(len(first), len(second))
    return max(-1.0, min(1.0, sumprod(first[:size], second[:size]) / sqrt(spread)))


def interval(r: float, days: float, confidence: float) -> Interval:
    """Return the interval of a rank correlation of independent days.

    By Fisher's transformation with the variance for Spearman's correlation of Bonett and Wright
    (Psychometrika 65:23, 2000).
    """
    z = atanh(max(-_NEARLY_ONE, min(_NEARLY_ONE, r)))
    error = sqrt((1 + r * r / 2) / max(days - 3, FEWEST_EFFECTIVE - 3))
    width = NormalDist().inv_cdf((1 + confidence) / 2) * error
    return Interval(r, tanh(z - width), tanh(z + width))


def effective_days(first: DailySeries, second: DailySeries, days: int) -> float:
    """Return to how many independent days the days (bits, of the first series) come.

    Days that resemble those before them say less than as many independent ones (Bartlett 1935,
    Bayley and Hammersley 1946), and the means of the days of the week use some up. It is no more
    than the number of days, and at least five.
    """
    count = days.bit_count()
    alike = (one * other for one, other in zip(first.alike, second.alike, strict=True))
    shared = sum(
        part * (days & days >> distance).bit_count()
        for distance, part in enumerate(alike, start=1)
        if part
    )
    used = max(first.weekdays, second.weekdays) - 1
    independent = (count - used) / max(1.0, 1 + 2 * shared / max(count, 1))
    return max(independent, FEWEST_EFFECTIVE)


def correlate(
    series: Mapping[str, DailySeries], pair: MetricPair, confidence: float = CONFIDENCE
) -> Correlation:
    """Return the correlation of a pair, at a confidence from 0 to 1."""
    first, second = series[pair.first], series[pair.second]
    days, r = _of_pair(series, pair)
    n = effective_days(first, second, days)
    return Correlation(
        pair=pair,
        days=days.bit_count(),
        confidence=confidence,
        interval=None if r is None else interval(r, n, confidence),
    )


def _of_pair(series: Mapping[str, DailySeries], pair: MetricPair) -> tuple[int, float | None]:
    """Return the common days (bits) of a pair, and the rank correlation if there is one."""
    first, second = series[pair.first], series[pair.second]
    days = first.days & second.days >> pair.lag
    if days.bit_count() < FEWEST_DAYS:
        return days, None
    return days, _of_ranks(first.ranks(days), second.ranks(days << pair.lag)[pair.lag :])


def pairs_of(metrics: Collection[str], about: str | None = None) -> Iterator[MetricPair]:
    """Yield the pairs of metrics on the same day, and of one with another on the day after.

    With `about` it is only the pairs of which that metric is a part.
    """
    for lag, found in ((0, combinations(metrics, 2)), (1, permutations(metrics, 2))):
        for first, second in found:
            if about in (None, first, second):
                yield MetricPair(first, second, lag)


class Measurements:
    """Which metrics come of one measurement: those that are together in a group."""

    def __init__(self, groups: Iterable[Collection[str]] = SAME_MEASUREMENT) -> None:
        self._together = {frozenset(pair) for each in groups for pair in combinations(each, 2)}

    def same(self, one: str, other: str) -> bool:
        """Return whether two metrics are the same, or come of one measurement."""
        return one == other or frozenset((one, other)) in self._together

    def repeats(self, pair: MetricPair, other: MetricPair) -> bool:
        """Return whether a pair tells the same as another one of the same measurements."""
        if pair.lag != other.lag:
            return False
        crossed = self.same(pair.first, other.second) and self.same(pair.second, other.first)
        straight = self.same(pair.first, other.first) and self.same(pair.second, other.second)
        return straight or (crossed and not pair.lag)


def strongest(
    series: Mapping[str, DailySeries], measurements: Measurements, about: str | None = None
) -> StrongestCorrelations:
    """Return the strongest correlations, of all metrics or of one with the others, at most ten.

    All intervals together hold with 95 % (Bonferroni). Told are those of which none of the interval
    is zero, and r is at least 0.2; first the one whose interval is farthest from zero. Metrics of
    one measurement are no pair, and of those with the same other metric only the first is told.
    """
    pairs = (pair for pair in pairs_of(series, about) if not measurements.same(*pair[:2]))
    found = [(pair, r) for pair in pairs if (r := _of_pair(series, pair)[1]) is not None]
    confidence = 1 - (1 - CONFIDENCE) / max(len(found), 1)
    strong = (correlate(series, pair, confidence) for pair, r in found if abs(r) >= LEAST_TOLD)
    clear = [each for each in strong if each.interval and each.interval.is_clear]
    clear.sort(key=lambda each: -each.interval.nearest if each.interval else 0.0)
    told: list[Correlation] = []
    for each in clear:
        if not any(measurements.repeats(each.pair, before.pair) for before in told):
            told.append(each)
    return StrongestCorrelations(compared=len(found), correlations=told[:MOST_TOLD])


def in_order(metrics: Iterable[Metric]) -> list[str]:
    """Return the keys of metrics as sentences name them: sleep, then daily totals, then levels."""

    def place(metric: Metric) -> tuple[bool, bool]:
        return metric.key not in OF_NIGHTS, not metric.adds_up

    return [metric.key for metric in sorted(metrics, key=place)]


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrelationWording:
    """Writes correlations: `words` has the texts, `own_names` those of the household's metrics.

    `person` is the name of whom they are, None where that is said beside them.
    """

    words: Wording
    own_names: Mapping[str, str]
    person: str | None = None

    def sentence(self, found: Correlation) -> str:
        """Return a correlation as a sentence that says nothing of a cause."""
        pair, when = found.pair, self._when(found.pair)
        ending = "" if self.person is None else "_of"
        given = {"days": self.words.counted("correlation.days", found.days)}
        if self.person is not None:
            given["name"] = self.words.name(self.person)
        if found.interval and found.interval.is_clear:
            way = "higher" if found.interval.r > 0 else "lower"
            given |= {
                "more": self._phrase("more", pair.first),
                "tended": self._phrase(way, pair.second),
            }
            return self._say(f"{when}{ending}", given)
        given |= {"first": self._name(pair.first), "second": self._name(pair.second)}
        if found.days < FEWEST_DAYS:
            return self._say(f"few_days{ending}", given | {"least": str(FEWEST_DAYS)})
        if found.interval is None:
            return self._say(f"no_difference{ending}", given)
        return self._say(f"unclear_{'next' if pair.lag else 'same'}_day{ending}", given)

    def nothing(self, found: StrongestCorrelations, days: int) -> str:
        """Return what is said where no correlation of the last so many days is told."""
        if not found.compared:
            return self._say("too_early", {})
        return self.words.counted("correlation.nothing", days)

    @staticmethod
    def _when(pair: MetricPair) -> str:
        if pair.lag:
            return "night_after" if pair.second in OF_NIGHTS else "next_day"
        return "after_night" if OF_NIGHTS & {*pair} == {pair.first} else "same_day"

    def _say(self, key: str, given: Mapping[str, str]) -> str:
        return self.words.say(f"correlation.{key}", **given)

    def _name(self, key: str) -> str:
        return self.words.metric(key, self.own_names.get(key))

    def _phrase(self, way: str, key: str) -> str:
        text = "" if key in self.own_names else self.words.texts(f"correlation_{way}.{key}")
        return text or self.words.say(f"correlation_{way}.other", metric=self._name(key))
