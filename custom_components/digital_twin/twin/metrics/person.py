"""The Person twin: the record of one member of the household, and what follows from it alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType

from ..enums import ActivityLevel, Gender, PersonContext
from ..errors import Fault, fault, refuse
from ..records.contexts import (
    ContextPeriod,
    Moment,
    context_faults,
    context_fields,
    derived_context,
    with_context,
)
from ..records.fields import (
    LAST_HOUR,
    Context,
    FaultCollector,
    Field,
    Kind,
    RenderEach,
    table,
)
from ..records.limits import limited
from ..records.naming import position_of
from ..records.parsers import (
    as_text,
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
from ..values import NO_JSON, Json, PlainJson, iso, merge_patch, thaw_object
from .consent import NO_CONSENT, Consent, consent_document, merge_consent, parse_consent
from .readings import (
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
from .recording import QuickEntry, parse_quick_entries, quick_entry_document

NO_READINGS: Mapping[str, Reading] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SuggestedEntry:
    """What a quick entry may be like: amounts by metric in canonical units."""

    metrics: Mapping[str, float]
    icon: str | None = None


# With the caffeine of EFSA Journal 2015;13(5):4102, rounded.
SUGGESTIONS: Mapping[str, SuggestedEntry] = MappingProxyType(
    {
        "glass_of_water": SuggestedEntry({"hydration": 250}),
        "bottle_of_water": SuggestedEntry({"hydration": 500}, "mdi:bottle-soda-outline"),
        "coffee": SuggestedEntry({"caffeine": 100, "hydration": 250}),
        "espresso": SuggestedEntry({"caffeine": 80, "hydration": 60}),
        "tea": SuggestedEntry({"caffeine": 50, "hydration": 250}, "mdi:tea"),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A person, as S04 describes them, with the link to Home Assistant's `person` entity.

    `person_entity` is the registry id of that entity, or its entity id where it has no entry.
    `current_location_id` is stored only for people whom no tracker follows. `day_start` is the
    local hour at which the person's day begins, `metric_sources` the entities that metrics are
    read from, and `health_entities` whether health values may become entities and statistics,
    which everybody in the household can see. `consent` is what else is told of each metric, and
    whom; ask `consent.py`, which knows both. `quick_entries` are amounts that are often recorded.
    `context` and its times are those of `records/contexts.py`.
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
    consent: Consent = NO_CONSENT
    quick_entries: tuple[QuickEntry, ...] = ()
    context: PersonContext = PersonContext.USUAL
    context_since: Moment | None = None
    context_until: Moment | None = None
    past_contexts: tuple[ContextPeriod, ...] = ()
    revision: int
    last_updated: datetime


@limited(READINGS)
def _readings(value: object, context: Context) -> Mapping[str, Reading]:
    return MappingProxyType(
        parse_readings(value, now=context.now, stored=context.stored, catalogue=context.catalogue)
    )


def find_quick_entry(person: Person, wanted: object) -> QuickEntry:
    """Return the quick entry of a person with a key, or else a name in any case.

    Raises `TwinError` at `entry`: `required_field`, `wrong_type`, `no_quick_entries`,
    `unknown_item`.
    """
    entries, collector = person.quick_entries, FaultCollector()
    name = collector.take("entry", lambda: as_text(wanted or "").strip(), "")
    collector.raise_faults()
    if not name:
        raise refuse("required_field", "entry")
    if not entries:
        raise refuse("no_quick_entries", "entry", person=person.name)
    position = position_of(name, [(entry.key, entry.name) for entry in entries])
    if position is None:
        names = [entry.name for entry in entries]
        raise refuse("unknown_item", "entry", value=name, allowed=names)
    return entries[position]


def quick_entries_without(person: Person, metric: str) -> dict[str, PlainJson]:
    """Return the merge patch that removes a metric from quick entries, {} if none has it.

    An entry with no other metric is removed, too.
    """
    if not any(metric in entry.metrics for entry in person.quick_entries):
        return {}
    entries = (
        replace(entry, metrics={key: one for key, one in entry.metrics.items() if key != metric})
        for entry in person.quick_entries
    )
    return {"quick_entries": [quick_entry_document(entry) for entry in entries if entry.metrics]}


def _check(person: Person, written: frozenset[str]) -> Iterable[Fault]:
    if "current_location_id" in written and person.person_entity is not None:
        yield fault("read_only_field", "current_location_id")
    yield from context_faults(person, written)


def _derive(before: Person | None, after: Person, context: Context) -> Person:
    return derived_context(before, after, context.days_of(after.person_id), context.now)


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
        Field(
            "consent",
            parse_consent,
            render=consent_document,
            default=NO_CONSENT,
            merge=merge_consent,
        ),
        Field(
            "quick_entries",
            parse_quick_entries,
            render=RenderEach(quick_entry_document),
            default=(),
            private=True,
        ),
        *context_fields(PersonContext, private=True),
        *kept(),
    ),
    derived=frozenset(
        {
            "goals_progress",
            "metrics",
            "readiness",
            "paused",
            "age",
            "bmi",
            "bmr",
            "daily_energy_need",
        }
    ),
    check=_check,
    derive=_derive,
    complete=with_context,
)


# Physical activity levels that are commonly multiplied with the basal metabolic rate.
ACTIVITY_FACTORS: Mapping[ActivityLevel, float] = MappingProxyType(
    {
        ActivityLevel.SEDENTARY: 1.2,
        ActivityLevel.LIGHT: 1.375,
        ActivityLevel.MODERATE: 1.55,
        ActivityLevel.ACTIVE: 1.725,
        ActivityLevel.VERY_ACTIVE: 1.9,
    }
)
# Mifflin-St Jeor has constants for male and female only.
GENDER_TERMS: Mapping[Gender, float] = MappingProxyType({Gender.MALE: 5, Gender.FEMALE: -161})
ADULT_FROM = 18
# The oldest people whom Mifflin and St Jeor measured.
MIFFLIN_UP_TO = 78
# Schofield: by the age below which it is meant, kcal a day for each kg, and kcal a day.
SCHOFIELD: Mapping[Gender, tuple[tuple[int, float, float], ...]] = MappingProxyType(
    {
        Gender.MALE: ((3, 59.512, -30.4), (10, 22.706, 504.3), (18, 17.686, 658.2)),
        Gender.FEMALE: ((3, 58.317, -31.1), (10, 20.315, 485.9), (18, 13.384, 692.6)),
    }
)
# FAO/WHO/UNU: energy expenditure of children: kcal a day, for each kg, and for its square.
CHILD_EXPENDITURE: Mapping[Gender, tuple[float, float, float]] = MappingProxyType(
    {Gender.MALE: (310.2, 63.3, -0.263), Gender.FEMALE: (263.4, 65.3, -0.454)}
)
# Growth takes about a hundredth more.
GROWTH = 1.01
# From this age on, the need of children is known by activity: 15 % less or more than moderate.
ACTIVE_FROM = 6
CHILD_FACTORS: Mapping[ActivityLevel, float] = MappingProxyType(
    {
        ActivityLevel.SEDENTARY: 0.85,
        ActivityLevel.LIGHT: 0.85,
        ActivityLevel.MODERATE: 1.0,
        ActivityLevel.ACTIVE: 1.15,
        ActivityLevel.VERY_ACTIVE: 1.15,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Derived:
    """Age in years, body mass index in kg/m², and two rates in kcal a day."""

    age: int | None
    bmi: float | None
    bmr: float | None
    daily_energy_need: float | None


def derived(person: Person, today: date) -> Derived:
    """Return the derived values of a person on one of their days."""
    age = None if person.date_of_birth is None else years_between(person.date_of_birth, today)
    weight = _latest(person, "weight")
    height = _latest(person, "height")
    bmr = basal_metabolic_rate(weight, height, age, person.gender)
    is_child = age is not None and age < ADULT_FROM
    return Derived(
        age=age,
        bmi=None if is_child else body_mass_index(weight, height),
        bmr=bmr,
        daily_energy_need=(
            child_energy_need(weight, age, person.gender, person.activity_level)
            if is_child
            else adult_energy_need(bmr, person.activity_level)
        ),
    )


def years_between(birth: date, today: date) -> int:
    """Return the age in whole years; a birthday on 29 February is on 1 March in other years."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def body_mass_index(weight: float | None, height: float | None) -> float | None:
    """Return weight (kg) by the square of height (cm) in kg/m², as the WHO defines it for adults.

    A child's is judged by percentiles of age, so the number alone would say something wrong.
    """
    if weight is None or height is None:
        return None
    return round(weight / (height / 100) ** 2, 1)


def basal_metabolic_rate(
    weight: float | None, height: float | None, age: int | None, gender: Gender | None
) -> float | None:
    """Return the energy a body needs at rest in kcal a day, from kg, cm and years.

    From 18 to 78 years by Mifflin and St Jeor (Am J Clin Nutr 51:241, 1990); below 18 by weight
    after Schofield (Hum Nutr Clin Nutr 39C:5, 1985), as the WHO recommends. None for older people,
    of whom neither was made, and without the inputs.
    """
    if weight is None or age is None or gender is None or age > MIFFLIN_UP_TO:
        return None
    if age < ADULT_FROM:
        parts = next((each for each in SCHOFIELD.get(gender, ()) if age < each[0]), None)
        return None if parts is None else round(parts[1] * weight + parts[2])
    term = GENDER_TERMS.get(gender)
    if height is None or term is None:
        return None
    return round(10 * weight + 6.25 * height - 5 * age + term)


def adult_energy_need(bmr: float | None, activity: ActivityLevel | None) -> float | None:
    """Return the energy that an adult needs in kcal a day, from the rate at rest."""
    if bmr is None or activity is None:
        return None
    return round(bmr * ACTIVITY_FACTORS[activity])


def child_energy_need(
    weight: float | None, age: int | None, gender: Gender | None, activity: ActivityLevel | None
) -> float | None:
    """Return the energy that a child of 1 to 17 years needs in kcal a day, growth included.

    FAO/WHO/UNU, Human energy requirements (Rome, 2004), chapter 4. None for infants, whose need
    depends on how they are fed, and without the inputs; below 6 years activity counts for nothing.
    """
    parts = None if gender is None else CHILD_EXPENDITURE.get(gender)
    if weight is None or age is None or age < 1 or parts is None or activity is None:
        return None
    factor = CHILD_FACTORS[activity] if age >= ACTIVE_FROM else 1.0
    return round((parts[0] + parts[1] * weight + parts[2] * weight**2) * GROWTH * factor)


def _latest(person: Person, metric: str) -> float | None:
    reading = person.health_metrics.get(metric)
    return reading.value if reading else None
