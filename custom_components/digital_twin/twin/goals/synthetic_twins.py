"""Synthetic documents of twins: invented, in the shape of the real ones.

What is not known to be harmless is replaced: each part of a document has a rule, and everything
else counts as something that a person wrote.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from ..catalogue import CATALOGUE
from ..enums import (
    ActivityLevel,
    Disclosure,
    Gender,
    GoalStatus,
    HomeContext,
    ItemState,
    KeyResultKind,
    MetricKind,
    PersonContext,
)
from ..home.home import HOME
from ..metrics.consent import ALL
from ..metrics.person import PERSON
from ..metrics.synthetic_health import ICON, SyntheticHealth, Values
from ..records.fields import Kind
from ..values import PlainJson
from .goal import GOAL
from .key_results import COMPARISON, PARTS, SIDES
from .synthetic_numbers import NUMBERS, invented_numbers

type Rule = Callable[["SyntheticTwins", Any], PlainJson]

KINDS: Final = (PERSON, HOME, GOAL)
# What is written as it is: members of enumerations in documents, and units.
OPTIONS: Final = frozenset(
    option
    for enum in (
        ActivityLevel,
        Disclosure,
        Gender,
        GoalStatus,
        HomeContext,
        ItemState,
        KeyResultKind,
        MetricKind,
        PersonContext,
    )
    for option in enum
)
# Names of fields and parts, in the paths of changes.
NAMES: Final = frozenset({*PARTS, COMPARISON}).union(*(kind.fields for kind in KINDS)) | {
    *("state", "due", "done", "date", "progress", "since", "until", "entity", "attribute", "icon"),
    *("metric", "entity_id", "value", "source"),
}
WHOLE: Final = 100
# Parts of a change that say nothing of what people wrote.
CHANGE_PARTS: Final = ("kind", "what", "count", "exactness", "actor", "origin")


class SyntheticTwins:
    """Makes synthetic documents of the twins of one household; what was equal stays equal.

    `today` is the day at the household. What is made before `invention.settle` has the real times.
    """

    def __init__(self, health: SyntheticHealth, today: date) -> None:
        self.health = health
        self.invention = health.invention
        self.today = today
        # Whose readings are replaced.
        self.person_id = ""

    def document(self, kind: Kind[Any], document: Values) -> dict[str, PlainJson]:
        """Return the synthetic record of a twin, without parts of newer versions."""
        self.person_id = str(document.get(PERSON.id_field))
        return {name: self.part(name, document[name]) for name in kind.fields if name in document}

    def folder(self, remembered: Values) -> dict[str, PlainJson]:
        """Return the file that a goal came from, and what it says of the goal."""
        return {
            "source": self.invention.link(remembered["source"]),
            "doc_id": self.part("name", remembered["doc_id"]),
            "said": {
                name if name in RULES else self.text(name): self.part(name, part)
                for name, part in remembered["said"].items()
            },
        }

    def memory(self, memory: Values) -> dict[str, PlainJson]:
        """Return what a home remembers over a restart."""
        invention, energy = self.invention, memory["energy"]
        occupancy = memory["occupancy"]
        return {
            **{
                name: {
                    invention.entity(of): self.part("since", at) for of, at in memory[name].items()
                }
                for name in ("silent", "opened", "noticed", "paused")
            },
            "gone": {
                invention.twin_id(of): self.part("since", at) for of, at in memory["gone"].items()
            },
            "occupancy": occupancy and [str(occupancy[0]), self.part("since", occupancy[1])],
            "batteries": {
                invention.entity(of): [[day, invention.number(level)] for day, level in samples]
                for of, samples in memory["batteries"].items()
            },
            "energy": {
                **{name: invention.free(energy[name]) for name in ("total", "offset")},
                "readings": [
                    [invention.entity(meter), sign, invention.number(reading)]
                    for meter, sign, reading in energy["readings"]
                ],
            },
        }

    def part(self, name: str, value: object) -> PlainJson:
        """Return a part of a document by its name."""
        if value is None:
            return None
        if (rule := RULES.get(name)) is not None:
            return rule(self, value)
        return self.invention.free(value)

    def change(self, change: Values) -> dict[str, PlainJson]:
        """Return a change as `get_changes` tells it, without names and sentences."""
        field, path = change["field"], [str(each) for each in change["path"]]
        last = path[-1] if path else str(field)

        def value(of: object) -> PlainJson:
            return self.invention.free(of) if field in FREE else self._changed(last, of)

        return {
            **{each: change[each] for each in CHANGE_PARTS},
            "twin_id": self.invention.twin_id(change["twin_id"]),
            "field": field and self.name(str(field)),
            "path": [self.name(each) for each in path],
            "before": value(change["before"]),
            "after": value(change["after"]),
            "unit": self.part("unit", change["unit"]),
            **{each: self.part("last_updated", change[each]) for each in ("at", "first_at")},
        }

    def _changed(self, name: str, value: object) -> PlainJson:
        """Return a value that a field or part had; an element of a list by its parts."""
        if isinstance(value, Mapping) and name not in RULES:
            return {
                key if key in NAMES else self.text(key): self._changed(str(key), part)
                for key, part in value.items()
            }
        try:
            return self.part(name, value)
        except AttributeError, KeyError, TypeError, ValueError:
            # A part of another kind has the same name.
            return self.invention.free(value)

    def name(self, name: str) -> str:
        """Return a name of a path: of a field or metric as it is, else a key that people chose."""
        return name if name in NAMES or name in CATALOGUE or _is_day(name) else self.text(name)

    def text(self, value: object) -> str:
        """Return another text."""
        return self.invention.text(str(value))


# Rules of parts


def _kept(_twins: SyntheticTwins, value: object) -> PlainJson:
    """Keep what is no text of anybody."""
    return value if isinstance(value, bool | int) else None


def _option(twins: SyntheticTwins, value: object) -> PlainJson:
    return str(value) if value in OPTIONS else twins.text(value)


def _consent(twins: SyntheticTwins, value: Values) -> PlainJson:
    return {
        key if key == ALL else twins.health.metric(key): {
            str(audience): twins.part("status", level) for audience, level in levels.items()
        }
        for key, levels in value.items()
    }


def _unit(twins: SyntheticTwins, value: object) -> PlainJson:
    return twins.health.unit(str(value))


def _readings(twins: SyntheticTwins, value: Values) -> PlainJson:
    return twins.health.readings(twins.person_id, value, partial(_moment, twins))


def _metric_sources(twins: SyntheticTwins, value: Values) -> PlainJson:
    return twins.health.sources(value)


def _quick_entries(twins: SyntheticTwins, value: Iterable[Values]) -> PlainJson:
    return [twins.health.quick_entry(each) for each in value]


def _text(twins: SyntheticTwins, value: object) -> PlainJson:
    return twins.text(value) if isinstance(value, str) else twins.invention.free(value)


def _free(twins: SyntheticTwins, value: object) -> PlainJson:
    return twins.invention.free(value)


def _identity(twins: SyntheticTwins, value: Any) -> PlainJson:  # noqa: ANN401  # an id, or several
    if isinstance(value, str):
        return twins.invention.twin_id(value)
    return [twins.invention.twin_id(each) for each in value]


def _day(twins: SyntheticTwins, value: object) -> PlainJson:
    return str(value) if _is_day(str(value)) else twins.text(value)


def _moment(twins: SyntheticTwins, value: object) -> PlainJson:
    """Replace a time, keep a day."""
    if _is_day(str(value)):
        return str(value)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return twins.text(value)
    return twins.invention.moment(moment).isoformat()


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _birth(twins: SyntheticTwins, value: object) -> PlainJson:
    born = date.fromisoformat(str(value))
    return twins.invention.birth(born, twins.today).isoformat()


def _entity(twins: SyntheticTwins, value: object) -> PlainJson:
    return twins.invention.entity(str(value))


def _each(twins: SyntheticTwins, value: Iterable[Values]) -> PlainJson:
    return [{name: twins.part(name, part) for name, part in each.items()} for each in value]


def _point(twins: SyntheticTwins, value: Values) -> PlainJson:
    """Return a place in the same quarter of the world, so that longitude and latitude differ."""
    bounds = (180.0, 90.0, 9000.0)
    chance = twins.invention.chance("place", value["coordinates"])
    return {
        "type": "Point",
        "coordinates": [
            round(chance.uniform(1, bound), 4) * (-1 if each < 0 else 1)
            for each, bound in zip(value["coordinates"], bounds, strict=False)
        ],
    }


def _scope(twins: SyntheticTwins, value: Values) -> PlainJson:
    return {
        name: [twins.invention.entity(str(each)) for each in part] for name, part in value.items()
    }


def _percent(_twins: SyntheticTwins, value: float) -> PlainJson:
    if value <= 0 or value >= WHOLE:
        return value
    return float(min(WHOLE - 1, max(1, round(value))))


def _percents(twins: SyntheticTwins, value: Mapping[str, float]) -> PlainJson:
    """Round percents; different ones stay different, in their order."""
    found: dict[float, float] = {}
    last = 0.0
    for percent in sorted({*value.values()}):
        whole = float(_percent(twins, percent))  # type: ignore[arg-type]  # a number
        last = found[percent] = whole if whole > last or not found else round(last + 0.01, 2)
    return {day: found[percent] for day, percent in value.items()}


def _key_results(twins: SyntheticTwins, value: Iterable[Values]) -> PlainJson:
    return [_key_result(twins, each) for each in value]


def _key_result(twins: SyntheticTwins, value: Values) -> PlainJson:
    numbers = invented_numbers(value, twins.invention)
    found: dict[str, PlainJson] = {}
    for name, part in value.items():
        if name in numbers:
            found[name] = numbers[name]
        elif name in PARTS or name == COMPARISON:
            found[name] = twins.part(name, part)
        else:
            found[twins.text(name)] = twins.invention.free(part)
    return found


def _source(twins: SyntheticTwins, value: Values) -> PlainJson:
    if "metric" in value:
        return {"metric": twins.health.metric(str(value["metric"]))}
    return {name: twins.invention.entity(str(part)) for name, part in value.items()}


def _comparison(twins: SyntheticTwins, value: object) -> PlainJson:
    return str(value) if value in SIDES else twins.invention.free(value)


def _weight(_twins: SyntheticTwins, value: float) -> PlainJson:
    return float(f"{value:.0e}") if value else value


def _amounts_of_days(twins: SyntheticTwins, value: Mapping[str, float]) -> PlainJson:
    return {day: twins.invention.number(each) for day, each in value.items()}


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("person_id", "home_id", "goal_id", "owner_person_id", "current_location_id"), _identity
        ),
        **dict.fromkeys(("dependencies", "residents"), _identity),
        **dict.fromkeys(("goal_code", "name", "description", "key", "id", "attribute"), _text),
        **dict.fromkeys(
            ("status", "gender", "activity_level", "context", "kind", "state"), _option
        ),
        **dict.fromkeys(("start_date", "target_date", "completed_on", "active_since"), _day),
        **dict.fromkeys(("due", "done", "date"), _day),
        **dict.fromkeys(("context_since", "context_until", "since", "until"), _moment),
        **dict.fromkeys(("last_updated", "measured_at"), _moment),
        **dict.fromkeys(("day_start", "health_entities", "revision"), _kept),
        **dict.fromkeys(("person_entity", "zone", "entity", "entity_id"), _entity),
        **dict.fromkeys(("preferences", "address", *NUMBERS), _free),
        **dict.fromkeys(("past_contexts", "holds", "milestones", "items"), _each),
        "timezone": lambda _twins, value: str(value),
        "contact_email": lambda twins, value: twins.invention.email(str(value)),
        "roadmap_link": lambda twins, value: twins.invention.link(str(value)),
        "icon": lambda _twins, _value: ICON,
        "unit": _unit,
        "date_of_birth": _birth,
        "health_metrics": _readings,
        "consent": _consent,
        "metric_sources": _metric_sources,
        "quick_entries": _quick_entries,
        "location_coordinates": _point,
        "scope": _scope,
        "progress_metrics": _key_results,
        "progress_history": _percents,
        "progress": _percent,
        "days": _amounts_of_days,
        "source": _source,
        "comparison": _comparison,
        "weight": _weight,
    }
)
# What may be anything is replaced as a whole.
FREE: Final = frozenset({"preferences", "address"})
