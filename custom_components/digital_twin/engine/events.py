"""Fires the events of twins on Home Assistant's bus, for the logbook and automations."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, cast

from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..twin.goals.references import Twin
from ..twin.people.person import Person
from .core.entity_ids import linked_user_id
from .core.feed import ADDED, EVENTS, REMOVED, Change, ChangeFeed, Origin, Topic
from .core.registry import KINDS, TwinRegistry
from .health.sources import metric_label
from .subentries import SUBENTRY_READY, Subentries

EVENT_TWIN: Final = f"{DOMAIN}_event"
# The entity of each kind of twin that events belong to: its platform and key. Activity offers no
# entities with numbers.
ENTITIES: Final[Mapping[str, tuple[Platform, str]]] = MappingProxyType(
    {
        "goal": (Platform.EVENT, "change"),
        "home": (Platform.EVENT, "device_status"),
        "person": (Platform.SELECT, "activity_level"),
    }
)


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
            self._hass.bus.async_fire(EVENT_TWIN, data, context=change.cause.context)

    def _data(self, change: Change, event: str, twin: Twin) -> dict[str, Any] | None:
        twin_id = change.twin_id or ""
        details = dict(change.details)
        if isinstance(twin, Person):
            if not twin.health_entities or change.cause.origin is Origin.SOURCE:
                return None
            metric = str(details["metric"])
            label = metric_label(self._hass, metric, self._registry.catalogue.get(metric))
            details["metric_name"] = label
        return {
            "kind": change.kind,
            "twin_id": twin_id,
            "device_id": self._subentries.device_id(twin_id),
            "entity_id": self._entity_id(change.kind, twin_id),
            "name": twin.name,
            "type": event,
            "actor": self._actor(change.cause.actor),
            "details": details,
        }

    def _entity_id(self, kind: str, twin_id: str) -> str | None:
        """Return the entity on whose page the logbook lists the event."""
        platform, key = ENTITIES[kind]
        unique_id = f"{twin_id}-{key}"
        return er.async_get(self._hass).async_get_entity_id(platform, DOMAIN, unique_id)

    def _actor(self, user_id: str) -> str | None:
        """Return the name of the person that the account of a user is linked to."""
        return next(
            (
                person.name
                for person in self._registry.persons.values()
                if linked_user_id(self._hass, person) == user_id
            ),
            None,
        )
