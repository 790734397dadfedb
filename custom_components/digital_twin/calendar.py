"""The calendar of all goals: their start, milestones and target dates."""

from bisect import bisect_left
from datetime import date, datetime, timedelta
from itertools import takewhile
from operator import attrgetter
from typing import Final, override

from homeassistant.components.calendar import CalendarEntity, CalendarEvent
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .const import DOMAIN, option_path
from .engine.core.feed import ADDED, REMOVED, Topic
from .engine.runtime import DigitalTwinConfigEntry, Runtime
from .twin.goals.goal import DayKind, Goal, GoalDay, goal_days

PARALLEL_UPDATES = 0

TOPICS: Final = tuple(
    Topic("goal", None, name)
    for name in (
        ADDED,
        REMOVED,
        "description",
        "goal_code",
        "milestones",
        "name",
        "start_date",
        "status",
        "target_date",
    )
)
ONE_DAY: Final = timedelta(days=1)
# Most bytes of one text in the state: all attributes together stay within 2 KiB.
STATE_BYTES: Final = 400


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: DigitalTwinConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the calendar; it belongs to all goals and thus to no device."""
    async_add_entities([GoalsCalendar(entry.runtime_data)])


async def _async_summaries(hass: HomeAssistant) -> dict[DayKind, str]:
    """Return the summary of each kind of day, with placeholders, in Home Assistant's language."""
    texts = await async_get_translations(hass, hass.config.language, "selector", {DOMAIN})
    return {kind: texts.get(option_path("goal_day", kind.slug), "{goal}") for kind in DayKind}


class GoalsCalendar(CalendarEntity):
    """All-day events for the dates of all goals that are not archived."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_translation_key = "goals"
    # There is one entry only.
    _attr_unique_id = "goals"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._summaries: dict[DayKind, str] = {}
        self._known: dict[str, tuple[Goal, tuple[GoalDay, ...]]] = {}
        self._days: list[GoalDay] = []
        self._due = False

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the goals, and the language of Home Assistant."""
        self._summaries = await _async_summaries(self.hass)
        self._days = self._read()
        self.async_on_remove(self._runtime.feed.subscribe(TOPICS, self._async_goals_changed))
        self.async_on_remove(
            self.hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._async_config_updated)
        )

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """The present or next event, its texts shortened for the state."""
        days = self._days_from(dt_util.now().date())
        if not days:
            return None
        event = self._event(days[0])
        event.summary = _brief(event.summary)
        event.description = _brief(event.description) if event.description else None
        return event

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return the events that overlap the time from start to end (both aware).

        A day begins and ends at midnight in the time zone of Home Assistant.
        """
        self._async_update_days()
        end = dt_util.as_local(end_date)
        days = self._days_from(dt_util.as_local(start_date).date())
        return [self._event(day) for day in takewhile(lambda day: _begins(day) < end, days)]

    async def _async_config_updated(self, _event: Event) -> None:
        """Write the state in the language and for the time zone that were chosen."""
        self._summaries = await _async_summaries(self.hass)
        self.async_write_ha_state()

    @callback
    def _async_goals_changed(self, _changes: object = ()) -> None:
        """Update the state once the event loop is free: a thousand goals may change together."""
        if not self._due:
            self._due = True
            self.hass.loop.call_soon(self._async_update_days)

    @callback
    def _async_update_days(self) -> None:
        if not self._due:
            return
        self._due = False
        before, self._days = self._days, self._read()
        if self._days != before:
            self.async_write_ha_state()

    def _read(self) -> list[GoalDay]:
        """Return the days of all goals in order; those of unchanged goals are reused."""
        goals = self._runtime.registry.goals
        self._known = {key: self._with_days(key, goal) for key, goal in goals.items()}
        return sorted(day for _, days in self._known.values() for day in days)

    def _days_from(self, first: date) -> list[GoalDay]:
        return self._days[bisect_left(self._days, first, key=attrgetter("day")) :]

    def _with_days(self, key: str, goal: Goal) -> tuple[Goal, tuple[GoalDay, ...]]:
        known = self._known.get(key)
        return known if known and known[0] is goal else (goal, tuple(goal_days(goal)))

    def _event(self, day: GoalDay) -> CalendarEvent:
        goal = f"{day.goal_code} {day.name}"
        summary = self._summaries[day.kind]
        return CalendarEvent(
            start=day.day,
            end=day.day + ONE_DAY,
            summary=summary.replace("{goal}", goal).replace("{milestone}", day.milestone),
            description=day.description or None,
            uid=day.uid,
        )


def _brief(text: str) -> str:
    if len(text.encode()) <= STATE_BYTES:
        return text
    return f"{text.encode()[: STATE_BYTES - 3].decode(errors='ignore')}…"


def _begins(day: GoalDay) -> datetime:
    return dt_util.start_of_local_day(day.day)
