"""Triggers of automations: what happens to goals, people and homes, and to devices and sensors.

They follow the change feed, whether or not an entity is enabled, and outlive a reload of the entry.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, ClassVar, Final, cast, override

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.const import CONF_OPTIONS, CONF_TARGET, Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import (
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType, VolDictType
import probatio

from .condition import (
    ABOUT,
    CONF_HOME,
    CONF_METRIC,
    CONF_PERSON,
    OF_HOME,
    OF_METRIC,
    OF_PERSON,
    TwinTarget,
    named_twins,
    one_or_more,
    validate_names,
)
from .const import DOMAIN, option_path
from .engine.core.entity_ids import current_entity_id, metric_entity_key, own_entity_id
from .engine.core.feed import EVENTS, Change, Topic
from .engine.events import actor_name, event_message, event_texts
from .engine.health.sources import metric_label, person_health, shown_amount
from .engine.runtime import Runtime, loaded_runtime
from .surfaces.home_sensors import why_occupancy, why_operational
from .twin.enums import DeviceStatus, GoalStatus, OccupancyStatus, OperationalStatus, TwinEnum
from .twin.goals.goal import Goal
from .twin.goals.pace import Pace
from .twin.metrics.consent import HOUSEHOLD, discloses, tells_unusual
from .twin.metrics.insight import HIGH, LOW
from .twin.metrics.person import Person
from .twin.values import localized

CONF_FROM: Final = "from"
CONF_TO: Final = "to"
CONF_DIRECTION: Final = "direction"
# The options that choose by a detail of an event.
DETAILS: Final = (CONF_FROM, CONF_TO, CONF_METRIC, CONF_DIRECTION)


def from_and_to(enum: type[TwinEnum]) -> VolDictType:
    """Return the options that choose the states before and after a change."""
    return {probatio.Optional(name): one_or_more(*enum.slugs()) for name in (CONF_FROM, CONF_TO)}


class FeedFollower:
    """Subscribes to the change feed whenever the entry is loaded, also after a reload."""

    def __init__(
        self,
        hass: HomeAssistant,
        topics: Iterable[Topic],
        listener: Callable[[Runtime, tuple[Change, ...]], None],
    ) -> None:
        self._hass = hass
        self._topics = tuple(topics)
        self._listener = listener
        self._runtime: Runtime | None = None
        self._unsubscribe: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Follow until the returned function is called."""
        self._follow(loaded_runtime(self._hass))
        end = async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed)

        @callback
        def stop() -> None:
            end()
            self._follow(None)

        return stop

    @callback
    def _entry_changed(self, _change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain == DOMAIN:
            is_loaded = entry.state is ConfigEntryState.LOADED
            self._follow(cast("Runtime", entry.runtime_data) if is_loaded else None)

    def _follow(self, runtime: Runtime | None) -> None:
        if runtime is self._runtime:
            return
        if self._unsubscribe:
            self._unsubscribe()
            self._unsubscribe = None
        self._runtime = runtime
        if runtime is not None:
            self._unsubscribe = runtime.feed.subscribe(self._topics, self._changed)

    @callback
    def _changed(self, changes: tuple[Change, ...]) -> None:
        if self._runtime is not None:
            self._listener(self._runtime, changes)


type Variables = dict[str, Any]


# The entities of a goal that show what an event is about.
SHOWS: Final[Mapping[str, tuple[Platform, str]]] = {
    "pace_changed": (Platform.SENSOR, "pace"),
    "milestone_reached": (Platform.SENSOR, "next_milestone"),
}


def _goal_variables(hass: HomeAssistant, runtime: Runtime, change: Change, goal: Goal) -> Variables:
    assessment = runtime.assessments.get(goal.goal_id)
    owner = runtime.registry.persons.get(goal.owner_person_id or "")
    progress = assessment.progress if assessment else None
    platform, key = SHOWS.get(change.event or "", (Platform.SELECT, "status"))
    return {
        "name": goal.name,
        "code": goal.goal_code,
        "goal_id": goal.goal_id,
        "device_id": runtime.subentries.device_id(goal.goal_id),
        "entity_id": own_entity_id(hass, goal.goal_id, platform, key),
        "person": owner.name if owner else None,
        "person_entity_id": _person_entity_id(hass, owner),
        "progress": None if progress is None else round(progress),
        "reason": runtime.assessments.why(goal.goal_id),
        "needed_per_week": runtime.assessments.needed(goal.goal_id),
    }


def _person_entity_id(hass: HomeAssistant, person: Person | None) -> str | None:
    stored = person.person_entity if person else None
    return current_entity_id(hass, stored) if stored else None


def _metric_variables(
    hass: HomeAssistant, runtime: Runtime, change: Change, person: Person
) -> Variables:
    """Return the variables of a metric: value and direction as far as the household knows them.

    Traces show variables, and a late reading is not the present value.
    """
    key = str(change.details[CONF_METRIC])
    view = person_health(runtime.registry, person).metric(key)
    metric = runtime.registry.catalogue.get(key)
    is_public, is_late = discloses(person, (key,), HOUSEHOLD), bool(change.details.get("late"))
    amount = shown_amount(hass, person, view) if is_public and not is_late else None
    shown = None
    if amount and metric:
        number = localized(f"{amount.value:.{metric.precision}f}", hass.config.language)
        shown = f"{number} {amount.unit}".strip()
    has_band = tells_unusual(person, key, HOUSEHOLD)
    direction = str(change.details.get(CONF_DIRECTION) or "") if has_band else ""
    own_key = metric_entity_key(metric) if metric else key
    return {
        "name": person.name,
        "person": person.name,
        "person_id": person.person_id,
        "person_entity_id": _person_entity_id(hass, person),
        "device_id": runtime.subentries.device_id(person.person_id),
        "entity_id": own_entity_id(hass, person.person_id, Platform.SENSOR, own_key),
        CONF_METRIC: key,
        "metric_name": metric_label(hass, key, metric),
        "value": amount.value if amount else None,
        "unit": amount.unit if amount else None,
        "shown": shown,
        CONF_DIRECTION: direction or None,
        "direction_text": event_texts(hass).get(option_path(CONF_DIRECTION, direction)),
        "late": is_late,
        "is_private": not is_public,
    }


def _home_variables(hass: HomeAssistant, runtime: Runtime, change: Change) -> Variables:
    view = runtime.observer.views[change.twin_id or ""]
    home = runtime.registry.homes[view.home_id]
    variables: Variables = {
        "home": home.name,
        "home_id": home.home_id,
        "home_device_id": runtime.subentries.device_id(home.home_id),
    }
    match change.event:
        case "operational_status_changed":
            key, why = "operational_status", {"causes": why_operational(view)}
        case "occupancy_changed":
            key, why = "occupancy_status", {"reason": why_occupancy(view)}
        case _:
            device = view.device(change.details["device_id"] or "")
            return variables | {
                "name": change.details["name"],
                "device_id": change.details["device_id"],
                "entity_id": change.details.get("entity_id"),
                "area": device.area if device else None,
                "battery": device.battery if device else None,
            }
    return variables | {
        "name": home.name,
        "device_id": variables["home_device_id"],
        "entity_id": own_entity_id(hass, home.home_id, Platform.SENSOR, key),
        **why,
    }


def _details(change: Change) -> Mapping[str, Any]:
    """Return the details of an event; those of a device have its status before and after."""
    if isinstance(change.before, DeviceStatus) and isinstance(change.after, DeviceStatus):
        states = {CONF_FROM: change.before.slug, CONF_TO: change.after.slug}
        return {**change.details, **states}
    return change.details


class TwinTrigger(Trigger):
    """Fires when something happens to what the target and the options choose.

    `events`: the events by kind of twin. `options`: the schema of the options. `states`: the
    selector with the texts of the states before and after.
    """

    events: ClassVar[Mapping[str, Collection[str]]]
    options: ClassVar[VolDictType] = {}
    states: ClassVar[str | None] = None

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Validate the target and the options."""
        schema = probatio.Schema(
            {
                probatio.Optional(CONF_TARGET): dict,
                probatio.Required(CONF_OPTIONS, default={}): ABOUT | cls.options,
            }
        )
        valid: ConfigType = schema(config)
        validate_names(hass, valid[CONF_OPTIONS])
        return valid

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        super().__init__(hass, config)
        self._target = TwinTarget(hass, config.target, config.options)
        self._options = config.options or {}

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Fire until the returned function is called."""

        @callback
        def changed(runtime: Runtime, changes: tuple[Change, ...]) -> None:
            for change in changes:
                if self._is_chosen(runtime, change):
                    variables = self._variables(runtime, change)
                    description = self._description(change, variables)
                    run_action(variables, description, change.cause.context)

        topics = (Topic(kind, None, EVENTS) for kind in self.events)
        return FeedFollower(self._hass, topics, changed).async_start()

    def _is_chosen(self, runtime: Runtime, change: Change) -> bool:
        is_known = change.twin_id in runtime.registry.records(change.kind)
        if change.event not in self.events[change.kind] or not is_known:
            return False
        details = _details(change)
        if any(
            details.get(name) not in self._options[name]
            for name in DETAILS
            if self._options.get(name)
        ):
            return False
        goal = runtime.registry.goals.get(change.twin_id or "")
        people = named_twins(self._hass, runtime, self._options, CONF_PERSON)
        homes = named_twins(self._hass, runtime, self._options, CONF_HOME)
        return (
            (people is None or (goal is not None and goal.owner_person_id in people))
            and (homes is None or change.twin_id in homes)
            and self._target.resolve()(self._places(runtime, change, goal))
        )

    def _places(self, runtime: Runtime, change: Change, goal: Goal | None) -> Iterable[str | None]:
        """Yield the ids of what an event is about: of entities and devices, and of their owners."""
        yield runtime.subentries.device_id(change.twin_id or "")
        if goal is not None:
            yield runtime.subentries.device_id(goal.owner_person_id or "")
        yield change.details.get("entity_id")
        device_id = change.details.get("device_id")
        if device_id and (view := runtime.observer.views.get(change.twin_id or "")):
            plan = view.plan.devices.get(device_id)
            yield from plan.ids if plan else ()
            yield device_id

    def _variables(self, runtime: Runtime, change: Change) -> Variables:
        match runtime.registry.records(change.kind)[change.twin_id or ""]:
            case Goal() as goal:
                variables = _goal_variables(self._hass, runtime, change, goal)
            case Person() as person:
                variables = _metric_variables(self._hass, runtime, change, person)
            case _:
                variables = _home_variables(self._hass, runtime, change)
        details, texts = _details(change), event_texts(self._hass)
        for name in (CONF_FROM, CONF_TO) if self.states else ():
            variables[name] = details[name]
            variables[f"{name}_text"] = texts.get(
                option_path(self.states or "", str(details[name]))
            )
        if "milestone" in details:
            variables["milestone"] = details["milestone"]
        by = actor_name(self._hass, runtime.registry, change.cause.actor)
        return {**variables, "event": change.event, "by": by}

    def _description(self, change: Change, variables: Variables) -> str:
        """Return what happened in a sentence: of metrics their names, never their values."""
        names = {**variables, **_details(change)}
        message = event_message(event_texts(self._hass), change.event or "", names)
        return f"{variables['name']} {message}"


def _trigger(
    events: Mapping[str, Collection[str]], options: VolDictType, states: str | None = None
) -> type[Trigger]:
    """Make a trigger; see the attributes of `TwinTrigger`."""
    return type(
        "TwinTrigger", (TwinTrigger,), {"events": events, "options": options, "states": states}
    )


STATUSES: Final = (DeviceStatus.OFFLINE.slug, DeviceStatus.ONLINE.slug)
TRIGGERS: Final[Mapping[str, type[Trigger]]] = {
    "goal_pace_changed": _trigger(
        {"goal": ("pace_changed",)}, from_and_to(Pace) | OF_PERSON, "pace"
    ),
    "goal_status_changed": _trigger(
        {"goal": ("status_changed",)}, from_and_to(GoalStatus) | OF_PERSON, "goal_status"
    ),
    "goal_completed": _trigger({"goal": ("completed",)}, OF_PERSON),
    "milestone_reached": _trigger({"goal": ("milestone_reached",)}, OF_PERSON),
    "metric_recorded": _trigger({"person": ("metric_recorded",)}, OF_METRIC),
    "metric_anomaly": _trigger(
        {"person": ("metric_unusual",)},
        OF_METRIC | {probatio.Optional(CONF_DIRECTION): one_or_more(HIGH, LOW)},
    ),
    "data_stale": _trigger({"person": ("metric_stale",), "home": ("sensor_stale",)}, OF_METRIC),
    "operational_status_changed": _trigger(
        {"home": ("operational_status_changed",)},
        from_and_to(OperationalStatus),
        "operational_status",
    ),
    "occupancy_changed": _trigger(
        {"home": ("occupancy_changed",)}, from_and_to(OccupancyStatus), "occupancy_status"
    ),
    "device_status_changed": _trigger(
        {"home": STATUSES},
        {probatio.Optional(CONF_TO): one_or_more(*STATUSES)} | OF_HOME,
        "device_status",
    ),
    "battery_low": _trigger({"home": ("battery_low",)}, OF_HOME),
}


async def async_get_triggers(_hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by name."""
    return dict(TRIGGERS)
