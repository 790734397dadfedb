"""The table form of a record: its fields, how each is read from input and written to documents."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Protocol

from ..catalogue import CATALOGUE, Metric
from ..errors import Fault
from ..values import Json, PlainJson
from .person_day import PersonDay


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
    """

    name: str
    record: type[R]
    id_field: str
    fields: Mapping[str, Field]
    derived: frozenset[str]
    check: Callable[[R, frozenset[str]], Iterable[Fault]]
    derive: Callable[[R | None, R, Context], R] = _as_it_is

    def id_of(self, record: R) -> str:
        """Return the primary key of a record of this kind."""
        twin_id: str = getattr(record, self.id_field)
        return twin_id

    @property
    def writable(self) -> list[str]:
        """Names of the fields that input may carry."""
        return [name for name, entry in self.fields.items() if not entry.read_only]
