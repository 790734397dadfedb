"""Which metrics go together: ranks, intervals, what days tell that resemble each other."""

from collections.abc import Mapping
from itertools import accumulate
import json
from math import asin, exp, pi
from pathlib import Path
from random import Random
import re
from statistics import correlation, fmean

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics import correlation as correlations
from custom_components.digital_twin.twin.metrics.correlation import (
    FEWEST_DAYS,
    FEWEST_EFFECTIVE,
    MOST_TOLD,
    SAME_MEASUREMENT,
    DailySeries,
    Measurements,
    MetricPair,
    correlate,
    effective_days,
    in_order,
    interval,
    pairs_of,
    spearman,
    strongest,
    without_trend,
)

HEALTH = Path(__file__).parents[3] / "docs" / "health.md"
ONE_EACH = Measurements(())
# A Monday.
START = 739_700
VALUES = st.lists(st.integers(-50, 50), min_size=3, max_size=40)
PAIRS = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=3, max_size=40)


def seeded(number: int) -> Random:
    """Return the same chance in each run."""
    return Random(number)  # noqa: S311  # no secret


def series(values: Mapping[int, float], metric: str | None = None) -> DailySeries:
    """Make a series of days that are counted from the start."""
    known = {START + day: value for day, value in values.items()}
    return DailySeries(known, START, CATALOGUE[metric] if metric else None)


def made(
    chance: Random,
    days: int,
    memory: float = 0.0,
    *,
    week: float = 0.0,
    drift: float = 0.0,
    gaps: float = 0.1,
) -> dict[int, float]:
    """Make a series whose days resemble those before them by `memory`, from 0 to 1."""
    value = chance.gauss() / ((1 - memory**2) ** 0.5 if memory < 1 else 1)
    weekdays = [chance.gauss(0, week) for _ in range(7)]
    slope, found = chance.gauss(0, drift), {}
    for day in range(days):
        if chance.random() >= gaps:
            found[day] = value + weekdays[day % 7] + slope * day / days
        value = memory * value + chance.gauss()
    return found


# Spearman's correlation.


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 2, 3, 4], [10, 20, 30, 40], 1.0),
        ([1, 2, 3, 4], [9, 5, 4, -1], -1.0),
        ([1, 2, 3, 4], [10, 30, 20, 40], 0.8),
        # Equal values share their mean rank: 1, 2.5, 2.5, 4 and 1, 2, 3, 4.
        ([1, 2, 2, 3], [1, 2, 3, 4], 9 / (9 * 10) ** 0.5),
        ([1, 1, 2, 2], [1, 2, 1, 2], 0.0),
        ([5, 5, 5], [1, 2, 3], None),
        ([1, 2, 3], [0, 0, 0], None),
        ([], [], None),
    ],
)
def test_spearmans_correlation(
    first: list[float], second: list[float], expected: float | None
) -> None:
    assert spearman(first, second) == pytest.approx(expected)


@given(PAIRS)
def test_it_is_pearsons_correlation_of_mean_ranks(pairs: list[tuple[int, int]]) -> None:
    first, second = zip(*pairs, strict=True)

    def ranks(values: tuple[int, ...]) -> list[float]:
        ordered = sorted(values)
        return [
            fmean(place for place, other in enumerate(ordered) if other == value)
            for value in values
        ]

    found = spearman(first, second)
    if len({*first}) == 1 or len({*second}) == 1:
        assert found is None
    else:
        assert found == pytest.approx(correlation(ranks(first), ranks(second)))


@given(PAIRS)
def test_it_is_symmetric_and_within_its_bounds(pairs: list[tuple[int, int]]) -> None:
    first, second = zip(*pairs, strict=True)
    found = spearman(first, second)
    assert found == spearman(second, first)
    assert found is None or -1 <= found <= 1


@given(PAIRS)
def test_it_keeps_to_the_order_of_values_only(pairs: list[tuple[int, int]]) -> None:
    first, second = zip(*pairs, strict=True)
    found = spearman(first, second)
    assert spearman([exp(value) for value in first], second) == found
    turned = spearman([-3 * value for value in first], second)
    assert turned == (None if found is None else pytest.approx(-found))


@given(VALUES)
def test_a_series_goes_together_with_itself(values: list[int]) -> None:
    assert spearman(values, values) == (None if len({*values}) == 1 else 1.0)


# Its interval.


def test_the_interval_is_that_of_bonett_and_wright() -> None:
    # z = 0.5493, error = √(1.125 / 97) = 0.10769, 1.95996 of it on each side.
    found = interval(0.5, 100, 0.95)
    assert found == pytest.approx((0.5, 0.3259, 0.6413), abs=1e-4)


@given(st.floats(-1, 1), st.floats(5, 400), st.floats(0.5, 0.9999))
def test_an_interval_holds_its_correlation(r: float, days: float, confidence: float) -> None:
    found = interval(r, days, confidence)
    assert -1 <= found.low <= r + 1e-9
    assert r - 1e-9 <= found.high <= 1
    assert found.is_clear == (found.nearest > 0)
    wider = interval(r, days, (1 + confidence) / 2)
    assert wider.low <= found.low
    assert wider.high >= found.high


def test_days_that_resemble_those_before_them_are_fewer() -> None:
    chance = seeded(1)
    slow = [series(made(chance, 300, 0.9, gaps=0)) for _ in range(2)]
    quick = [series(made(chance, 300, gaps=0)) for _ in range(2)]
    assert 20 < effective_days(slow[0], slow[1], slow[0].days) < 120
    # The means of seven days of the week cost six.
    assert 220 < effective_days(quick[0], quick[1], quick[0].days) <= 294
    # One of the two that has no memory is enough.
    assert effective_days(slow[0], quick[0], slow[0].days) > 220


def test_there_are_never_fewer_than_five_effective_days() -> None:
    steps = {day: float(day % 14 < 7) for day in range(28)}
    found = effective_days(series(steps), series(steps), series(steps).days)
    assert found == FEWEST_EFFECTIVE


# What is left of a day.


def test_a_slow_trend_is_taken_off() -> None:
    line = [(day, 3.0 * day) for day in range(60)]
    middle = [value for day, value in without_trend(line) if 14 <= day < 46]
    assert middle == [0.0] * 32


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(0, 9)), min_size=1, max_size=60))
def test_the_trend_is_the_median_of_the_days_around(steps: list[tuple[int, int]]) -> None:
    days = accumulate(distance for distance, _ in steps)
    points = [(day, float(value)) for day, (_, value) in zip(days, steps, strict=True)]
    for (day, value), (same_day, left) in zip(points, without_trend(points), strict=True):
        around = sorted(other for at, other in points if abs(at - day) <= 14)
        half = len(around) // 2
        median = (around[half] + around[-1 - half]) / 2
        assert same_day == day
        assert left == pytest.approx(value - median)


def test_two_series_that_drift_do_not_go_together_for_that() -> None:
    chance, held = seeded(2), 0
    for _ in range(40):
        both = [{day: day / 20 + chance.gauss() for day in range(180)} for _ in range(2)]
        assert spearman([*both[0].values()], [*both[1].values()]) > 0.7  # type: ignore[operator]  # known
        found = correlate({"a": series(both[0]), "b": series(both[1])}, MetricPair("a", "b"))
        held += found.interval is not None and not found.interval.is_clear
    assert held >= 36


def test_two_series_that_follow_the_week_do_not_go_together_for_that() -> None:
    chance, held = seeded(3), 0
    for _ in range(40):
        both = [{day: 3.0 * (day % 7 > 4) + chance.gauss() for day in range(180)} for _ in range(2)]
        assert spearman([*both[0].values()], [*both[1].values()]) > 0.3  # type: ignore[operator]  # known
        found = correlate({"a": series(both[0]), "b": series(both[1])}, MetricPair("a", "b"))
        held += found.interval is not None and not found.interval.is_clear
    assert held >= 36


def test_skewed_metrics_are_compared_on_their_scale() -> None:
    # Each day of a week that doubles: on the scale of values the last days would be far off.
    doubling = {day: 1000.0 * 2 ** (day / 10) for day in range(60)}
    plain, scaled = series(doubling), series(doubling, "steps")
    assert plain.days == scaled.days
    assert plain.ranks(plain.days) != scaled.ranks(scaled.days)


# Pairs.


def test_only_days_that_have_both_count() -> None:
    chance = seeded(4)
    values = {day: chance.gauss() for day in range(60)}
    odd = {day: value for day, value in values.items() if day % 2 or day < 20}
    found = correlate({"a": series(values), "b": series(odd)}, MetricPair("a", "b"))
    assert found.days == len(odd)
    assert found.interval
    assert found.interval.r > 0.95


@pytest.mark.parametrize(("days", "is_known"), [(FEWEST_DAYS - 1, False), (FEWEST_DAYS, True)])
def test_of_fewer_than_fourteen_days_nothing_is_said(days: int, *, is_known: bool) -> None:
    chance = seeded(5)
    both = {name: series(made(chance, days, gaps=0)) for name in "ab"}
    found = correlate(both, MetricPair("a", "b"))
    assert found.days == days
    assert (found.interval is not None) is is_known


def test_a_metric_that_never_differs_goes_with_nothing() -> None:
    chance = seeded(6)
    both = {"a": series(made(chance, 60)), "b": series(dict.fromkeys(range(60), 170.0))}
    assert correlate(both, MetricPair("a", "b")).interval is None
    assert strongest(both, ONE_EACH).compared == 0


def test_the_day_after_is_another_pair_than_the_day_before() -> None:
    chance = seeded(7)
    first = made(chance, 120, gaps=0)
    second = {day + 1: value + 0.2 * chance.gauss() for day, value in first.items()}
    both = {"a": series(first), "b": series(second)}
    after = correlate(both, MetricPair("a", "b", 1))
    assert after.days == 120
    assert after.interval
    assert after.interval.r > 0.9
    before = correlate(both, MetricPair("b", "a", 1))
    assert before.days == 118
    assert before.interval
    assert not before.interval.is_clear


@given(st.integers(0, 10**6), st.integers(FEWEST_DAYS, 90))
def test_on_the_same_day_it_does_not_matter_which_comes_first(number: int, days: int) -> None:
    chance = seeded(number)
    both = {name: series(made(chance, days, 0.5)) for name in "ab"}
    one, other = (correlate(both, MetricPair(*pair)) for pair in ("ab", "ba"))
    assert one.interval == other.interval
    assert one.days == other.days


@given(st.integers(0, 10**6), st.floats(0.01, 100), st.floats(-1000, 1000))
def test_the_unit_of_a_metric_does_not_matter(number: int, factor: float, offset: float) -> None:
    chance = seeded(number)
    first, second = made(chance, 40), made(chance, 40)
    scaled = {day: round(value * factor + offset, 12) for day, value in first.items()}
    found = [
        correlate({"a": series(values), "b": series(second)}, MetricPair("a", "b")).interval
        for values in (first, scaled)
    ]
    assert found[0]
    assert found[1]
    # What is rounded in another unit may change a rank.
    assert found[0].r == pytest.approx(found[1].r, abs=0.02)


def test_each_two_metrics_are_three_pairs() -> None:
    assert [*pairs_of(["a", "b"])] == [("a", "b", 0), ("a", "b", 1), ("b", "a", 1)]
    assert len([*pairs_of(CATALOGUE)]) == 27 * 26 * 3 // 2
    about = [*pairs_of(["a", "b", "c"], "b")]
    assert len(about) == 6
    assert all("b" in pair[:2] for pair in about)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("weight", "body_fat"),
        ("steps", "distance"),
        ("active_energy", "steps"),
        ("systolic_blood_pressure", "diastolic_blood_pressure"),
        ("resting_heart_rate", "heart_rate"),
        ("sleep_score", "sleep_duration"),
        ("hydration", "caffeine"),
    ],
)
def test_metrics_of_one_measurement_are_no_pair(one: str, other: str) -> None:
    chance = seeded(13)
    base = made(chance, 60)
    both = {one: series(base), other: series(base)}
    assert strongest(both, Measurements()).compared == 0
    assert strongest(both, ONE_EACH).compared == 3


def test_the_metrics_of_one_measurement_are_in_the_catalogue() -> None:
    assert {key for each in SAME_MEASUREMENT for key in each} <= CATALOGUE.keys()


def test_sleep_comes_first_and_daily_totals_before_levels() -> None:
    keys = ["mood", "caffeine", "sleep_score", "weight", "steps"]
    found = in_order(CATALOGUE[key] for key in keys)
    assert found == ["sleep_score", "caffeine", "steps", "mood", "weight"]


# The strongest.


def test_the_strongest_have_wider_intervals_and_the_clearest_comes_first() -> None:
    chance = seeded(8)
    base = made(chance, 180, gaps=0)
    known = {
        "a": base,
        "near": {day: value + 0.5 * chance.gauss() for day, value in base.items()},
        "far": {day: 1.5 * chance.gauss() - value for day, value in base.items()},
        "other": made(chance, 180, gaps=0),
    }
    both = {name: series(values) for name, values in known.items()}
    found = strongest(both, ONE_EACH)
    assert found.compared == 18
    assert [each.pair for each in found.correlations] == [
        ("a", "near", 0),
        ("a", "far", 0),
        ("near", "far", 0),
    ]
    first = found.correlations[0]
    assert first.confidence == pytest.approx(1 - 0.05 / 18)
    alone = correlate(both, first.pair)
    assert alone.confidence == 0.95
    assert first.interval
    assert alone.interval
    assert first.interval.r == alone.interval.r
    assert first.interval.low < alone.interval.low


def test_no_more_than_ten_are_told_and_none_that_is_slight() -> None:
    chance = seeded(9)
    base = {day: chance.gauss() for day in range(400)}
    many = {
        str(number): series({day: value + 0.3 * chance.gauss() for day, value in base.items()})
        for number in range(8)
    }
    assert len(strongest(many, ONE_EACH).correlations) == MOST_TOLD
    slight = {
        "a": series(base),
        "b": series({day: value + 6 * chance.gauss() for day, value in base.items()}),
    }
    found = correlate(slight, MetricPair("a", "b"), 0.5)
    assert found.interval
    assert found.interval.is_clear
    assert found.interval.r < 0.2
    assert not strongest(slight, ONE_EACH).correlations


def test_of_the_metrics_of_one_measurement_the_clearest_is_told() -> None:
    chance = seeded(14)
    steps = {day: chance.gauss() for day in range(180)}

    def like(values: Mapping[int, float], spread: float) -> DailySeries:
        return series({day: value + spread * chance.gauss() for day, value in values.items()})

    both = {
        "steps": series(steps),
        "distance": like(steps, 0.1),
        "active_energy": like(steps, 0.3),
        "mood": like(steps, 0.5),
        "weight": like({day + 1: value for day, value in steps.items()}, 0.5),
    }
    found = [each.pair for each in strongest(both, Measurements()).correlations]
    assert found == [("steps", "mood", 0), ("steps", "weight", 1), ("mood", "weight", 1)]
    assert len(strongest(both, ONE_EACH).correlations) > len(found)


# How often the interval is right, on hundreds of simulated people.


@pytest.mark.parametrize(
    ("memory", "week", "drift"),
    [(0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (0.9, 0.0, 0.0), (1.0, 0.0, 0.0), (0.5, 2.0, 5.0)],
)
@pytest.mark.parametrize("days", [28, 90, 180])
def test_the_interval_of_independent_metrics_holds_zero(
    memory: float, week: float, drift: float, days: int
) -> None:
    chance, runs, held = seeded(10), 200, 0
    for number in range(runs):
        both = {name: series(made(chance, days, memory, week=week, drift=drift)) for name in "ab"}
        found = correlate(both, MetricPair("a", "b", number % 2))
        held += found.interval is None or not found.interval.is_clear
    # 95 % of 200, less two standard deviations of chance.
    assert held >= 184


@pytest.mark.parametrize("days", [60, 180])
def test_nothing_is_told_of_a_person_whose_metrics_are_independent(days: int) -> None:
    chance, told = seeded(11), 0
    for _ in range(40):
        known = {
            str(number): series(
                made(chance, days, chance.choice((0, 0.3, 0.6, 0.9, 1)), week=1, drift=2)
            )
            for number in range(8)
        }
        told += bool(strongest(known, ONE_EACH).correlations)
    assert told <= 4


@pytest.mark.parametrize(
    ("true", "days", "least"), [(0.3, 180, 150), (0.5, 90, 180), (0.5, 180, 195), (0.8, 60, 195)]
)
def test_a_true_correlation_is_found(true: float, days: int, least: int) -> None:
    chance, runs, found, held = seeded(12), 200, 0, 0
    # Spearman's correlation of normal values.
    of_ranks = 6 / pi * asin(true / 2)
    for _ in range(runs):
        first, rest = (made(chance, days, 0.3, gaps=0) for _ in range(2))
        second = {
            day: true * value + (1 - true**2) ** 0.5 * rest[day] for day, value in first.items()
        }
        both = {"a": series(first), "b": series(second)}
        wide = correlate(both, MetricPair("a", "b")).interval
        assert wide
        found += wide.is_clear
        held += wide.low <= of_ranks <= wide.high
    assert found >= least
    assert held >= 180


# Sentences.

TRANSLATIONS = Path(correlations.__file__).parents[2] / "translations"
# Words of a cause.
CAUSES = re.compile(
    r"because|caus|due to|lead|affect|effect|influenc|makes|improv|"
    r"dlatego|ponieważ|bo |przyczyn|powod|wpływ|skutk|sprawi|popraw|pogarsz",
    re.IGNORECASE,
)


@pytest.mark.parametrize("language", ["en", "pl"])
def test_every_metric_has_its_words_and_none_is_of_a_cause(language: str) -> None:
    text = (TRANSLATIONS / f"{language}.json").read_text(encoding="utf-8")
    selectors = json.loads(text)["selector"]
    for way in ("more", "higher", "lower"):
        assert selectors[f"correlation_{way}"]["options"].keys() == {*CATALOGUE, "other"}
    said = [
        text
        for key, selector in selectors.items()
        if key.startswith("correlation")
        for text in selector["options"].values()
    ]
    assert len(said) > 100
    assert [text for text in said if CAUSES.search(text)] == []


# The document.


def _rows(heading: str) -> list[list[str]]:
    """Return the rows of the table of the document that begins with a cell."""
    text = HEALTH.read_text(encoding="utf-8").replace("\N{MINUS SIGN}", "-")
    table = text.partition(f"\n| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("| ").split("|")] for row in table]


def test_the_ranks_of_the_document_give_its_correlation() -> None:
    rows = [[float(cell) for cell in row] for row in _rows("caffeine (mg)")]
    caffeine, ranks, sleep, sleep_ranks = zip(*rows, strict=True)
    assert len(rows) == 8
    found = spearman(caffeine, sleep)
    assert found == pytest.approx(correlation(ranks, sleep_ranks))
    assert found
    said = re.search(r"r is (\N{MINUS SIGN}[0-9.]+):", HEALTH.read_text(encoding="utf-8"))
    assert said
    assert f"{found:.2f}" == said[1].replace("\N{MINUS SIGN}", "-")


@pytest.mark.parametrize("row", _rows("r"), ids="-".join)
def test_the_intervals_of_the_document_are_those_that_are_told(row: list[str]) -> None:
    r, days, alone, among, is_told = row
    for said, confidence in ((alone, 0.95), (among, 1 - 0.05 / 282)):
        found = interval(float(r), float(days), confidence)
        assert said == f"{found.low:.2f} to {found.high:.2f}"
    assert (is_told == "yes") is interval(float(r), float(days), 1 - 0.05 / 282).is_clear


def test_the_document_names_every_measurement() -> None:
    said = " ".join(row[0] for row in _rows("one measurement"))
    named = {"resting_heart_rate": "resting pulse", "heart_rate": "pulse"}
    for key in (key for each in SAME_MEASUREMENT for key in each):
        words = named.get(key, key.removesuffix("_blood_pressure").replace("_", " "))
        assert words in said
