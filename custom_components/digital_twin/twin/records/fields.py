"""The table form of a record: its fields, how each is read from input and written to documents.

With the readers of several values of one input, and the days of a person.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from ..catalogue import CATALOGUE, Metric
from ..errors import Fault, TwinError, fault, refuse
from ..values import Json, PlainJson

LAST_HOUR = 23
ONE_DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class PersonDay:
    """The days of a person in the time zone `zone`, beginning at the hour `starts_at`.

    The hour (0 to 23) is local wall time. The date of a day is that of its beginning: with a day
    that begins at 04:00, 02:00 belongs to the date before. Sleep is measured at its end, so it
    belongs to the day of waking.
    """

    zone: tzinfo
    starts_at: int = 0

    def day_of(self, moment: datetime) -> date:
        """Return the day to which an aware moment belongs."""
        local = moment.astimezone(self.zone)
        return local.date() - ONE_DAY if local.hour < self.starts_at else local.date()

    def start_of(self, day: date) -> datetime:
        """Return the moment (UTC) at which a day begins.

        If DST skips the hour, the day begins at the change; if it repeats it, at the first
        occurrence.
        """
        wall = datetime.combine(day, time(self.starts_at), self.zone)
        # A skipped wall time is read with the offset before the change (PEP 495), which makes it
        # a later one.
        start = wall.astimezone(UTC)
        skipped = start.astimezone(self.zone).replace(tzinfo=None) - wall.replace(tzinfo=None)
        return self._change_between(start - skipped, start) if skipped else start

    def end_of(self, day: date) -> datetime:
        """Return the moment (UTC) at which the next day begins."""
        return self.start_of(day + ONE_DAY)

    def middle_of(self, day: date) -> datetime:
        """Return the full hour (UTC) in the middle of a day.

        In every time zone but those more than eleven hours away it has the same date.
        """
        middle = self.start_of(day) + timedelta(hours=12)
        return middle.replace(minute=0, second=0, microsecond=0)

    def _change_between(self, before: datetime, after: datetime) -> datetime:
        """Return the time (UTC) of the change of the offset between two times."""
        new = after.astimezone(self.zone).utcoffset()
        while after - before > SECOND:
            middle = before + (after - before) / 2
            if middle.astimezone(self.zone).utcoffset() == new:
                after = middle
            else:
                before = middle
        # Clocks change with a full second, and there is one between the two.
        return after.replace(microsecond=0)


def _utc_days(_person_id: str | None) -> PersonDay:
    return PersonDay(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """The surroundings in which values are validated.

    `now`: the present time (aware).
    `today`: the present day at the household.
    `timezone`, `timezones`: the IANA name of the household's zone, and all known names.
    `days_of`: the days of a person by id, those of the household for None and unknown ids.
    `stored`: records are read from the disk. They were validated when they were written, and must
    be valid even if the clock was set back.
    """

    now: datetime
    today: date
    timezone: str = "UTC"
    timezones: frozenset[str] = frozenset({"UTC"})
    days_of: Callable[[str | None], PersonDay] = _utc_days
    catalogue: Mapping[str, Metric] = CATALOGUE
    stored: bool = False


class Parser[T](Protocol):
    """Reads the value of a field; raises `TwinError` with a path relative to the field."""

    def __call__(self, value: object, context: Context, /) -> T:
        """Return the value for the record."""


class Record(Protocol):
    """The fields that every twin has."""

    @property
    def name(self) -> str:
        """The name of the twin."""

    @property
    def revision(self) -> int:
        """Raised by one by each effective change."""

    @property
    def last_updated(self) -> datetime:
        """When it last changed (UTC)."""


def _same(value: object) -> PlainJson:
    return value  # type: ignore[return-value]  # scalar parsers return JSON values


def _as_it_is[R](_before: R | None, after: R, _context: Context) -> R:
    return after


def _as_given(_record: object, patch: Mapping[str, object]) -> Mapping[str, object]:
    return patch


@dataclass(frozen=True, slots=True)
class RenderEach:
    """Renders a sequence as a list; `element` renders one element, so that others can stay."""

    element: Callable[[Any], PlainJson]

    def __call__(self, values: Iterable[object]) -> list[PlainJson]:
        """Return the rendered elements."""
        return [self.element(value) for value in values]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record.

    `default`: the value of a new record without input, or a function that returns it.
    `required`: neither absent on creation (unless there is a default) nor ever null.
    `private`: faults never carry the refused value, since Home Assistant logs refused calls.
    `read_only`: refused in input.
    `merge`: applies a patch of an object to its present document; without it a patch replaces.
    """

    name: str
    parse: Parser[object]
    _: KW_ONLY
    render: Callable[..., PlainJson] = _same
    default: object | Callable[[Context], object] = None
    required: bool = False
    read_only: bool = False
    private: bool = False
    merge: Callable[[Mapping[str, Json], Mapping[str, Json]], Mapping[str, Json]] | None = None

    def default_in(self, context: Context) -> object:
        """Return the default."""
        return self.default(context) if callable(self.default) else self.default


def table(*entries: Field) -> Mapping[str, Field]:
    """Return the fields by name, in the given order."""
    return MappingProxyType({entry.name: entry for entry in entries})


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind[R: Record]:
    """One of the three kinds of twins.

    `derived`: names of parts of documents that are never input.
    `check`: finds faults between the fields of a record, given the names of the written fields.
    `derive`: fills the fields of a new revision that follow from the change, given the one before.
    `complete`: adds to a merge patch what it also means for the fields that it does not name.
    """

    name: str
    record: type[R]
    id_field: str
    fields: Mapping[str, Field]
    derived: frozenset[str]
    check: Callable[[R, frozenset[str]], Iterable[Fault]]
    derive: Callable[[R | None, R, Context], R] = _as_it_is
    complete: Callable[[R, Mapping[str, object]], Mapping[str, object]] = _as_given

    def id_of(self, record: R) -> str:
        """Return the primary key of a record of this kind."""
        twin_id: str = getattr(record, self.id_field)
        return twin_id

    @property
    def writable(self) -> list[str]:
        """Names of the fields that input may carry."""
        return [name for name, entry in self.fields.items() if not entry.read_only]


class FaultCollector:
    """Collects the faults of the parts of an input; `raise_faults` raises all of them."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def take[T](self, path: str, read: Callable[[], T], instead: T) -> T:
        """Return the result of `read`; keep the faults that it raises as those of `path`.

        `instead` is a placeholder: `raise_faults` raises before it can be used. An empty path is
        that of the input itself.
        """
        try:
            return read()
        except TwinError as error:
            self._faults += (error.within(path) if path else error).faults
            return instead

    def add(self, found: Fault) -> None:
        """Add a fault."""
        self._faults.append(found)

    def raise_faults(self) -> None:
        """Raise `TwinError` with every fault, if there is any."""
        if self._faults:
            raise TwinError(*self._faults)


class ObjectReader(FaultCollector):
    """Reads the parts of a JSON object; null means absent. Raises `wrong_type` for other values."""

    def __init__(self, raw: object, context: Context) -> None:
        super().__init__()
        if not isinstance(raw, Mapping):
            raise refuse("wrong_type", "", value=raw, expected="object")
        self._parts: Mapping[object, object] = raw
        self._context = context

    def only(self, allowed: Iterable[str]) -> None:
        """Add a fault for each part that is not allowed."""
        known = tuple(allowed)
        for name in self._parts:
            if name not in known:
                self.add(fault("unknown_field", str(name), allowed=known))

    def has(self, name: str) -> bool:
        """Return whether a part is present."""
        return self._parts.get(name) is not None

    def rest[T](self, known: Iterable[str], parse: Callable[[object, Context], T], none: T) -> T:
        """Return an object of the parts that are not known, parsed as one, or `none` of them."""
        names = frozenset(known)
        others = {name: part for name, part in self._parts.items() if name not in names}
        return self.take("", partial(parse, others, self._context), none) if others else none

    def optional[T](self, name: str, parse: Callable[[object, Context], T], absent: T) -> T:
        """Return the parsed part, or `absent`."""
        value = self._parts.get(name)
        return absent if value is None else self._parsed(name, value, parse, absent)

    def required[T](self, name: str, parse: Callable[[object, Context], T], instead: T) -> T:
        """Return the parsed part; add a fault if it is absent."""
        value = self._parts.get(name)
        if value is None:
            self.add(fault("required_field", name))
            return instead
        return self._parsed(name, value, parse, instead)

    def _parsed[T](
        self, name: str, value: object, parse: Callable[[object, Context], T], instead: T
    ) -> T:
        return self.take(name, partial(parse, value, self._context), instead)
