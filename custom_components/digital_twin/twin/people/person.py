"""The Person twin: the record of one member of the household."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from ..enums import ActivityLevel, Gender
from ..errors import Fault, fault
from ..metrics.readings import (
    NO_SOURCES,
    READINGS,
    MetricSources,
    Reading,
    parse_metric_sources,
    parse_readings,
    readings_document,
    replace_members,
    sources_document,
)
from ..records.fields import Context, Field, Kind, table
from ..records.limits import limited
from ..records.parsers import (
    email,
    json_object,
    kept,
    option,
    past_day,
    text,
    timezone,
    truth,
    twin_id,
    whole_number,
)
from ..records.person_day import LAST_HOUR
from ..values import NO_JSON, Json, iso, merge_patch, thaw_object

NO_READINGS: Mapping[str, Reading] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A person, as S04 describes them, with the link to Home Assistant's `person` entity.

    `person_entity` is the registry id of that entity, or its entity id where it has no entry.
    `current_location_id` is stored only for people whom no tracker follows. `day_start` is the
    local hour at which the person's day begins, `metric_sources` the entities that metrics are
    read from, and `health_entities` whether health values may become entities and statistics,
    which everybody in the household can see.
    """

    person_id: str
    name: str
    date_of_birth: date | None
    gender: Gender | None
    contact_email: str | None
    timezone: str
    person_entity: str | None
    current_location_id: str | None
    health_metrics: Mapping[str, Reading]
    preferences: Mapping[str, Json]
    activity_level: ActivityLevel | None
    day_start: int
    metric_sources: MetricSources
    health_entities: bool
    revision: int
    last_updated: datetime


@limited(READINGS)
def _readings(value: object, context: Context) -> Mapping[str, Reading]:
    return MappingProxyType(
        parse_readings(value, now=context.now, stored=context.stored, catalogue=context.catalogue)
    )


def _check(person: Person, written: frozenset[str]) -> Iterable[Fault]:
    if "current_location_id" in written and person.person_entity is not None:
        yield fault("read_only_field", "current_location_id")


PERSON = Kind(
    name="person",
    record=Person,
    id_field="person_id",
    fields=table(
        Field("person_id", twin_id, required=True, read_only=True),
        Field("name", text(255), required=True),
        Field("date_of_birth", past_day, render=iso, private=True),
        Field("gender", option(Gender)),
        Field("contact_email", email, private=True),
        Field("timezone", timezone, default=lambda context: context.timezone),
        Field("person_entity", text(255)),
        Field("current_location_id", twin_id),
        Field(
            "health_metrics",
            _readings,
            render=readings_document,
            default=NO_READINGS,
            merge=replace_members,
            private=True,
        ),
        Field(
            "preferences",
            json_object(16 * 1024, 8),
            render=thaw_object,
            default=NO_JSON,
            merge=merge_patch,
        ),
        Field("activity_level", option(ActivityLevel)),
        Field("day_start", whole_number(0, LAST_HOUR), default=0),
        Field(
            "metric_sources",
            parse_metric_sources,
            render=sources_document,
            default=NO_SOURCES,
            merge=replace_members,
        ),
        # Never null: its default would make a private person public.
        Field("health_entities", truth, default=True, required=True),
        *kept(),
    ),
    derived=frozenset(
        {"goals_progress", "metrics", "readiness", "age", "bmi", "bmr", "daily_energy_need"}
    ),
    check=_check,
)
