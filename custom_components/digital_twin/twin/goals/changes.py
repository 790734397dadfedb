"""Changes of twins as people know them: of parts of key results, of progress, of health values."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from ..catalogue import Metric
from ..enums import GoalStatus
from ..errors import TwinError
from ..metrics.history import KEPT_DAYS, MetricDay, MetricHistory
from ..records.fields import PersonDay
from ..records.rewind import Exactness
from ..records.timeline import (
    Author,
    FieldChange,
    TwinDocument,
    TwinKey,
    What,
    before_changes,
)
from ..values import PlainJson, same_json
from .key_results import parse_key_results
from .progress import goal_progress

STATUS: Final = "status"
COMPLETED_ON: Final = "completed_on"
KEY_RESULTS: Final = "progress_metrics"
MILESTONES: Final = "milestones"
ITEMS: Final = "items"
PROGRESS: Final = "progress"
HEALTH: Final = "health_metrics"
# What the progress of a goal is worked out from.
MEASURING: Final = (KEY_RESULTS, STATUS, COMPLETED_ON)
# Parts that only say when something was measured, or which elements belong together.
UNTOLD_PARTS: Final = frozenset({"key", "id", "measured_at", "days"})
AMOUNTS: Final = frozenset({"current", "baseline", "target", "minimum", "maximum"})


class TwinName(NamedTuple):
    """The name of a twin, and the code of a goal."""

    name: str
    code: str | None = None

    @property
    def short(self) -> str:
        """The code of a goal, else the name."""
        return self.code or self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class TwinChange:
    """One thing that changed of a twin between two times, by one author.

    `field` is empty for what happened to the twin itself, `path` leads from the field to what
    changed: keys of elements and names of parts. `element` is the name of the key result, item or
    milestone, or that of a metric of the household. Values have the unit `unit`, where there is
    one. `metric` is the metric that the key result follows. `author` is None where nobody changed
    it, as with what is measured.
    """

    key: TwinKey
    name: TwinName
    what: What
    author: Author | None
    at: datetime
    first_at: datetime
    field: str = ""
    path: tuple[str, ...] = ()
    before: PlainJson = None
    after: PlainJson = None
    count: int = 1
    exactness: Exactness = Exactness.EXACT
    element: str = ""
    unit: str | None = None
    metric: str | None = None


class _PartChange(NamedTuple):
    """What changed within a field."""

    path: tuple[str, ...]
    before: Any
    after: Any
    what: What = What.CHANGED
    element: str = ""
    unit: str | None = None
    metric: str | None = None
    times: int = 1


def twin_changes(
    changes: Sequence[FieldChange], names: Mapping[TwinKey, TwinName]
) -> list[TwinChange]:
    """Return the changes of parts, the latest first; of twins without a name nothing is told.

    Changes of one part by one author that follow each other are one, from the first value to the
    last. What is the same in the end is left out.
    """
    completed = {
        (each.key, each.at, each.author.actor)
        for each in changes
        if each.field == STATUS and GoalStatus.COMPLETED in (each.before, each.after)
    }
    found: dict[object, TwinChange] = {}
    latest: dict[tuple[TwinKey, str, tuple[str, ...]], int] = {}
    for change in changes:
        if (name := names.get(change.key)) is None:
            continue
        if change.field == COMPLETED_ON and (
            (change.key, change.at, change.author.actor) in completed
        ):
            # The status says it.
            continue
        for part in _parts(change):
            later = TwinChange(
                key=change.key,
                name=name,
                what=part.what if change.field else change.what,
                author=change.author,
                at=change.at,
                first_at=change.first_at,
                field=change.field,
                path=part.path,
                before=part.before,
                after=part.after,
                count=part.times,
                exactness=Exactness.EXACT if change.is_known else Exactness.UNKNOWN,
                element=part.element,
                unit=part.unit,
                metric=part.metric,
            )
            place = (change.key, change.field, part.path)
            number = latest.get(place)
            if number is not None and _continues(found[number], later):
                found[number] = _joined(found[number], later)
            else:
                latest[place] = len(found)
                found[len(found)] = later
    return [each for each in found.values() if not _is_nothing(each)]


def _continues(later: TwinChange, earlier: TwinChange) -> bool:
    """Return whether of two changes of one part the later one continues the earlier one."""
    one, other = later.author, earlier.author
    return (
        later.what is earlier.what is What.CHANGED
        and one is not None
        and other is not None
        and one.actor == other.actor
        and later.exactness is earlier.exactness
        and same_json(later.before, earlier.after)
    )


def _joined(later: TwinChange, earlier: TwinChange) -> TwinChange:
    return replace(
        later,
        before=earlier.before,
        first_at=earlier.first_at,
        count=later.count + earlier.count,
        metric=later.metric or earlier.metric,
    )


def _is_nothing(change: TwinChange) -> bool:
    return (
        change.what is What.CHANGED
        and change.exactness is not Exactness.UNKNOWN
        and same_json(change.before, change.after)
    )


def _parts(change: FieldChange) -> Iterator[_PartChange]:
    """Yield what changed within a field, or the field itself."""
    before, after = change.before, change.after
    if change.field == KEY_RESULTS and change.is_known:
        yield from _key_results(_by_key(before, "key"), _by_key(after, "key"), change)
    elif change.field == MILESTONES and change.is_known:
        old, new = _by_key(before, "key"), _by_key(after, "key")
        for key in {**new, **old}:
            yield from _element(old.get(key), new.get(key), (key,))
    else:
        yield _PartChange((), before, after, times=change.count)


def _by_key(elements: PlainJson, key: str) -> dict[str, dict[str, Any]]:
    listed = elements if isinstance(elements, list) else []
    return {str(each[key]): each for each in listed if isinstance(each, dict) and key in each}


def _key_results(
    old: Mapping[str, dict[str, Any]], new: Mapping[str, dict[str, Any]], change: FieldChange
) -> Iterator[_PartChange]:
    positions = {key: number for number, key in enumerate(new)}
    for key in {**new, **old}:
        one, other = old.get(key), new.get(key)
        metric = _followed(other) or _followed(one)
        for part in _element(one, other, (key,)):
            name = part.path[1] if len(part.path) > 1 else ""
            if name == ITEMS:
                yield from _items(part, metric)
                continue
            unit = (other or one or {}).get("unit") if name in AMOUNTS else None
            times = change.counts.get((positions.get(key, -1), name), 1)
            yield part._replace(unit=unit, metric=metric, times=times)


def _items(part: _PartChange, metric: str | None) -> Iterator[_PartChange]:
    old, new = _by_key(part.before, "id"), _by_key(part.after, "id")
    for key in {**new, **old}:
        found = [*_element(old.get(key), new.get(key), (*part.path, key))]
        has_state = any(each.path[-1] == "state" for each in found)
        # On which day it was done follows from the state.
        yield from (
            each._replace(metric=metric)
            for each in found
            if not has_state or each.path[-1] != "done"
        )


def _followed(key_result: Mapping[str, Any] | None) -> str | None:
    source = key_result.get("source") if key_result else None
    metric = source.get("metric") if isinstance(source, dict) else None
    return metric if isinstance(metric, str) else None


def _element(
    one: dict[str, Any] | None, other: dict[str, Any] | None, path: tuple[str, ...]
) -> Iterator[_PartChange]:
    """Yield that an element was added or removed, or which of its parts changed."""
    if one is None or other is None:
        element = str((one or other or {}).get("name"))
        yield _PartChange(path, one, other, What.ADDED if one is None else What.REMOVED, element)
        return
    for name in {**other, **one}:
        before, after = one.get(name), other.get(name)
        if name not in UNTOLD_PARTS and not same_json(before, after):
            yield _PartChange((*path, name), before, after, element=str(other.get("name")))


def progress_changes(
    changes: Sequence[FieldChange],
    latest: Mapping[TwinKey, TwinDocument],
    names: Mapping[TwinKey, TwinName],
    now: datetime,
) -> Iterator[TwinChange]:
    """Yield the changes of the progress of goals, worked out anew at both ends of the time.

    `latest` has the documents as they were at its end. Progress that is unknown is left out.
    """
    by_goal: dict[TwinKey, list[FieldChange]] = {}
    for change in changes:
        if change.key.kind == "goal":
            by_goal.setdefault(change.key, []).append(change)
    for key, of_goal in by_goal.items():
        measuring = [each for each in of_goal if each.field in MEASURING]
        document = latest.get(key)
        if not measuring or document is None or key not in names:
            continue
        earlier = before_changes(document, of_goal)
        after = _progress(document, now)
        before = _progress(earlier, now) if earlier else None
        if earlier is None or before is None or after is None or before == after:
            continue
        yield TwinChange(
            key=key,
            name=names[key],
            what=What.CHANGED,
            author=_only_author(measuring),
            at=measuring[0].at,
            first_at=min(each.first_at for each in measuring),
            field=PROGRESS,
            before=before,
            after=after,
            unit="%",
        )


def _only_author(changes: Sequence[FieldChange]) -> Author | None:
    """Return the author of all changes, None if there are several."""
    return changes[0].author if len({each.author.actor for each in changes}) == 1 else None


def _progress(document: TwinDocument, now: datetime) -> float | None:
    """Return the progress in percent that a document of a goal has, None if it is unknown."""
    try:
        status = GoalStatus.parse(str(document[STATUS]))
        key_results = parse_key_results(document[KEY_RESULTS], now=now, stored=True)
    except KeyError, TwinError, ValueError:
        return None
    return goal_progress(
        GoalStatus.COMPLETED if document.get(COMPLETED_ON) else status, key_results
    )


class HealthSource(NamedTuple):
    """What is known of the health of a person: their days and daily histories."""

    key: TwinKey
    name: TwinName
    days: PersonDay
    histories: Mapping[str, MetricHistory]
    catalogue: Mapping[str, Metric]


def health_changes(person: HealthSource, since: datetime, until: datetime) -> list[TwinChange]:
    """Return how the values of metrics changed between two times, as the daily histories say.

    Of a daily total the last days that were over are compared.
    """
    found: list[TwinChange] = []
    for metric, history in person.histories.items():
        known = person.catalogue.get(metric)
        after = _known_at(known, history, person.days, until) if known else None
        before = _known_at(known, history, person.days, since) if known else None
        if known is None or after is None or (before and before.value == after.value):
            continue
        found.append(
            TwinChange(
                key=person.key,
                name=person.name,
                what=What.CHANGED,
                author=None,
                at=min(after.measured_at, until),
                first_at=min(after.measured_at, until),
                field=HEALTH,
                path=(metric,),
                before=before.value if before else None,
                after=after.value,
                exactness=Exactness.DAILY,
                element=known.name or "",
                unit=known.unit,
            )
        )
    return found


def _known_at(
    metric: Metric, history: MetricHistory, days: PersonDay, moment: datetime
) -> MetricDay | None:
    """Return the last day that was known at a moment; of a daily total, that was over."""
    last = days.day_of(moment).toordinal() - (1 if metric.adds_up else 0)
    newest = min(last, history.newest or 0)
    for day in range(newest, newest - KEPT_DAYS, -1):
        if (content := history.on(day, metric.precision + 2)) is not None and (
            metric.adds_up or content.measured_at <= moment
        ):
            return content
    return None


def without_values(
    changes: Iterable[TwinChange],
    is_private: Callable[[TwinChange], bool],
    measured: Sequence[str],
) -> Iterator[TwinChange]:
    """Yield changes without the values that private key results took from a metric.

    `measured` are the parts of a key result that have them.
    """
    for change in changes:
        if change.metric is None or not is_private(change):
            yield change
        elif change.what is What.CHANGED:
            if not set(change.path[1:2]) & set(measured):
                yield change
        else:
            yield replace(
                change,
                before=_without(change.before, measured),
                after=_without(change.after, measured),
            )


def _without(element: PlainJson, parts: Sequence[str]) -> PlainJson:
    if not isinstance(element, dict):
        return element
    return {name: part for name, part in element.items() if name not in parts}
