"""The one calendar of all goals: when each begins, its milestones, and when it is due."""

from bisect import bisect_left
from datetime import date, datetime, timedelta
from itertools import takewhile
from operator import attrgetter
from typing import Final, override

from homeassistant.components.calendar import CalendarEntity, CalendarEvent
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .engine.core.feed import ADDED, REMOVED, Topic
from .engine.runtime import DigitalTwinConfigEntry, Runtime
from .twin.goals.agenda import DayKind, GoalDay, goal_days
from .twin.goals.goal import Goal

PARALLEL_UPDATES = 0

SLICES: Final = tuple(
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
TEXTS: Final = f"component.{DOMAIN}.selector.goal_day.options."
ONE_DAY: Final = timedelta(days=1)
# A text in the state takes at most this many bytes, so that all attributes stay within 2 KiB.
STATE_BYTES: Final = 400


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DigitalTwinConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the calendar, which belongs to no single twin and so to no device."""
    texts = await async_get_translations(hass, hass.config.language, "selector", {DOMAIN})
    summaries = {kind: texts.get(f"{TEXTS}{kind.slug}", "{goal}") for kind in DayKind}
    async_add_entities([GoalsCalendar(entry.runtime_data, summaries)])


class GoalsCalendar(CalendarEntity):
    """The days of all goals that are not archived, each of them a whole day."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_translation_key = "goals"
    # There is one entry only.
    _attr_unique_id = "goals"

    def __init__(self, runtime: Runtime, summaries: dict[DayKind, str]) -> None:
        """Keep what is shown, and how it is said."""
        self._runtime = runtime
        self._summaries = summaries
        self._known: dict[str, tuple[Goal, tuple[GoalDay, ...]]] = {}
        self._days: list[GoalDay] = []
        self._due = False

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the goals."""
        self._days = self._read()
        self.async_on_remove(self._runtime.feed.subscribe(SLICES, self._async_goals_changed))

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """The first day that is not over, with texts that are short enough for a state."""
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
        """Return the days that the time from start to end touches, in the household's zone."""
        self._async_show()
        end = dt_util.as_local(end_date)
        days = self._days_from(dt_util.as_local(start_date).date())
        return [self._event(day) for day in takewhile(lambda day: _begins(day) < end, days)]

    @callback
    def _async_goals_changed(self) -> None:
        """Show the change once the event loop is free: a thousand goals may come together."""
        if not self._due:
            self._due = True
            self.hass.loop.call_soon(self._async_show)

    @callback
    def _async_show(self) -> None:
        if not self._due:
            return
        self._due = False
        before, self._days = self._days, self._read()
        if self._days != before:
            self.async_write_ha_state()

    def _read(self) -> list[GoalDay]:
        """Return all days, the first one first; only goals that changed are asked again."""
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
        said = self._summaries[day.kind]
        return CalendarEvent(
            start=day.day,
            end=day.day + ONE_DAY,
            summary=said.replace("{goal}", goal).replace("{milestone}", day.milestone),
            description=day.description or None,
            uid=day.uid,
        )


def _brief(text: str) -> str:
    if len(text.encode()) <= STATE_BYTES:
        return text
    return f"{text.encode()[: STATE_BYTES - 3].decode(errors='ignore')}…"


def _begins(day: GoalDay) -> datetime:
    return dt_util.start_of_local_day(day.day)
