"""Fires the events of twins on Home Assistant's bus: all for automations, few for the logbook.

Automations get each event (`EVENT_TWIN`). The logbook shows one line (`EVENT_LINE`) for what one
cause did to a twin: what follows from it is left out, or a part of the line.
"""

from collections import ChainMap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, cast

from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_get_cached_translations

from ..const import DOMAIN, option_path
from ..twin.enums import DeviceStatus
from ..twin.goals.references import Twin
from ..twin.metrics.consent import HOUSEHOLD, tells_anything, tells_unusual
from ..twin.metrics.person import Person
from .core.entity_ids import linked_persons, own_entity_id
from .core.feed import ADDED, EVENTS, REMOVED, Change, ChangeFeed, Origin, Topic
from .core.registry import KINDS, TwinRegistry
from .health.sources import metric_label
from .home import ANNOUNCED
from .subentries import SUBENTRY_READY, Subentries

EVENT_TWIN: Final = f"{DOMAIN}_event"
EVENT_LINE: Final = f"{DOMAIN}_activity"
# The entity of each kind of twin that events belong to: its platform and key. Activity offers no
# entities with numbers.
ENTITIES: Final[Mapping[str, tuple[Platform, str]]] = MappingProxyType(
    {
        "goal": (Platform.SELECT, "status"),
        "home": (Platform.SENSOR, "operational_status"),
        "person": (Platform.SELECT, "activity_level"),
    }
)
# The entities whose states the logbook shows: a line about the same would be a second one.
SHOWN_BY: Final[Mapping[str, tuple[Platform, str]]] = MappingProxyType(
    {
        "pace_changed": (Platform.SENSOR, "pace"),
        "operational_status_changed": (Platform.SENSOR, "operational_status"),
        "occupancy_changed": (Platform.SENSOR, "occupancy_status"),
    }
)
# Of the events of one cause, the first of these is the line; the others follow from it.
GOAL_LINES: Final[tuple[str, ...]] = (
    ADDED,
    REMOVED,
    "completed",
    "status_changed",
    "milestone_reached",
    "pace_changed",
)
HEALTH_LINES: Final[tuple[str, ...]] = (
    "metric_recorded",
    "metric_unusual",
    "metric_usual",
    "metric_stale",
)
# Events that tell where the value of a metric lies.
OF_DIRECTION: Final = frozenset({"metric_unusual", "metric_usual"})
TURNS: Final = ("unusual", "usual")
# The status of a home follows from these.
DEVICE_LINES: Final[frozenset[str]] = frozenset({*DeviceStatus.slugs(), *ANNOUNCED.values()})
# The entities that have the texts of the states in details, by event.
STATES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "pace_changed": ("sensor", "pace"),
        "status_changed": ("select", "status"),
        "operational_status_changed": ("sensor", "operational_status"),
        "occupancy_changed": ("sensor", "occupancy_status"),
    }
)
# The name of what an event is about, by the kind of twin: a line lists the names of all.
LISTED: Final[Mapping[str, str]] = MappingProxyType(
    {"goal": "milestone", "home": "name", "person": "metric_name"}
)

type TwinEventData = Mapping[str, Any]


class TwinEvents:
    """Relays the events of the feed: names without values, and nothing of private people.

    Goals that are added or removed are relayed, too, unless the goals folder or a start did it.
    Readings of linked entities are left out: there may be one every few seconds.
    """

    def __init__(
        self, hass: HomeAssistant, feed: ChangeFeed, registry: TwinRegistry, subentries: Subentries
    ) -> None:
        self._hass = hass
        self._feed = feed
        self._registry = registry
        self._subentries = subentries
        # New goals that have no device yet.
        self._new: dict[str, Change] = {}
        # What waits for the end of what happens at once, by twin and cause.
        self._waiting: dict[tuple[str, str], tuple[Context | None, list[TwinEventData]]] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Relay until the returned function is called."""
        topics = [Topic(kind, None, EVENTS) for kind in KINDS]
        topics += [Topic("goal", None, name) for name in (ADDED, REMOVED, SUBENTRY_READY)]
        return self._feed.subscribe(topics, self._relay)

    @callback
    def _relay(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.event is not None:
                twin = self._registry.records(change.kind).get(change.twin_id or "")
                self._fire(change, change.event, cast("Twin | None", twin))
            elif REMOVED in change.fields:
                self._removed(change)
            elif ADDED in change.fields:
                self._added(change)
            else:
                self._ready()

    def _added(self, change: Change) -> None:
        """Keep a new goal until it has a device; one that has it came back by an undone change."""
        goal_id = str(change.twin_id)
        is_new = goal_id not in self._subentries.by_twin
        if is_new and self._hass.is_running and change.cause.origin is not Origin.FOLDER:
            self._new[goal_id] = change

    def _ready(self) -> None:
        for goal_id in [key for key in self._new if key in self._subentries.by_twin]:
            change = self._new.pop(goal_id)
            self._fire(change, ADDED, self._registry.goals.get(goal_id))

    def _removed(self, change: Change) -> None:
        """Relay a deletion; a goal whose creation was undone is not among the deleted ones."""
        goal_id = str(change.twin_id)
        self._new.pop(goal_id, None)
        is_deleted = self._registry.deletions.is_deleted("goal", goal_id)
        if is_deleted and change.cause.origin is not Origin.FOLDER:
            self._fire(change, REMOVED, change.before)

    def _fire(self, change: Change, event: str, twin: Twin | None) -> None:
        if twin is not None and (data := self._data(change, event, twin)) is not None:
            context = change.cause.context
            self._hass.bus.async_fire(EVENT_TWIN, data, context=context)
            if not self._waiting:
                self._hass.loop.call_soon(self._write_lines)
            caused_by = context.id if context else f"{change.cause.actor} {change.cause.origin}"
            key = (str(data["twin_id"]), caused_by)
            self._waiting.setdefault(key, (context, []))[1].append(data)

    @callback
    def _write_lines(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for (twin_id, _), (context, events) in waiting.items():
            for line in lines(events):
                if not self._is_shown(line["type"], twin_id):
                    self._hass.bus.async_fire(EVENT_LINE, line, context=context)

    def _is_shown(self, event: str, twin_id: str) -> bool:
        """Return whether an entity that is enabled has the event as its state."""
        if event not in SHOWN_BY:
            return False
        entity_id = own_entity_id(self._hass, twin_id, *SHOWN_BY[event])
        entry = er.async_get(self._hass).async_get(entity_id) if entity_id else None
        return entry is not None and not entry.disabled

    def _data(self, change: Change, event: str, twin: Twin) -> dict[str, Any] | None:
        twin_id = change.twin_id or ""
        details = dict(change.details)
        if isinstance(twin, Person):
            metric = str(details["metric"])
            if not _is_told(twin, metric, event) or change.cause.origin is Origin.SOURCE:
                return None
            label = metric_label(self._hass, metric, self._registry.catalogue.get(metric))
            details["metric_name"] = label
        return {
            "kind": change.kind,
            "twin_id": twin_id,
            "device_id": self._subentries.device_id(twin_id),
            # On the page of this entity the logbook lists the event.
            "entity_id": own_entity_id(self._hass, twin_id, *ENTITIES[change.kind]),
            "name": twin.name,
            "type": event,
            "actor": actor_name(self._hass, self._registry, change.cause.actor),
            "details": details,
        }


def _is_told(person: Person, metric: str, event: str) -> bool:
    """Return whether the household may know of an event of a metric."""
    if event in OF_DIRECTION:
        return tells_unusual(person, metric, HOUSEHOLD)
    return tells_anything(person, metric, HOUSEHOLD)


@callback
def actor_name(hass: HomeAssistant, registry: TwinRegistry, user_id: str) -> str | None:
    """Return the name of the person that the account of a user is linked to."""
    persons = linked_persons(hass, registry.persons.values(), user_id)
    return persons[0].name if persons else None


@callback
def event_texts(hass: HomeAssistant) -> Mapping[str, str]:
    """Return the texts of events and of what they name, in the language of Home Assistant."""
    language = hass.config.language
    categories = ("selector", "entity")
    texts = (async_get_cached_translations(hass, language, each, DOMAIN) for each in categories)
    # Thousands of texts are not copied for the few of an event.
    return ChainMap(*texts)


def event_text(texts: Mapping[str, str], key: str) -> str | None:
    """Return one of the texts of events, such as "reached the milestone {milestone}"."""
    return texts.get(option_path("logbook", key))


def event_message(texts: Mapping[str, str], event: str, names: Mapping[str, object]) -> str:
    """Return what happened to a twin, as it follows the name of the twin in a sentence."""
    return (event_text(texts, event) or event).format_map(with_state_texts(texts, event, names))


def with_state_texts(
    texts: Mapping[str, str], event: str, names: Mapping[str, object]
) -> dict[str, object]:
    """Return the names in a message with the texts of the states `from` and `to`."""
    if entity := STATES.get(event):
        platform, key = entity
        path = f"component.{DOMAIN}.entity.{platform}.{key}.state."
        unknown = event_text(texts, "unknown")
        return {**names} | {
            each: (texts.get(f"{path}{names[each]}") or unknown or str(names[each])).lower()
            for each in ("from", "to")
        }
    return {**names}


def lines(events: Sequence[TwinEventData]) -> Iterator[TwinEventData]:
    """Yield the lines for the events of one twin with one cause, in the form of events.

    `listed` in the details has the names of all milestones, metrics or devices that the line is
    about, `unusual` and `usual` those of metrics that became so by the same cause.
    """
    by_type: dict[str, list[TwinEventData]] = {}
    for event in events:
        by_type.setdefault(str(event["type"]), []).append(event)
    kind = str(events[0]["kind"])
    for chosen in _chosen(kind, by_type):
        line = by_type[chosen][-1]
        added = {"listed": _names(kind, by_type[chosen])}
        for turn in TURNS:
            if (turned := by_type.get(f"metric_{turn}")) and chosen != f"metric_{turn}":
                added[turn] = _names(kind, turned)
        yield {**line, "details": {**line["details"], **added}}


def _chosen(kind: str, types: Collection[str]) -> list[str]:
    """Return the types of the events that become lines."""
    if kind == "goal":
        return [each for each in GOAL_LINES if each in types][:1]
    if kind == "person":
        return [each for each in HEALTH_LINES if each in types][:1]
    has_devices = any(each in types for each in DEVICE_LINES)
    return [each for each in types if each != "operational_status_changed" or not has_devices]


def _names(kind: str, events: Iterable[TwinEventData]) -> list[str]:
    details = (event["details"] for event in events)
    names = dict.fromkeys(str(each[LISTED[kind]]) for each in details if LISTED[kind] in each)
    # Milestones are in the order of the plan, metrics in that of their keys.
    return sorted(names) if kind == "home" else [*names]
