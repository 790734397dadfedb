"""Records a batch of readings of one person; returns the changes and the events of metrics.

With the quick entries: amounts with a name that a person often records.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
import re
from types import MappingProxyType
from typing import NamedTuple

from ..catalogue import Metric
from ..enums import TwinEnum
from ..errors import TwinError, fault, refuse
from ..records.fields import Context, FaultCollector, ObjectReader, PersonDay
from ..records.limits import Limits, limited, limits_of, list_limits, with_null
from ..records.naming import parse_keyed, short_text, unique_slug
from ..records.parsers import as_text, number
from ..values import PlainJson
from .history import KEPT_DAYS, Day, MetricHistory, from_milliseconds
from .insight import HIGH, LOW
from .level_days import LevelDay
from .readings import Reading, newer
from .units import accepted_unit, check_range, convert, metric_of

MILLISECOND = timedelta(milliseconds=1)

type Batch = Iterable[tuple[str, Reading]]
type _DaysBefore = dict[tuple[str, int], Day | None]


@dataclass(frozen=True, slots=True)
class DayChange:
    """One changed day (an ordinal) of one metric; None where there was, or now is, no such day."""

    metric: str
    day: int
    before: Day | None
    after: Day | None


@dataclass(frozen=True, slots=True)
class RecordedReadings:
    """The result of a batch of readings.

    `readings`: the latest reading of every metric.
    `changes`: the changed days, those that became too old among them; putting `before` back in
    reverse order undoes the batch.
    `older`: by metric, the values of days (ordinals) that are no longer kept.
    `points`: the changed days as readings, oldest first.
    `accepted`: the readings that changed; that of a daily total is the total of its day.
    `late`: metrics whose readings changed only the past, or were too late to change anything.
    `unchanged`: metrics whose readings were known already.
    """

    readings: Mapping[str, Reading]
    changes: tuple[DayChange, ...]
    older: Mapping[str, Mapping[int, float]]
    points: tuple[tuple[str, Reading], ...]
    accepted: Mapping[str, Reading]
    late: tuple[str, ...]
    unchanged: tuple[str, ...]

    def with_changes(
        self, changes: Iterable[DayChange], catalogue: Mapping[str, Metric]
    ) -> RecordedReadings:
        """Return the result with the changes of several batches together."""
        all_changes = tuple(changes)
        return replace(self, changes=all_changes, points=_points(all_changes, catalogue))


def record_readings(
    known: Mapping[str, Reading],
    histories: dict[str, MetricHistory],
    batch: Batch,
    *,
    days: PersonDay,
    today: int,
    catalogue: Mapping[str, Metric],
) -> RecordedReadings:
    """Put readings into the histories and return the changes.

    `known` are the latest readings, `days` the person's days and `today` the present one (an
    ordinal). A reading of more than 400 days ago, or of a metric outside the catalogue, enters no
    history. Readings are accepted in the order of their times, those of one time in that of the
    batch. The histories are changed in place; `changes` has what is needed to undo that.
    """
    readings = dict(known)
    before: _DaysBefore = {}
    older: dict[str, MetricHistory] = defaultdict(MetricHistory.unbounded)
    behind: dict[str, bool] = {}
    # The base of a counter depends on the day before.
    for key, reading in sorted(batch, key=lambda each: each[1].measured_at):
        metric = catalogue.get(key)
        if metric is None:
            readings[key] = newer(readings.get(key), reading)
            behind.setdefault(key, False)
            continue
        day = days.day_of(reading.measured_at).toordinal()
        history = histories.setdefault(key, MetricHistory())
        kept = day > today - KEPT_DAYS
        place = history if kept else older[key]
        undo = before if kept else {}
        if (after := place.with_reading(metric, reading, day)) is not None:
            _put(place, key, day, after, undo)
            for condensed, content in place.to_condense(day).items():
                _put(place, key, condensed, content, undo)
            if reading.running:
                _book_late(place, metric, reading, days, undo)
                if (rebased := place.with_bases(day + 1)) is not None:
                    _put(place, key, day + 1, rebased, undo)
        present = readings.get(key)
        readings[key] = (
            _total(metric, history, present, reading, days)
            if metric.sums
            else newer(present, reading)
        )
        is_behind = present is not None and reading.measured_at < present.measured_at
        behind[key] = behind.get(key, False) or is_behind
    changes = tuple(
        DayChange(key, day, old, new)
        for (key, day), old in before.items()
        if (new := histories[key].days.get(day)) is not old and new != old
    )
    accepted = {key: readings[key] for key in behind if readings[key] != known.get(key)}
    changed = {change.metric for change in changes} | {key for key in behind if behind[key]}
    late = tuple(key for key in behind if key not in accepted and key in changed)
    return RecordedReadings(
        readings=MappingProxyType(readings),
        changes=changes,
        older=day_values(older, catalogue),
        points=_points(changes, catalogue),
        accepted=MappingProxyType(accepted),
        late=late,
        unchanged=tuple(key for key in behind if key not in accepted and key not in late),
    )


def day_values(
    histories: Mapping[str, MetricHistory], catalogue: Mapping[str, Metric]
) -> Mapping[str, Mapping[int, float]]:
    """Return the values of the days (ordinals) of histories, by metric."""
    return {
        key: {
            day: round(content.typical, catalogue[key].precision + 2)
            for day, content in history.days.items()
        }
        for key, history in histories.items()
    }


def day_reading(metric: Metric, content: Day) -> Reading:
    """Return a day of a history as a reading: its latest one, or its total."""
    return Reading(
        value=round(content.value, metric.precision + 2),
        unit=metric.unit,
        measured_at=from_milliseconds(content.at),
        source=content.source,
    )


def _put(history: MetricHistory, metric: str, day: int, content: Day, before: _DaysBefore) -> None:
    """Put a day into a history and remember in `before` all days that this changes."""
    old = history.days.get(day)
    # Dropped days can only be restored after the new day was removed, so they are first.
    for dropped, removed in history.put(day, content).items():
        before.setdefault((metric, dropped), removed)
    before.setdefault((metric, day), old)


def _book_late(
    history: MetricHistory, metric: Metric, reading: Reading, days: PersonDay, undo: _DaysBefore
) -> None:
    """Book a total that a counter showed before its restart on the day before, its own day."""
    day = days.day_of(reading.measured_at)
    total = history.late_total(day.toordinal(), reading.source)
    if total is None:
        return
    measured_at = days.start_of(day) - MILLISECOND
    late = replace(reading, value=total, measured_at=measured_at, carried=False)
    yesterday = day.toordinal() - 1
    if (after := history.with_reading(metric, late, yesterday)) is not None:
        _put(history, metric.key, yesterday, after, undo)
        if (rebased := history.with_bases(yesterday + 1)) is not None:
            _put(history, metric.key, yesterday + 1, rebased, undo)


def _total(
    metric: Metric,
    history: MetricHistory,
    present: Reading | None,
    reading: Reading,
    days: PersonDay,
) -> Reading:
    """Return the total of the latest day; without a history the latest reading."""
    newest = history.newest
    if newest is None:
        return present or reading
    if present is not None and days.day_of(present.measured_at).toordinal() > newest:
        return present
    return day_reading(metric, history.days[newest])


def _points(
    changes: Iterable[DayChange], catalogue: Mapping[str, Metric]
) -> tuple[tuple[str, Reading], ...]:
    # A day that was only condensed has no new value.
    present = [
        (change.metric, change.after)
        for change in changes
        if change.after is not None and change.after != _condensed(change.before)
    ]
    return tuple(
        (metric, day_reading(catalogue[metric], content))
        for metric, content in sorted(present, key=lambda each: each[1].at)
    )


def _condensed(content: Day | None) -> Day | None:
    return content.condensed() if isinstance(content, LevelDay) else content


class HealthEventType(TwinEnum):
    """The types of health events."""

    METRIC_RECORDED = "metric_recorded"
    METRIC_UNUSUAL = "metric_unusual"
    METRIC_USUAL = "metric_usual"
    METRIC_STALE = "metric_stale"


class HealthEvent(NamedTuple):
    """An event of one metric; details are slugs, units and flags, never values."""

    kind: HealthEventType
    metric: str
    details: Mapping[str, str | bool]


def health_events(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[HealthEvent]:
    """Return the events between two `PersonHealth.directions`.

    `metric_unusual` also if the direction turned. A metric that cannot be judged any more, because
    its value became stale or its history too short, is neither unusual nor usual.
    """
    for metric, direction in after.items():
        old = before.get(metric)
        if direction in (HIGH, LOW) and old != direction:
            yield HealthEvent(HealthEventType.METRIC_UNUSUAL, metric, {"direction": direction})
        elif direction not in (HIGH, LOW) and old in (HIGH, LOW):
            yield HealthEvent(HealthEventType.METRIC_USUAL, metric, {})


def recorded_events(
    units: Mapping[str, str], accepted: Iterable[str], late: Iterable[str]
) -> Iterable[HealthEvent]:
    """Return the events of recorded readings: metrics that were `accepted`, and `late` ones.

    `units` has the units by metric; see `RecordedReadings` for the others.
    """
    for metrics, is_late in ((accepted, False), (late, True)):
        for metric in metrics:
            details: dict[str, str | bool] = {"unit": units.get(metric, ""), "late": is_late}
            yield HealthEvent(HealthEventType.METRIC_RECORDED, metric, details)


MAX_QUICK_ENTRIES = 20
MAX_QUICK_AMOUNTS = 10
# The name of an icon of any icon set, such as `mdi:cup-water`.
ICON = re.compile(r"[a-z][a-z0-9_-]{0,49}:[a-z0-9][a-z0-9_-]{0,99}")


class QuickAmount(NamedTuple):
    """A value of a metric in one of its accepted units."""

    value: float
    unit: str


@dataclass(frozen=True, kw_only=True, slots=True)
class QuickEntry:
    """Amounts with a name, such as a glass of water, that are recorded together.

    `key` is unique among the entries of the person and survives a change of name. `metrics` has
    what is recorded by metric: of a daily total an amount that adds up, of a level its value.
    """

    key: str
    name: str
    icon: str | None
    metrics: Mapping[str, QuickAmount]


_AMOUNT_PARTS = {"value": limits_of(number), "unit": Limits(type="string")}
QUICK_AMOUNT = Limits(type="object", parts=_AMOUNT_PARTS, required=("value",))
QUICK_ENTRY = Limits(
    type="object",
    parts={
        "key": limits_of(short_text),
        "name": limits_of(short_text),
        "icon": Limits(type="string", pattern=f"^{ICON.pattern}$"),
        "metrics": Limits(
            type="object",
            others=Limits(any_of=(limits_of(number), with_null(QUICK_AMOUNT))),
            min_parts=1,
            max_parts=MAX_QUICK_AMOUNTS,
        ),
    },
    required=("name", "metrics"),
)


@limited(list_limits(with_null(QUICK_ENTRY), MAX_QUICK_ENTRIES))
def parse_quick_entries(value: object, context: Context) -> tuple[QuickEntry, ...]:
    """Parse a list of `{key?, name, icon?, metrics: {metric: {value, unit?} or value}}`.

    Without a unit a value is in the canonical unit of its metric. Keys, and names in any case, are
    unique. Raises `TwinError` with every fault.
    """
    entries = parse_keyed(
        value,
        partial(_quick_entry, context=context),
        key="key",
        key_of=lambda entry: entry.key,
        maximum=MAX_QUICK_ENTRIES,
    )
    names = [entry.name.casefold() for entry in entries]
    if again := [at for at, name in enumerate(names) if name in names[:at]]:
        named = (fault("duplicate", f"[{at}].name", value=entries[at].name) for at in again)
        raise TwinError(*named)
    return entries


def quick_entry_document(entry: QuickEntry) -> dict[str, PlainJson]:
    """Return a quick entry as part of documents."""
    return {
        "key": entry.key,
        "name": entry.name,
        "icon": entry.icon,
        "metrics": {metric: {**amount._asdict()} for metric, amount in entry.metrics.items()},
    }


def _quick_entry(raw: object, taken: Collection[str], context: Context) -> QuickEntry:
    form = ObjectReader(raw, context)
    form.only(("key", "name", "icon", "metrics"))
    name = form.required("name", short_text, "")
    entry = QuickEntry(
        key=form.optional("key", short_text, "") or unique_slug(name, taken, "entry"),
        name=name,
        icon=form.optional("icon", _icon, None),
        metrics=form.required("metrics", _quick_amounts, MappingProxyType({})),
    )
    form.raise_faults()
    return entry


def _icon(value: object, _context: Context) -> str:
    name = as_text(value).strip()
    if not ICON.fullmatch(name):
        raise refuse("invalid_icon", "", value=value)
    return name


def _quick_amounts(value: object, context: Context) -> Mapping[str, QuickAmount]:
    if not isinstance(value, Mapping):
        raise refuse("wrong_type", "", value=value, expected="object")
    if not value:
        raise refuse("required_field", "")
    if len(value) > MAX_QUICK_AMOUNTS:
        raise refuse("too_long", "", maximum=MAX_QUICK_AMOUNTS)
    collector, none = FaultCollector(), QuickAmount(0, "")
    amounts = {
        str(key): collector.take(str(key), partial(_quick_amount, key, raw, context), none)
        for key, raw in value.items()
    }
    collector.raise_faults()
    return MappingProxyType(amounts)


def _quick_amount(key: object, raw: object, context: Context) -> QuickAmount:
    form = ObjectReader(raw if isinstance(raw, Mapping) else {"value": raw}, context)
    form.only(("value", "unit"))
    # The household's metric may have been removed since; stored amounts are kept.
    metric = None if context.stored else metric_of(key, context.catalogue)

    def unit(value: object, _context: Context) -> str:
        return as_text(value) if metric is None else accepted_unit(metric, value)

    amount = QuickAmount(
        value=form.required("value", number, 0.0),
        unit=form.optional("unit", unit, metric.unit if metric else ""),
    )
    form.raise_faults()
    if metric is not None:
        check_range(metric, convert(metric, amount.value, amount.unit))
    return amount
