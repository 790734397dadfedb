"""Records the values of linked entities as readings.

A reading is a measurement, and not a poll. Another value than the last one is a reading. An equal
one is none, unless the entity says that it was measured anew: by the time of the measurement in an
attribute, by a forced update, or because somebody entered it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import logging
from typing import Final, NamedTuple

from homeassistant.core import (
    CALLBACK_TYPE,
    CoreState,
    Event,
    EventStateChangedData,
    EventStateReportedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.event import (
    async_call_later,
    async_track_state_change_event,
    async_track_state_report_event,
)
from homeassistant.helpers.start import async_at_started

from ...const import DOMAIN
from ...twin.catalogue import Metric
from ...twin.errors import TwinError
from ...twin.metrics.daily_totals import TotalDay
from ...twin.metrics.history import KEPT_DAYS, from_milliseconds
from ...twin.metrics.person import Person
from ...twin.metrics.readings import MetricSource, Reading
from ...twin.records.fields import PersonDay
from ..core.entity_ids import current_entity_id, last_entity_id
from ..core.feed import ADDED, CATALOGUE_CHANGED, REMOVED, ChangeFeed, Topic
from ..core.files import async_delete_issues
from ..core.registry import TwinRegistry
from .sources import ENTERED, is_own, measured, metric_label, read_source

_LOGGER = logging.getLogger(__name__)

WATCHED = (
    *(Topic("person", None, name) for name in (ADDED, REMOVED, "metric_sources", "name")),
    CATALOGUE_CHANGED,
)
# Seconds until an entity counts as missing: without a registry entry it exists only from its first
# state on.
GRACE = 300
# After this time without a reading, the source of the next lower priority is used at the latest.
LONGEST_SILENCE = timedelta(days=1)


class Link(NamedTuple):
    """One source of a metric of a person; rank 0 has the highest priority."""

    person_id: str
    metric: str
    source: MetricSource
    rank: int


class SourceValue(NamedTuple):
    """A value (in the unit of the metric) that was read from a source at a time (UTC).

    `mark` is the time of the measurement as the entity says it, None where it says none.
    """

    at: datetime
    value: float
    mark: str | None = None


class LinkedSources:
    """Follows linked entities and records their readings."""

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed) -> None:
        self._hass = hass
        self._registry = registry
        self._feed = feed
        # By entity id, and by person and metric.
        self._links: dict[str, list[Link]] = {}
        self._ranked: dict[tuple[str, str], list[Link]] = {}
        # The last value of each link, and the links whose entities have a value now.
        self._latest: dict[Link, SourceValue] = {}
        self._present: set[Link] = set()
        self._has_missing = False
        self._untrack: CALLBACK_TYPE | None = None
        self._cancel_review: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Follow the entities until the returned function is called."""
        unsubscribes = [
            self._feed.subscribe(WATCHED, self._rebuild),
            self._hass.bus.async_listen(
                er.EVENT_ENTITY_REGISTRY_UPDATED, self._entity_updated, self._concerns
            ),
            async_at_started(self._hass, self._started),
        ]
        self._rebuild()

        @callback
        def stop() -> None:
            for unsubscribe in unsubscribes:
                unsubscribe()
            self._stop_review()
            if self._untrack:
                self._untrack()
                self._untrack = None

        return stop

    @callback
    def _started(self, _hass: HomeAssistant) -> None:
        self._review_later()

    @callback
    def _concerns(self, data: er.EventEntityRegistryUpdatedData) -> bool:
        """Return whether a registry change may be about a linked entity."""
        if data["action"] == "create":
            return self._has_missing
        return bool({data["entity_id"], data.get("old_entity_id")} & self._links.keys())

    @callback
    def _entity_updated(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        self._rebuild()
        if event.data["action"] == "remove":
            self._review()

    @callback
    def _rebuild(self, _changes: object = ()) -> None:
        """Follow the entities that are linked now, without a gap for those that were before."""
        links, ranked = defaultdict(list), defaultdict(list)
        self._has_missing = False
        for link in self._all_links():
            entity_id = current_entity_id(self._hass, link.source.entity)
            if entity_id is None:
                self._has_missing = True
            elif not is_own(self._hass, entity_id):
                links[entity_id].append(link)
                ranked[link.person_id, link.metric].append(link)
        before = {link for linked in self._links.values() for link in linked}
        present = {link for linked in links.values() for link in linked}
        if links.keys() != self._links.keys():
            untrack, self._untrack = self._untrack, self._track(links)
            if untrack:
                untrack()
        self._links, self._ranked = dict(links), dict(ranked)
        self._present &= present
        self._latest = {link: last for link, last in self._latest.items() if link in present}
        for entity_id, linked in links.items():
            state = self._hass.states.get(entity_id)
            if state is not None and (new := [link for link in linked if link not in before]):
                self._read(new, state, state.last_updated)
        self._review_later()

    def _all_links(self) -> Iterable[Link]:
        for person_id, person in self._registry.persons.items():
            for metric, sources in person.metric_sources.items():
                if metric in self._registry.catalogue:
                    for rank, source in enumerate(sources):
                        yield Link(person_id, metric, source, rank)

    def _track(self, entity_ids: Iterable[str]) -> CALLBACK_TYPE:
        wanted = list(entity_ids)
        changes = async_track_state_change_event(self._hass, wanted, self._changed)
        reports = async_track_state_report_event(self._hass, wanted, self._reported)

        @callback
        def untrack() -> None:
            changes()
            reports()

        return untrack

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        links = self._links.get(event.data["entity_id"], ())
        if state is None or event.data["old_state"] is None:
            # A renamed entity appears under its new id without having become unavailable.
            self._present.difference_update(links)
            self._review_later()
        if state is not None:
            old = event.data["old_state"]
            # A state that is written although nothing changed in it was measured anew.
            forced = (
                old is not None and old.state == state.state and old.attributes == state.attributes
            )
            self._read(links, state, state.last_updated, anew=forced)

    @callback
    def _reported(self, event: Event[EventStateReportedData]) -> None:
        state = event.data["new_state"]
        links = self._links.get(state.entity_id, ())
        anew = state.domain in ENTERED
        self._read(links, state, event.data["last_reported"], anew=anew)

    def _read(
        self, links: Iterable[Link], state: State, measured_at: datetime, *, anew: bool = False
    ) -> None:
        for link in links:
            person = self._registry.persons.get(link.person_id)
            metric = self._registry.catalogue.get(link.metric)
            if person is not None and metric is not None:
                self._read_link(link, person, metric, state, measured_at, anew=anew)

    def _read_link(
        self,
        link: Link,
        person: Person,
        metric: Metric,
        state: State,
        reported_at: datetime,
        *,
        anew: bool,
    ) -> None:
        days = self._registry.person_days(person)
        said = measured(link.source, state, days)
        # A clock that is ahead does not make a reading of the future.
        measured_at = min(said.at if said and said.at else reported_at, reported_at)
        mark = said.mark if said else None
        try:
            reading = read_source(metric, link.source, state, measured_at)
        except TwinError as error:
            self._present.discard(link)
            # The entity id stays out of the log: it often has the name of a person in it.
            _LOGGER.debug("A linked %s has no valid value: %s", state.domain, error.key)
            return
        # Kept by link, the last value survives a new entity id.
        last = self._latest.get(link)
        is_back = link not in self._present
        if is_back:
            self._present.add(link)
            last = last or self._last_of(person, metric, reading.source)
        if last is not None and last.value == reading.value:
            # After a restart, only a later time than that of the last reading says something.
            is_new = mark != last.mark if last.mark or not is_back else measured_at > last.at
            if not (is_new and mark) and (is_back or not anew):
                self._latest[link] = last
                return
        self._latest[link] = SourceValue(measured_at, reading.value, mark)
        readings = [(link.metric, reading)]
        if metric.adds_up and last is not None and not is_back:
            readings[:0] = self._carried(link, last, reading, days)
        if not metric.sums and self._is_overruled(link, metric, measured_at):
            return
        # With `delayed` it never suspends: the reading is in memory when this returns.
        self._hass.async_create_task(
            self._registry.async_record(link.person_id, tuple(readings), delayed=True),
            "digital_twin linked reading",
        )

    def _carried(
        self, link: Link, last: SourceValue, reading: Reading, days: PersonDay
    ) -> Iterable[tuple[str, Reading]]:
        """Yield what a counter showed when the day of a reading began, if it was the last value.

        Only now that the counter moved is it known to be alive: a day on which it merely stood
        still has no reading.
        """
        begun = days.start_of(days.day_of(reading.measured_at))
        if last.at < begun < reading.measured_at:
            yield (
                link.metric,
                replace(reading, value=last.value, measured_at=begun, carried=True),
            )

    def _is_overruled(self, link: Link, metric: Metric, measured_at: datetime) -> bool:
        """Return whether a source of higher priority has a recent value of the metric."""
        silence = LONGEST_SILENCE
        if metric.fresh_days is not None:
            silence = min(silence, timedelta(days=metric.fresh_days))
        return any(
            other.rank < link.rank
            and other in self._present
            and measured_at - self._latest[other].at < silence
            for other in self._ranked[link.person_id, link.metric]
        )

    def _last_of(self, person: Person, metric: Metric, name: str) -> SourceValue | None:
        """Return the latest recorded value of a source (by the name that its readings have)."""
        latest = person.health_metrics.get(metric.key)
        if latest is not None and latest.source == name and not metric.sums:
            return SourceValue(latest.measured_at, latest.value)
        history = self._registry.histories(person.person_id).get(metric.key)
        newest = history.newest if history else None
        if history is None or newest is None:
            return None
        for day in range(newest, newest - KEPT_DAYS, -1):
            content = history.days.get(day)
            if isinstance(content, TotalDay):
                if (total := content.sources.get(name)) and total.counter:
                    last = total.counter[-1]
                    return SourceValue(from_milliseconds(last.at), last.value)
            elif content is not None and content.source == name:
                return SourceValue(from_milliseconds(content.at), content.value)
        return None

    def _review_later(self) -> None:
        """Look for missing entities after the grace period."""
        if self._cancel_review is None and self._hass.state is CoreState.running:
            self._cancel_review = async_call_later(self._hass, GRACE, self._review)

    def _stop_review(self) -> None:
        if self._cancel_review:
            self._cancel_review()
            self._cancel_review = None

    @callback
    def _review(self, _now: datetime | None = None) -> None:
        """Report the sources whose entities are missing, and no others."""
        self._stop_review()
        lost = [
            LostSource(
                person_id=link.person_id,
                person=self._registry.persons[link.person_id].name,
                metric=link.metric,
                name=metric_label(self._hass, link.metric, self._registry.catalogue[link.metric]),
                entity=link.source.entity,
                called=last_entity_id(self._hass, link.source.entity),
            )
            for link in self._all_links()
            if self._is_lost(link.source.entity)
        ]
        async_review_lost_sources(self._hass, lost)

    def _is_lost(self, stored: str) -> bool:
        entity_id = current_entity_id(self._hass, stored)
        if entity_id is None:
            return True
        known = er.async_get(self._hass).async_get(entity_id)
        if known is None:
            return self._hass.states.get(entity_id) is None
        return known.disabled


LOST_SOURCE: Final = "linked_source_missing"


@dataclass(frozen=True, kw_only=True, slots=True)
class LostSource:
    """A source whose entity is missing; `person`, `name` and `called` are texts for people."""

    person_id: str
    person: str
    metric: str
    name: str
    entity: str
    called: str

    @property
    def issue_id(self) -> str:
        """The id of the issue about this source."""
        return f"{LOST_SOURCE}_{self.person_id}_{self.metric}_{self.entity}"


@callback
def async_review_lost_sources(hass: HomeAssistant, lost: Iterable[LostSource]) -> None:
    """Create an issue for each lost source, and delete the others; the links stay."""
    present = {source.issue_id: source for source in lost}
    async_delete_issues(hass, LOST_SOURCE, except_for=present)
    for issue_id, source in present.items():
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            data={"person_id": source.person_id, "metric": source.metric, "entity": source.entity},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=LOST_SOURCE,
            translation_placeholders={
                "person": source.person,
                "metric": source.name,
                "entity": source.called,
            },
        )
