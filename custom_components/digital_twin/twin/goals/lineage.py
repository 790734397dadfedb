"""What goals rest on, and what rests on them: device, entity, metric, key result, goal, goals.

What is known of registries and of people is given; the lists are short, the nearest first.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

from ..catalogue import CATALOGUE, Metric
from ..enums import TwinEnum
from ..records.limits import DAY, TEXT, Limits, list_of, object_of, one_of, or_null
from ..values import PlainJson
from .goal import Goal
from .key_results import KeyResult
from .references import DependencyGraph

# The most links of a list.
MOST: Final = 50
# A value may be missing for so many days, or for as long as its metric is fresh if that is longer.
LEAST_SILENCE: Final = 3.0
# An entity that a key result follows itself may have no value for so many days. It is known to have
# none, which a metric without new values is not.
LEAST_OUTAGE: Final = timedelta(days=1)
# Since when an entity has no value that is gone: nobody knows, so it is since its last value.
GONE: Final = date.min


class SilentSource(NamedTuple):
    """A key result without new values since a day: that of its last one, or of an outage.

    `metric` is what it follows, None where it follows an entity itself.
    """

    key: str
    name: str
    metric: str | None
    since: date


def silent_sources(
    goal: Goal,
    today: date,
    catalogue: Mapping[str, Metric] = CATALOGUE,
    unheard: Mapping[str, date] = MappingProxyType({}),
) -> tuple[SilentSource, ...]:
    """Return the key results of a goal that had no new values for too long.

    `unheard` has by key result since when the entity that it follows itself has had no value,
    `GONE` where it does not exist. Key results that are reached need none, and levels that never
    become stale are not silent.
    """
    return tuple(
        SilentSource(each.key, each.name, each.metric, since)
        for each in goal.progress_metrics
        if _counts(each) and (since := _silent_since(each, today, catalogue, unheard))
    )


def _silent_since(
    key_result: KeyResult,
    today: date,
    catalogue: Mapping[str, Metric],
    unheard: Mapping[str, date],
) -> date | None:
    measured = key_result.measured_at.date() if key_result.measured_at else GONE
    if key_result.metric:
        since, most = measured, _longest_silence(catalogue.get(key_result.metric))
    else:
        # What somebody wrote during the outage is a value, too.
        since, most = max(measured, unheard.get(key_result.key, today)), LEAST_OUTAGE
    is_silent = since != GONE and most is not None and today - since > most
    return since if is_silent else None


def _counts(key_result: KeyResult) -> bool:
    is_reached = key_result.progress is not None and key_result.progress >= 1
    return bool(key_result.weight) and not is_reached


def _longest_silence(metric: Metric | None) -> timedelta | None:
    if metric is None or metric.adds_up:
        return timedelta(days=LEAST_SILENCE)
    if metric.fresh_days is None:
        return None
    return timedelta(days=max(LEAST_SILENCE, metric.fresh_days))


SILENT_SOURCE: Final = object_of(key=TEXT, name=TEXT, metric=or_null(TEXT), since=DAY)


class LinkKind(TwinEnum):
    """What something rests on, or what rests on it."""

    DEVICE = "device"
    ENTITY = "entity"
    METRIC = "metric"
    KEY_RESULT = "key_result"
    GOAL = "goal"


class LineageLink(NamedTuple):
    """Something in a chain. `of` is the person of a metric, or the goal of a key result.

    `through` is the id of the one before it in the chain. `since` is the day of the last value of
    what has become silent.
    """

    kind: LinkKind
    id: str
    name: str | None = None
    of: str | None = None
    through: str | None = None
    since: date | None = None


LINK: Final = object_of(
    kind=one_of(LinkKind),
    id=TEXT,
    **dict.fromkeys(("name", "of", "through"), or_null(TEXT)),
    since=or_null(DAY),
)
LINEAGE_PARTS: Final[Mapping[str, Limits]] = {
    name: list_of(LINK) for name in ("rests_on", "affects")
}


def link_document(link: LineageLink) -> dict[str, PlainJson]:
    """Return a link as part of documents."""
    since = link.since.isoformat() if link.since else None
    return {**link._asdict(), "kind": link.kind.value, "since": since}


class SourceEntity(NamedTuple):
    """An entity that values are read from, with the device that it belongs to."""

    entity_id: str
    name: str
    device_id: str | None
    device: str | None


class MetricKey(NamedTuple):
    """A metric of a person."""

    person_id: str
    metric: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Lineage:
    """What rests on what, at present.

    `sources` are the entities of metrics, `followed` those that key results follow, by the stored
    link. `stale` has the days of the last values of metrics that are not fresh. `hidden` are
    metrics whose sources and silences are not told.
    """

    goals: Mapping[str, Goal]
    graph: DependencyGraph
    sources: Mapping[MetricKey, tuple[SourceEntity, ...]]
    followed: Mapping[str, SourceEntity]
    stale: Mapping[MetricKey, date]
    hidden: frozenset[MetricKey] = frozenset()

    def of_goal(self, goal: Goal) -> tuple[list[LineageLink], list[LineageLink]]:
        """Return what a goal rests on, and what rests on it."""
        return _short(self._below(goal)), _short(self._above({goal.goal_id}))

    def of_person(self, person_id: str) -> tuple[list[LineageLink], list[LineageLink]]:
        """Return what the metrics of a person rest on, and the goals that rest on them."""
        own = {
            key: several
            for key, several in self.sources.items()
            if key.person_id == person_id and key not in self.hidden
        }
        below = [each for key, several in own.items() for each in _entities(several, key.metric)]
        above = self._resting_on(person_id, None)
        return _short(below), _short(above)

    def of_devices(
        self, devices: Collection[str], entities: Collection[str]
    ) -> tuple[list[LineageLink], list[LineageLink]]:
        """Return the metrics that rest on nothing but devices and entities, and the goals.

        What is hidden is left out.
        """
        metrics = [
            LineageLink(
                LinkKind.METRIC,
                key.metric,
                of=key.person_id,
                through=several[0].entity_id,
                since=self.stale.get(key),
            )
            for key, several in self.sources.items()
            if key not in self.hidden
            and several
            and all(each.device_id in devices or each.entity_id in entities for each in several)
        ]
        goals = [each for link in metrics for each in self._resting_on(str(link.of), link.id)]
        first = [
            self._goal(goal.goal_id, link.entity_id)
            for goal in self.goals.values()
            for key_result in goal.progress_metrics
            if (link := self._followed(key_result))
            and (link.device_id in devices or link.entity_id in entities)
        ]
        several = [*(each for each in goals if each.kind is LinkKind.GOAL), *first]
        several += self._above({each.id for each in first})
        return _short(metrics), _short(several)

    def _below(self, goal: Goal) -> Iterator[LineageLink]:
        owner = goal.owner_person_id or ""
        for key_result in goal.progress_metrics:
            if key_result.metric and owner:
                key = MetricKey(owner, key_result.metric)
                is_told = key not in self.hidden
                since = self.stale.get(key) if is_told else None
                yield LineageLink(LinkKind.METRIC, key.metric, None, owner, key_result.key, since)
                if is_told:
                    yield from _entities(self.sources.get(key, ()), key.metric)
            elif entity := self._followed(key_result):
                yield from _entities((entity,), key_result.key)
        for goal_id in self.graph.dependencies(goal.goal_id):
            yield self._goal(goal_id, goal.goal_id)

    def _resting_on(self, person_id: str, metric: str | None) -> list[LineageLink]:
        """Return the key results and goals that follow a metric of a person, or any of them."""
        found: list[LineageLink] = []
        ids: dict[str, None] = {}
        for goal in self.goals.values():
            if goal.owner_person_id != person_id:
                continue
            for each in goal.progress_metrics:
                if each.metric and metric in (None, each.metric):
                    found.append(
                        LineageLink(
                            LinkKind.KEY_RESULT, each.key, each.name, goal.goal_id, each.metric
                        )
                    )
                    found.append(self._goal(goal.goal_id, each.key))
                    ids[goal.goal_id] = None
        return [*found, *self._above(ids)]

    def _above(self, goal_ids: Iterable[str]) -> list[LineageLink]:
        """Return the goals that depend on goals, directly or not, the nearest first."""
        known = dict.fromkeys(goal_ids)
        found: list[LineageLink] = []
        waiting = [*known]
        for goal_id in waiting:
            for key in self.graph.dependents(goal_id):
                if key not in known:
                    known[key] = None
                    waiting.append(key)
                    found.append(self._goal(key, goal_id))
        return found

    def _goal(self, goal_id: str, through: str) -> LineageLink:
        goal = self.goals.get(goal_id)
        name = f"{goal.goal_code} {goal.name}" if goal else None
        return LineageLink(LinkKind.GOAL, goal_id, name, through=through)

    def _followed(self, key_result: KeyResult) -> SourceEntity | None:
        stored = (key_result.source or {}).get("entity_id")
        return self.followed.get(stored) if isinstance(stored, str) else None


def _entities(several: Iterable[SourceEntity], through: str) -> Iterator[LineageLink]:
    for each in several:
        yield LineageLink(LinkKind.ENTITY, each.entity_id, each.name, through=through)
        if each.device_id:
            yield LineageLink(LinkKind.DEVICE, each.device_id, each.device, through=each.entity_id)


def _short(links: Iterable[LineageLink]) -> list[LineageLink]:
    """Return the first links, each thing once."""
    found: dict[tuple[LinkKind, str, str | None], LineageLink] = {}
    for link in links:
        found.setdefault((link.kind, link.id, link.of), link)
    return [*found.values()][:MOST]
