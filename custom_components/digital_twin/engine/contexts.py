"""Contexts of persons and homes at work: what they pause, when they end, what sets them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
import logging
from typing import Any, Final, cast

from homeassistant.components.calendar import DOMAIN as CALENDAR
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..twin.errors import TwinError
from ..twin.goals.goal import Goal
from ..twin.goals.pauses import NO_PAUSES, Pauses, pauses_of
from ..twin.home.home import HOME
from ..twin.metrics.consent import DISCLOSED_BY, HOUSEHOLD, discloses
from ..twin.metrics.person import PERSON, Person
from ..twin.metrics.readiness import WEIGHTS
from ..twin.records.context_effects import ContextRule
from ..twin.records.contexts import CONTEXT, PAST, SINCE, UNTIL, USUAL, InContext, ends_at
from ..twin.records.fields import PersonDay
from ..twin.records.timeline import TwinKey
from .core.entity_ids import current_entity_id
from .core.feed import (
    ADDED,
    BY_ITSELF,
    BY_SOURCE,
    DAY,
    EFFECTS_CHANGED,
    REMOVED,
    Cause,
    Change,
    ChangeFeed,
    Topic,
    day_topics,
    metric_topic,
)
from .core.files import StoreFailedError, async_delete_issues
from .core.registry import KINDS, TwinRegistry
from .core.timers import Deadline, Deadlines
from .health.sources import person_health

_LOGGER = logging.getLogger(__name__)

# A topic of people and goals: what contexts pause has changed.
PAUSED: Final = "paused"
# The fields of a person from which follows what is paused.
PERSON_TOPICS: Final = tuple(Topic("person", None, name) for name in (CONTEXT, SINCE, UNTIL, PAST))


def goal_pauses(registry: TwinRegistry, goal: Goal) -> Pauses:
    """Return what the contexts of the owner of a goal pause, in days of the household."""
    owner = registry.persons.get(goal.owner_person_id or "")
    if owner is None:
        return NO_PAUSES
    return pauses_of(owner, registry.effects, PersonDay(dt_util.get_default_time_zone()))


class ContextFollower:
    """Has what contexts pause worked out anew when they change, or what they do.

    That is the health of people, and the assessments of their goals (the topic `paused`).
    """

    def __init__(self, registry: TwinRegistry, feed: ChangeFeed) -> None:
        self._registry = registry
        self._feed = feed

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Follow the contexts until the returned function is called."""
        return self._feed.subscribe((*PERSON_TOPICS, EFFECTS_CHANGED), self._changed)

    @callback
    def _changed(self, changes: Iterable[Change]) -> None:
        causes = {change.twin_id: change.cause for change in changes}
        of_all = causes.get(None)
        for person in [*self._registry.persons.values()]:
            if cause := causes.get(person.person_id, of_all):
                topics = {Topic("person", person.person_id, PAUSED), *_of_health(person)}
                goals = self._registry.goals_of(person.person_id)
                topics |= {Topic("goal", goal.goal_id, PAUSED) for goal in goals}
                self._feed.publish_derived(topics, cause)


def _of_health(person: Person) -> Iterable[Topic]:
    yield from day_topics(person.person_id)
    for metric in person.health_metrics:
        yield metric_topic(person.person_id, metric)


CLOCK_TOPICS: Final = tuple(
    Topic(kind, None, name)
    for kind in ("person", "home")
    for name in (ADDED, REMOVED, CONTEXT, UNTIL)
)
# A move to another time zone, or another beginning of the day, moves the end of a day.
ZONE_TOPICS: Final = tuple(Topic("person", None, name) for name in ("timezone", "day_start"))
END: Final = "context_end"
RETRY: Final = timedelta(minutes=10)


class ContextClock:
    """Ends contexts: at their end, or at the start if that has passed meanwhile."""

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed) -> None:
        self._hass = hass
        self._registry = registry
        self._feed = feed
        self._deadlines = Deadlines(hass, self._due)
        # When the end of a context was tried last: a disk that refuses it is not asked at once.
        self._tried: dict[str, datetime] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Run until the returned function is called."""
        unsubscribe = self._feed.subscribe((*CLOCK_TOPICS, *ZONE_TOPICS), self._changed)
        for kind in (PERSON.name, HOME.name):
            self._set(kind, self._registry.records(kind))

        @callback
        def stop() -> None:
            unsubscribe()
            self._deadlines.stop()

        return stop

    @callback
    def _changed(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.twin_id:
                self._set(change.kind, (change.twin_id,))

    def _set(self, kind: str, twin_ids: Iterable[str]) -> None:
        for twin_id in [*twin_ids]:
            twin = cast("InContext | None", self._registry.records(kind).get(twin_id))
            until = twin.context_until if twin else None
            moment = None if until is None else ends_at(until, self._days(twin))
            if moment is None or moment > dt_util.utcnow():
                self._tried.pop(twin_id, None)
            elif twin_id in self._tried:
                moment = self._tried[twin_id] + RETRY
            self._deadlines.set(Deadline(twin_id, END, kind), moment)

    def _days(self, twin: InContext | None) -> PersonDay:
        if isinstance(twin, Person):
            return self._registry.person_days(twin)
        return PersonDay(dt_util.get_default_time_zone())

    @callback
    def _due(self, due: Collection[Deadline], now: datetime) -> None:
        for deadline in due:
            self._tried[deadline.subject_id] = now
            key = TwinKey(deadline.ref, deadline.subject_id)
            async_set_context(self._hass, self._registry, key, {CONTEXT: USUAL})


@callback
def async_set_context(
    hass: HomeAssistant,
    registry: TwinRegistry,
    key: TwinKey,
    patch: Mapping[str, object],
    cause: Cause = BY_ITSELF,
) -> None:
    """Begin to change the context of a twin; a failure is logged, without values."""

    async def update() -> None:
        try:
            await registry.async_update(KINDS[key.kind], key.twin_id, patch, cause=cause)
        except (TwinError, StoreFailedError) as error:
            _LOGGER.warning("A context could not be set: %s", type(error).__name__)

    hass.async_create_task(update(), "digital_twin context")


class ContextRules:
    """Sets the context of a twin while an entity has a state, by the rules of the options.

    A context begins when the entity takes the state, and ends when it leaves it, unless somebody
    has set another. States that are unknown are left out. At the start a state that holds begins a
    context of whoever is in the usual one. A calendar also tells when the event ends.
    """

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry) -> None:
        self._hass = hass
        self._registry = registry
        self._is_started = False
        self._rules: tuple[ContextRule, ...] = ()
        self._by_entity: dict[str, list[ContextRule]] = {}
        self._held: set[ContextRule] = set()
        self._stop_watching: CALLBACK_TYPE = _nothing

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Follow entities once Home Assistant has started; returns a function to stop."""
        ends = (
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._registry_updated),
            async_at_started(self._hass, self._started),
        )

        @callback
        def stop() -> None:
            for end in ends:
                end()
            self._stop_watching()
            self._stop_watching = _nothing
            self._is_started = False

        return stop

    @callback
    def async_configure(self, rules: tuple[ContextRule, ...]) -> None:
        """Follow other rules from now on."""
        if rules != self._rules:
            self._rules = rules
            self._held &= {*rules}
            self._follow()

    @callback
    def _started(self, _hass: HomeAssistant) -> None:
        self._is_started = True
        self._follow()

    @callback
    def _registry_updated(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        if event.data["action"] == "update" and "entity_id" in event.data["changes"]:
            self._follow()

    def _follow(self) -> None:
        if not self._is_started:
            return
        self._stop_watching()
        self._by_entity = {}
        for rule in self._rules:
            if entity_id := current_entity_id(self._hass, rule.entity):
                self._by_entity.setdefault(entity_id, []).append(rule)
        self._stop_watching = async_track_state_change_event(
            self._hass, list(self._by_entity), self._changed
        )
        for entity_id in self._by_entity:
            self._judge(entity_id, self._hass.states.get(entity_id), begins=True)

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        self._judge(event.data["entity_id"], event.data["new_state"])

    def _judge(self, entity_id: str, state: State | None, *, begins: bool = False) -> None:
        if state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
            return
        is_calendar = state.domain == CALENDAR
        title = str(state.attributes.get("message") or "") if is_calendar else None
        until = state.attributes.get("end_time") if is_calendar else None
        rules = self._by_entity[entity_id]
        # What ends comes first: two states of one entity may stand for two contexts.
        for rule in sorted(rules, key=lambda each: each.holds(state.state, title)):
            holds, held = rule.holds(state.state, title), rule in self._held
            found = self._twin(rule)
            if found is None:
                continue
            kind, twin = found
            if holds and not held:
                self._held.add(rule)
                if not begins or twin.context == USUAL:
                    self._put(kind, rule, {CONTEXT: rule.context, UNTIL: until})
            elif holds and until is not None and twin.context == rule.context:
                self._put(kind, rule, {UNTIL: until})
            elif held and not holds:
                self._held.discard(rule)
                if twin.context == rule.context:
                    self._put(kind, rule, {CONTEXT: USUAL})

    def _twin(self, rule: ContextRule) -> tuple[str, InContext] | None:
        for kind in (PERSON.name, HOME.name):
            if twin := self._registry.records(kind).get(rule.twin_id):
                return kind, cast("InContext", twin)
        return None

    def _put(self, kind: str, rule: ContextRule, patch: Mapping[str, object]) -> None:
        key = TwinKey(kind, rule.twin_id)
        async_set_context(self._hass, self._registry, key, patch, BY_SOURCE)


# The translation key of the question whether somebody is ill, and of the part of the entry's data
# with the day, by person, on which it was answered with no.
PROPOSED_CONTEXT: Final = "proposed_context"
DECLINED: Final = "declined_contexts"
PROPOSAL_TOPICS: Final = tuple(
    Topic("person", None, name)
    for name in (
        *(f"health_metrics/{metric}" for metric in WEIGHTS),
        *(ADDED, REMOVED, DAY, "name", *DISCLOSED_BY, CONTEXT, PAST),
    )
)


class ContextProposals:
    """Asks in a repair whether somebody is ill who looks like it; sets nothing.

    That is after two days with a low readiness and a high resting pulse, in the usual context. Of
    people who do not show their health values nothing is asked.
    """

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], registry: TwinRegistry, feed: ChangeFeed
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._registry = registry
        self._feed = feed

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Ask from now on; the returned function stops it and deletes the questions."""
        unsubscribe = self._feed.subscribe(PROPOSAL_TOPICS, self._changed)
        for person_id in self._registry.persons:
            self._review(person_id)

        @callback
        def stop() -> None:
            unsubscribe()
            async_delete_issues(self._hass, PROPOSED_CONTEXT)

        return stop

    @callback
    def _changed(self, changes: Iterable[Change]) -> None:
        for person_id in {change.twin_id for change in changes if change.twin_id}:
            self._review(person_id)

    def _review(self, person_id: str) -> None:
        issue_id = f"{PROPOSED_CONTEXT}_{person_id}"
        person = self._registry.persons.get(person_id)
        since = None if person is None else self._since(person)
        if person is None or since is None:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            data={"person_id": person_id, "since": since.isoformat()},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=PROPOSED_CONTEXT,
            translation_placeholders={"name": person.name, "since": since.isoformat()},
        )

    def _since(self, person: Person) -> date | None:
        if not discloses(person, WEIGHTS, HOUSEHOLD) or person.context != USUAL:
            return None
        since = person_health(self._registry, person).unwell_since()
        declined = self._entry.data.get(DECLINED, {}).get(person.person_id)
        is_known = since is not None and declined is not None and since.isoformat() <= declined
        return None if is_known else since


@callback
def async_decline_proposal(hass: HomeAssistant, registry: TwinRegistry, person_id: str) -> None:
    """Do not ask again whether a person is ill, until they look like it another time."""
    person = registry.persons.get(person_id)
    entries = hass.config_entries.async_loaded_entries(DOMAIN)
    if person is not None and entries:
        today = registry.person_days(person).day_of(dt_util.utcnow()).isoformat()
        declined = {**entries[0].data.get(DECLINED, {}), person_id: today}
        # Of people who were deleted nothing is kept.
        kept = {key: day for key, day in declined.items() if key in registry.persons}
        data = {**entries[0].data, DECLINED: kept}
        hass.config_entries.async_update_entry(entries[0], data=data)
    ir.async_delete_issue(hass, DOMAIN, f"{PROPOSED_CONTEXT}_{person_id}")


def _nothing() -> None:
    """Stop nothing."""
