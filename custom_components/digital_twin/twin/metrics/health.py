"""The health of a person at one time: metrics, derived values and readiness."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from ..catalogue import Metric
from ..enums import Disclosure
from ..records.fields import PersonDay
from ..records.limits import (
    DAY,
    NUMBER,
    TEXT,
    TRUTH,
    WHOLE,
    Limits,
    by_name,
    list_of,
    object_of,
    one_of,
    or_null,
)
from ..values import PlainJson
from .consent import Audiences, Discloser, discloses, disclosure
from .daily_totals import TotalDay
from .history import MetricDay, MetricHistory
from .insight import (
    BANDS,
    HIGH,
    LOW,
    NO_DAYS,
    TRENDS,
    Insight,
    baseline,
    fresh_until,
    insight,
    is_fresh,
    judged,
)
from .person import Derived, Person, derived
from .readiness import (
    NO_READINESS,
    PULSE,
    WEIGHTS,
    Readiness,
    ReadinessInput,
    readiness,
    readiness_document,
)
from .readings import Reading
from .recording import day_reading

NO_HISTORY = MetricHistory()
# Somebody may be ill after so many days with a readiness below this, and a resting pulse more than
# so many deviations above the usual.
UNWELL_DAYS = 2
LOW_READINESS = 50
HIGH_PULSE_SIGMAS = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricView:
    """The present value of one metric, with its insights.

    `reading`: the latest one; of a daily total that of the present day, if there is one.
    `day`: its day of the person.
    `value`: the latest level, or the total of the present day; None if that is unknown.
    `since`: the beginning of `day` for a daily total, None for a level.
    `sources`: the values of the day by source.
    """

    metric: Metric
    reading: Reading
    day: date
    value: float | None
    since: datetime | None
    fresh: bool
    insight: Insight
    sources: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonHealth:
    """The health of a person at the moment `now` (aware).

    The days `left_out` (ordinals) say nothing of what is usual for the person.
    """

    person: Person
    days: PersonDay
    histories: Mapping[str, MetricHistory]
    catalogue: Mapping[str, Metric]
    now: datetime
    left_out: frozenset[int] = NO_DAYS

    @property
    def today(self) -> date:
        """The present day of the person."""
        return self.days.day_of(self.now)

    def metric(self, key: str) -> MetricView | None:
        """Return the view of a metric; None without a reading or an unknown metric."""
        reading = self.person.health_metrics.get(key)
        metric = self.catalogue.get(key)
        if reading is None or metric is None:
            return None
        history = self.histories.get(key, NO_HISTORY)
        today = self.today.toordinal()
        reading, day = self._latest(metric, reading, history, today)
        fresh = is_fresh(metric, reading, self.now, day, today)
        of_day = date.fromordinal(day)
        return MetricView(
            metric=metric,
            reading=reading,
            day=of_day,
            since=self.days.start_of(of_day) if metric.adds_up else None,
            value=reading.value if fresh or not metric.adds_up else None,
            fresh=fresh,
            insight=insight(metric, history, today, fresh=fresh, left_out=self.left_out),
            sources=_sources(metric, reading, history, day),
        )

    def metrics(self) -> Iterable[MetricView]:
        """Yield the views of all metrics with a reading."""
        for key in self.person.health_metrics:
            view = self.metric(key)
            if view is not None:
                yield view

    def directions(self) -> dict[str, str]:
        """Return by metric the results of `judged` that are known."""
        return {
            key: where
            for key in self.person.health_metrics
            if (where := self.direction(key)) is not None
        }

    def direction(self, key: str) -> str | None:
        """Return the result of `judged` for a metric, None if it is unknown."""
        reading, metric = self.person.health_metrics.get(key), self.catalogue.get(key)
        if reading is None or metric is None:
            return None
        today = self.today.toordinal()
        history = self.histories.get(key, NO_HISTORY)
        latest, day = self._latest(metric, reading, history, today)
        fresh = is_fresh(metric, latest, self.now, day, today)
        return judged(metric, history, today, fresh=fresh, left_out=self.left_out)

    def derived(self) -> Derived:
        """Return age, body mass index, metabolic rate and energy need."""
        return derived(self.person, self.today)

    def readiness(self) -> Readiness:
        """Return the readiness score with its parts."""
        return readiness(self._input(key) for key in WEIGHTS)

    def unwell_since(self) -> date | None:
        """Return since when, for two days or more, readiness was low and the resting pulse high.

        The last of these days is today or, before today is known, yesterday. None if they are not.
        """
        today = self.today.toordinal()
        last = today if self._is_unwell(today) else today - 1
        day = last
        while self._is_unwell(day):
            day -= 1
        return date.fromordinal(day + 1) if last - day >= UNWELL_DAYS else None

    def _is_unwell(self, day: int) -> bool:
        found = readiness(self._input_on(key, day) for key in WEIGHTS)
        pulse = self._input_on(PULSE, day)
        if found.score is None or pulse.value is None or pulse.baseline is None:
            return False
        deviation = pulse.baseline.deviation(pulse.metric, pulse.value)
        return found.score < LOW_READINESS and deviation > HIGH_PULSE_SIGMAS

    def _input_on(self, key: str, day: int) -> ReadinessInput:
        history = self.histories.get(key, NO_HISTORY)
        usual = baseline(history, day - 1, self.left_out)
        return ReadinessInput(metric=self.catalogue[key], value=history.value(day), baseline=usual)

    def history(self, key: str, first: date, last: date) -> list[MetricDay]:
        """List the values of the days from `first` to `last`, oldest first."""
        precision = self.catalogue[key].precision + 2
        return self.histories.get(key, NO_HISTORY).values(first, last, precision)

    def next_stale(self) -> datetime | None:
        """Return when the next level that is fresh becomes stale."""
        limits = (
            fresh_until(self.catalogue[key], reading)
            for key, reading in self.person.health_metrics.items()
            if key in self.catalogue
        )
        return min((limit for limit in limits if limit and limit > self.now), default=None)

    def stale_between(self, first: datetime, last: datetime) -> list[str]:
        """Return the keys of the levels that became stale after `first`, up to `last`."""
        return [
            key
            for key, reading in self.person.health_metrics.items()
            if key in self.catalogue
            and (limit := fresh_until(self.catalogue[key], reading)) is not None
            and first < limit <= last
        ]

    def _latest(
        self, metric: Metric, reading: Reading, history: MetricHistory, today: int
    ) -> tuple[Reading, int]:
        """Return the latest reading and its day (an ordinal).

        Of a daily total it is that of the present day, if there is one: after a flight to the west
        there may be readings of the next day.
        """
        content = history.days.get(today) if metric.adds_up else None
        if content is not None:
            return day_reading(metric, content), today
        day = self.days.day_of(reading.measured_at).toordinal()
        if metric.adds_up and history.newest is not None:
            day = max(day, history.newest)
        return reading, day

    def _input(self, key: str) -> ReadinessInput:
        view = self.metric(key)
        history = self.histories.get(key, NO_HISTORY)
        return ReadinessInput(
            metric=self.catalogue[key],
            # What is measured all day is compared as a day, too.
            value=history.value(view.day.toordinal()) if view and view.fresh else None,
            baseline=(baseline(history, view.day.toordinal() - 1, self.left_out) if view else None),
        )


def _sources(
    metric: Metric, reading: Reading, history: MetricHistory, day: int
) -> Mapping[str, float]:
    content = history.days.get(day)
    if isinstance(content, TotalDay):
        return MappingProxyType(
            {
                source: round(total.total, metric.precision + 2)
                for source, total in content.sources.items()
            }
        )
    return MappingProxyType({reading.source: reading.value})


METRIC_VIEW: Final = object_of(
    value=or_null(NUMBER),
    unit=TEXT,
    day=DAY,
    fresh=TRUTH,
    sources=by_name(NUMBER),
    mean_7_days=or_null(NUMBER),
    trend_per_week=or_null(NUMBER),
    baseline=or_null(object_of(median=NUMBER, mad=NUMBER, days=WHOLE)),
    anomaly=or_null(TRUTH),
    direction=Limits(type="string", options=(HIGH, LOW), nullable=True),
    told=one_of(Disclosure),
    band=Limits(type="string", options=BANDS, nullable=True),
    trend=Limits(type="string", options=TRENDS, nullable=True),
)
HEALTH_PARTS: Final[Mapping[str, Limits]] = MappingProxyType(
    {
        "metrics": by_name(METRIC_VIEW),
        "readiness": object_of(
            score=or_null(WHOLE),
            parts=by_name(object_of(value=NUMBER, score=NUMBER, weight=NUMBER)),
            missing=list_of(TEXT),
        ),
        "age": or_null(WHOLE),
        "bmi": or_null(NUMBER),
        "bmr": or_null(NUMBER),
        "daily_energy_need": or_null(NUMBER),
    }
)


def metric_view_document(view: MetricView) -> dict[str, PlainJson]:
    """Return the view of a metric as part of documents."""
    found = view.insight
    usual = found.baseline
    return {
        "value": view.value,
        "unit": view.metric.unit,
        "day": view.day.isoformat(),
        "fresh": view.fresh,
        "sources": dict(view.sources),
        "mean_7_days": found.mean_7_days,
        "trend_per_week": found.trend_per_week,
        "baseline": (
            {"median": usual.median, "mad": usual.mad, "days": usual.days} if usual else None
        ),
        "anomaly": found.anomaly,
        "direction": found.direction,
        "told": Disclosure.EXACT.value,
        "band": found.band,
        "trend": found.trend(view.metric),
    }


def health_document(health: PersonHealth) -> dict[str, PlainJson]:
    """Return the derived part of the document of a person."""
    facts = health.derived()
    return {
        "metrics": {view.metric.key: metric_view_document(view) for view in health.metrics()},
        "readiness": readiness_document(health.readiness()),
        "age": facts.age,
        "bmi": facts.bmi,
        "bmr": facts.bmr,
        "daily_energy_need": facts.daily_energy_need,
    }


# What is worked out from the size of a body needs both.
BODY_SIZE: Final = ("weight", "height")
OF_BODY_SIZE: Final = ("bmi", "bmr", "daily_energy_need")
# What a band and a trend tell of the view of a metric; a view without the others has no value.
TOLD: Final[Mapping[Disclosure, tuple[str, ...]]] = MappingProxyType(
    {
        Disclosure.BAND: ("unit", "day", "fresh", "anomaly", "direction", "band"),
        Disclosure.TREND: ("unit", "day", "fresh", "trend"),
    }
)


def withhold_health(
    document: dict[str, PlainJson], person: Discloser, audiences: Audiences
) -> None:
    """Remove from a document of a person what some audiences may not know of metrics.

    What is derived from several metrics is told where each of them is told exactly.
    """
    readings, views = document.get("health_metrics"), document.get("metrics")
    if isinstance(readings, dict):
        document["health_metrics"] = {
            metric: reading
            for metric, reading in readings.items()
            if discloses(person, (metric,), audiences)
        }
    if isinstance(views, dict):
        document["metrics"] = {
            metric: told
            for metric, view in views.items()
            if (told := _told(view, disclosure(person, metric, audiences))) is not None
        }
    if "readiness" in document and not discloses(person, WEIGHTS, audiences):
        document["readiness"] = readiness_document(NO_READINESS)
    if not discloses(person, BODY_SIZE, audiences):
        document |= {name: None for name in OF_BODY_SIZE if name in document}


def _told(view: PlainJson, level: Disclosure) -> PlainJson:
    if level is Disclosure.EXACT or not isinstance(view, dict):
        return view if level is Disclosure.EXACT else None
    if level is Disclosure.NOTHING:
        return None
    kept: dict[str, PlainJson] = {name: view[name] for name in TOLD[level] if name in view}
    return {**dict.fromkeys(view), "sources": {}, **kept, "told": level.value}
