"""The enumerations of the data model, each with both of its spellings.

The value of a member is its spelling in documents (`Very Active`); its `slug` is its spelling
as the state of an entity (`very_active`).
"""

from enum import StrEnum
from typing import Final, Self


class TwinEnum(StrEnum):
    """An enumeration that reads either spelling, in any case."""

    @property
    def slug(self) -> str:
        """The spelling of entity states."""
        return as_slug(self.value)

    @classmethod
    def slugs(cls) -> list[str]:
        """All members as entity states, in the order of the data model."""
        return [member.slug for member in cls]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a member from either spelling, without regard to case and outer space.

        Raises `ValueError` for anything else.
        """
        try:
            return cls(text)
        except ValueError:
            wanted = as_slug(text)
        for member in cls:
            if member.slug == wanted:
                return member
        msg = f"{text!r} is not a {cls.__name__}"
        raise ValueError(msg)


def as_slug(text: str) -> str:
    """Return a text as entity states are spelled: lower case, with `_` for spaces and dashes."""
    return "_".join(text.replace("_", " ").replace("-", " ").split()).lower()


class Gender(TwinEnum):
    """Biological gender."""

    MALE = "Male"
    FEMALE = "Female"
    OTHER = "Other"


class ActivityLevel(TwinEnum):
    """How much a person moves."""

    SEDENTARY = "Sedentary"
    LIGHT = "Light"
    MODERATE = "Moderate"
    ACTIVE = "Active"
    VERY_ACTIVE = "Very Active"


class OccupancyStatus(TwinEnum):
    """The occupancy of a home."""

    OCCUPIED = "Occupied"
    VACANT = "Vacant"
    AWAY = "Away"


class OperationalStatus(TwinEnum):
    """The state of the devices of a home."""

    OPTIMAL = "Optimal"
    DEGRADED = "Degraded"
    ALERT = "Alert"


class DeviceStatus(TwinEnum):
    """The availability of a device."""

    ONLINE = "online"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class GoalStatus(TwinEnum):
    """The state of a goal."""

    PLANNING = "Planning"
    ACTIVE = "Active"
    ON_HOLD = "On Hold"
    COMPLETED = "Completed"
    ARCHIVED = "Archived"


class KeyResultKind(TwinEnum):
    """The rule for the progress of a key result."""

    REACH = "reach"
    ACCUMULATE = "accumulate"
    MAINTAIN = "maintain"
    CHECKLIST = "checklist"
    BOOLEAN = "boolean"


class ItemState(TwinEnum):
    """The state of one item of a checklist."""

    TODO = "todo"
    DOING = "doing"
    DONE = "done"

    @property
    def mark(self) -> str:
        """The character in the box of an item: `[ ]`, `[/]` or `[x]`."""
        return _MARKS[self]

    @classmethod
    def of_mark(cls, mark: str) -> ItemState:
        """Return the state of a mark in any case; any other mark is to do."""
        return next((state for state in cls if state.mark == mark.lower()), cls.TODO)


_MARKS: Final = {ItemState.TODO: " ", ItemState.DOING: "/", ItemState.DONE: "x"}


class PersonContext(TwinEnum):
    """What a person is going through that makes their days other than usual."""

    USUAL = "usual"
    ILL = "ill"
    INJURED = "injured"
    TRAVELLING = "travelling"
    HOLIDAY = "holiday"
    EXAM = "exam"
    BUSY = "busy"
    NIGHT_SHIFTS = "night_shifts"


class Audience(TwinEnum):
    """Those who may be told what a person measures, besides the person and administrators."""

    HOUSEHOLD = "household"
    ASSISTANTS = "assistants"
    API = "api"
    REMOTE = "remote"


class Disclosure(TwinEnum):
    """What somebody is told of a metric."""

    EXACT = "exact"
    BAND = "band"
    TREND = "trend"
    NOTHING = "nothing"


class HomeContext(TwinEnum):
    """What goes on in a home that makes its days other than usual."""

    USUAL = "usual"
    GUESTS = "guests"
    PARTY = "party"
    AWAY = "away"
    RENOVATION = "renovation"


class ContextEffect(TwinEnum):
    """What a context pauses: of a person the first four, of a home the others."""

    PLANS = "plans"
    STALLED = "stalled"
    UNUSUAL = "unusual"
    BASELINES = "baselines"
    OCCUPANCY = "occupancy"
    DEVICES = "devices"


class MetricKind(TwinEnum):
    """The value of a metric: its latest reading, or a sum over the day."""

    LEVEL = "level"
    DAILY_TOTAL = "daily_total"


class Language(TwinEnum):
    """The languages that briefings can be asked for in."""

    ENGLISH = "en"
    POLISH = "pl"


class Length(TwinEnum):
    """How much a briefing tells of each kind."""

    SHORT = "short"
    FULL = "full"

    @property
    def most(self) -> int:
        """The most sentences of a kind."""
        return 2 if self is Length.SHORT else 8
