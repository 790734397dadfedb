"""Follows the entities that metrics are read from.

Each valid state is a reading, an equal one too, because somebody measured again. A state that
merely comes back is not: after a restart or a lost connection an entity shows its last value with
the present time.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
import logging
from typing import NamedTuple

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
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import (
    async_call_later,
    async_track_state_change_event,
    async_track_state_report_event,
)
from homeassistant.helpers.start import async_at_started

from ...twin.catalogue import Metric
from ...twin.errors import TwinError
from ...twin.metrics.daily_totals import TotalDay
from ...twin.metrics.history import KEPT_DAYS, from_milliseconds
from ...twin.metrics.metric_sources import MetricSource
from ...twin.people.person import Person
from ..core.entity_ids import current_entity_id, last_entity_id
from ..core.feed import ADDED, CATALOGUE_CHANGED, REMOVED, ChangeFeed, Topic
from ..core.registry import TwinRegistry
from .issues import LostSource, async_review_lost_sources
from .names import metric_label
from .sources import is_own, read_source

_LOGGER = logging.getLogger(__name__)

WATCHED = (
    *(Topic("person", None, name) for name in (ADDED, REMOVED, "metric_sources", "name")),
    CATALOGUE_CHANGED,
)
# Entities without a registry entry exist only from their first state on.
GRACE = 300
# The next source in the order of priority speaks after this time of silence at the latest.
LONGEST_SILENCE = timedelta(days=1)


class Link(NamedTuple):
    """One source of one metric of one person, and its place in the order of priority."""

    person_id: str
    metric: str
    source: MetricSource
    rank: int


class Point(NamedTuple):
    """A value that was read at a time."""

    at: datetime
    value: float


class LinkedSources:
    """Makes readings of what linked entities show."""

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed) -> None:
        """Keep what is needed; nothing is followed yet."""
        self._hass = hass
        self._registry = registry
        self._feed = feed
        self._links: dict[str, list[Link]] = {}
        self._known: set[Link] = set()
        # What was read of links last, and which of them show a value now.
        self._latest: dict[Link, Point] = {}
        self._present: set[Link] = set()
        # Whether an entity is missing that could come back.
        self._misses = False
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
        """Tell whether a registry change is one of a linked entity."""
        if data["action"] == "create":
            return self._misses
        names = {data["entity_id"], data.get("old_entity_id")}
        return data["action"] == "remove" or bool(names & self._links.keys())

    @callback
    def _entity_updated(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        self._rebuild()
        if event.data["action"] == "remove":
            self._review()

    @callback
    def _rebuild(self) -> None:
        """Follow what is linked now; the new is followed before the old is left."""
        links = defaultdict(list)
        self._misses = False
        for link in self._all_links():
            entity_id = current_entity_id(self._hass, link.source.entity)
            if entity_id is None:
                self._misses = True
            elif not is_own(self._hass, entity_id):
                links[entity_id].append(link)
        known = {link for several in links.values() for link in several}
        if links.keys() != self._links.keys():
            untrack, self._untrack = self._untrack, self._track(links)
            if untrack:
                untrack()
        self._links = dict(links)
        self._present &= known
        self._latest = {link: last for link, last in self._latest.items() if link in known}
        new, self._known = known - self._known, known
        for entity_id, several in links.items():
            state = self._hass.states.get(entity_id)
            if state is not None and (fresh := [link for link in several if link in new]):
                self._read(fresh, state, state.last_updated)
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
            # A renamed entity appears under its new name, and was not seen to go.
            self._present.difference_update(links)
            self._review_later()
        if state is not None:
            self._read(links, state, state.last_updated)

    @callback
    def _reported(self, event: Event[EventStateReportedData]) -> None:
        state = event.data["new_state"]
        self._read(self._links.get(state.entity_id, ()), state, event.data["last_reported"])

    def _read(self, links: Iterable[Link], state: State, measured_at: datetime) -> None:
        for link in links:
            person = self._registry.persons.get(link.person_id)
            metric = self._registry.catalogue.get(link.metric)
            if person is not None and metric is not None:
                self._read_link(link, person, metric, state, measured_at)

    def _read_link(
        self, link: Link, person: Person, metric: Metric, state: State, measured_at: datetime
    ) -> None:
        try:
            reading = read_source(metric, link.source, state, measured_at)
        except TwinError as error:
            self._present.discard(link)
            # Entity ids are often called after a person.
            _LOGGER.debug("A linked %s shows nothing to be read: %s", state.domain, error.key)
            return
        if link not in self._present:
            self._present.add(link)
            # In memory the last value is known by the link, which outlives a new name.
            last = self._latest.get(link) or self._last_of(person, metric, reading.source)
            if last is not None and last.value == reading.value:
                self._latest[link] = last
                return
        self._latest[link] = Point(measured_at, reading.value)
        if not metric.adds_up and self._is_overruled(link, metric, measured_at):
            return
        # Nothing in it waits, so the reading counts at once.
        self._hass.async_create_task(
            self._registry.async_record(link.person_id, ((link.metric, reading),), delayed=True),
            "digital_twin linked reading",
        )

    def _is_overruled(self, link: Link, metric: Metric, measured_at: datetime) -> bool:
        """Tell whether a source of higher priority speaks for the metric at that time."""
        silence = LONGEST_SILENCE
        if metric.fresh_days is not None:
            silence = min(silence, timedelta(days=metric.fresh_days))
        return any(
            other.rank < link.rank
            and (other.person_id, other.metric) == (link.person_id, link.metric)
            and measured_at - self._latest[other].at < silence
            for other in self._present
        )

    def _last_of(self, person: Person, metric: Metric, name: str) -> Point | None:
        """Return time and value of the latest reading that is known of a source."""
        latest = person.health_metrics.get(metric.key)
        if latest is not None and latest.source == name and not metric.adds_up:
            return Point(latest.measured_at, latest.value)
        history = self._registry.histories(person.person_id).get(metric.key)
        newest = history.newest if history else None
        if history is None or newest is None:
            return None
        for day in range(newest, newest - KEPT_DAYS, -1):
            content = history.days.get(day)
            if isinstance(content, TotalDay):
                if (total := content.sources.get(name)) and total.counter:
                    return Point(from_milliseconds(total.counter[-1].at), total.counter[-1].value)
            elif content is not None and content.source == name:
                return Point(from_milliseconds(content.at), content.value)
        return None

    def _review_later(self) -> None:
        """Look for lost sources once things have had time to appear."""
        if self._cancel_review is None and self._hass.state is CoreState.running:
            self._cancel_review = async_call_later(self._hass, GRACE, self._review)

    def _stop_review(self) -> None:
        if self._cancel_review:
            self._cancel_review()
            self._cancel_review = None

    @callback
    def _review(self, _now: datetime | None = None) -> None:
        """Name the sources that are gone, and forget those that are back."""
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
