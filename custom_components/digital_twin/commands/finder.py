"""Finds twins by device, id, code (goals) or linked entity (persons), and entities by id.

With what selects documents by their values.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Any, Final, cast
from uuid import UUID

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from ..engine.core.entity_ids import current_entity_id, stored_entity_id
from ..engine.core.registry import KINDS, TwinRegistry
from ..engine.documents import Document, document_parts, scalar_parts
from ..engine.health.sources import is_own
from ..twin.errors import TwinError, fault, refuse
from ..twin.goals.goal import GOAL, Goal
from ..twin.goals.references import Twin
from ..twin.home.home import HOME
from ..twin.metrics.person import PERSON
from ..twin.records.fields import Context, FaultCollector, Kind, Parser, Record
from ..twin.records.limits import Limits
from ..twin.records.parsers import EARLIEST, FIRST_DAY, as_text, day, instant, twin_id as twin_id_of
from ..twin.values import PlainJson, number_from_text, same_json

type ResolvedValues = dict[str, object]
type _Selects = Callable[[Document], bool]
type _Test = Callable[[PlainJson], bool]

# The fields with references to twins (by kind) and to entities (by domain, None for any), by path
# without list positions.
REFERENCES: Final = {
    "owner_person_id": PERSON.name,
    "dependencies": GOAL.name,
    "residents": PERSON.name,
    "current_location_id": HOME.name,
}
ENTITIES: Final = {
    "person_entity": "person",
    "zone": "zone",
    "scope.excluded_entities": None,
    "metric_sources.*": None,
    "metric_sources.*.entity": None,
    "progress_metrics.source.entity_id": None,
}
# The objects that contain them.
OBJECTS: Final = (
    "",
    "scope",
    "progress_metrics",
    "progress_metrics.source",
    "metric_sources",
    "metric_sources.*",
)
# The longest text that documents can be filtered by.
MAX_FILTER: Final = 255
WRITTEN_IN_SEVERAL_WAYS: Final[Mapping[str, Parser[str | date]]] = MappingProxyType(
    {"date": day, "date-time": instant, "uuid": twin_id_of}
)
# None of these looks at the surroundings.
NO_SURROUNDINGS: Final = Context(now=EARLIEST, today=FIRST_DAY)
# Texts of documents that are the same in any case, beside options.
FOLDED: Final = frozenset({"contact_email", "goal_code"})
# Objects with members of any name: `*` in the path.
OPEN_OBJECTS: Final = ("metric_sources",)


class Finder:
    """Finds twins and entities by the names that people and scripts use."""

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry) -> None:
        self._hass = hass
        self._registry = registry

    def chosen[R: Record](self, kind: Kind[R], data: Mapping[str, object], field: str) -> R:
        """Return the twin of a kind that a field names.

        Raises `TwinError` at the field: `required_field`, `wrong_type`, `not_found`.
        """
        return self._get(kind, self._find(kind.name, name := _named(data, field)), name, field)

    def spoken[R: Record](self, kind: Kind[R], data: Mapping[str, object], field: str) -> R:
        """Return the twin that a field names as people say it: also by its name, in any case.

        Raises `TwinError` at the field as `chosen` does, and `ambiguous` for a name of several.
        """
        try:
            return self.chosen(kind, data, field)
        except TwinError as error:
            if error.key != "not_found":
                raise
            name = _named(data, field).casefold()
            records = cast("Mapping[str, R]", self._registry.records(kind.name))
            found = [each for each in records.values() if each.name.casefold() == name]
            if len(found) > 1:
                allowed = [getattr(each, "goal_code", kind.id_of(each)) for each in found]
                raise refuse("ambiguous", field, value=data[field], allowed=allowed) from None
            if not found:
                raise
            return found[0]

    def identified[R: Record](self, kind: Kind[R], name: str, field: str) -> R:
        """Return the twin of a kind with an id, in any spelling, or the code of a goal.

        Raises `TwinError` at the field: `not_found`.
        """
        return self._get(kind, self._find_identified(kind.name, name), name, field)

    def _get[R: Record](self, kind: Kind[R], twin_id: str | None, name: str, field: str) -> R:
        if twin_id is None:
            raise refuse("not_found", field, value=name)
        return self._registry.get(kind, twin_id)

    def chosen_of_any_kind(self, data: Mapping[str, object], field: str) -> tuple[str, Twin]:
        """Return the kind and the twin that a field names; errors as in `chosen`."""
        name = _named(data, field)
        for kind in KINDS:
            if twin_id := self._find(kind, name):
                return kind, cast("Twin", self._registry.records(kind)[twin_id])
        raise refuse("not_found", field, value=name)

    def chosen_deleted(self, data: Mapping[str, object], field: str) -> tuple[str, str]:
        """Return the kind and the id of the deleted twin that a field names.

        It is named by its id, the code of a goal, or its name in any case; of several the one that
        was deleted last. Errors as in `chosen`.
        """
        name = _named(data, field)
        deleted = self._registry.deletions.latest_first
        twin_id, folded = _as_id(name), name.casefold()
        for part in ("id", "goal_code", "name"):
            for kind, key, item in deleted:
                known = item.document.get(part)
                if key == twin_id if part == "id" else str(known or "").casefold() == folded:
                    return kind, key
        raise refuse("not_found", field, value=name)

    def values(self, data: Mapping[str, object]) -> ResolvedValues:
        """Return the values of fields, with ids in place of the names of twins and entities.

        Other values are kept. Raises one `TwinError` with a `not_found` for each unknown name.
        """
        return self._parts("", data)

    def _parts(self, path: str, parts: Mapping[str, object]) -> ResolvedValues:
        collector = FaultCollector()
        found = {}
        for name, part in parts.items():
            within = f"{path}.{'*' if path in OPEN_OBJECTS else name}".lstrip(".")
            resolve = partial(self._resolved, within, part)
            found[name] = collector.take(str(name), resolve, part)
        collector.raise_faults()
        return found

    def _resolved(self, path: str, value: object) -> object:
        if isinstance(value, list):
            collector = FaultCollector()
            found = [
                collector.take(f"[{index}]", partial(self._resolved, path, item), item)
                for index, item in enumerate(value)
            ]
            collector.raise_faults()
            return found
        if isinstance(value, Mapping) and path in OBJECTS:
            return self._parts(path, value)
        if isinstance(value, str) and path in REFERENCES:
            return self._reference(REFERENCES[path], value)
        if isinstance(value, str) and path in ENTITIES:
            return self._entity(path, value)
        return value

    def _reference(self, kind: str, name: str) -> str:
        if twin_id := self._find(kind, name):
            return twin_id
        raise refuse("not_found", "", value=name)

    def _entity(self, path: str, name: str) -> str:
        stored = stored_entity_id(self._hass, name, ENTITIES[path])
        entity_id = current_entity_id(self._hass, stored) or ""
        if path.startswith("metric_sources") and is_own(self._hass, entity_id):
            raise refuse("own_entity", "", value=name)
        return stored

    def _find(self, kind: str, name: str) -> str | None:
        if twin_id := self._find_identified(kind, name):
            return twin_id
        records = self._registry.records(kind)
        for find in (self._of_device, self._followed_by):
            if (twin_id := find(name)) in records:
                return twin_id
        return None

    def _find_identified(self, kind: str, name: str) -> str | None:
        """Return the id of the twin with an id, in any spelling, or the code of a goal."""
        records = self._registry.records(kind)
        if name in records:
            return name
        if (twin_id := _as_id(name)) in records:
            return twin_id
        return self._registry.goal_by_code(name) if kind == GOAL.name else None

    def _of_device(self, device_id: str) -> str | None:
        device = dr.async_get(self._hass).async_get(device_id)
        identifiers = device.identifiers if device else ()
        return next((item[1] for item in identifiers if item[0] == DOMAIN), None)

    def _followed_by(self, entity_id: str) -> str | None:
        """Return the person who is linked to one of Home Assistant's persons."""
        return next(
            (
                person.person_id
                for person in self._registry.persons.values()
                if person.person_entity
                and current_entity_id(self._hass, person.person_entity) == entity_id
            ),
            None,
        )


def _named(data: Mapping[str, object], field: str) -> str:
    if data.get(field) is None:
        raise refuse("required_field", field)
    try:
        name = as_text(data[field]).strip()
    except TwinError as error:
        raise error.within(field) from None
    if not name:
        raise refuse("required_field", field)
    return name


def _as_id(name: str) -> str | None:
    try:
        return str(UUID(name))
    except ValueError:
        return None


def kind_named(name: str) -> Kind[Any]:
    """Return the kind with a name; raises `not_an_option` at `kind`."""
    if name not in KINDS:
        raise refuse("not_an_option", "kind", value=name, allowed=KINDS)
    return KINDS[name]


def twin_order(twin: Twin) -> str:
    """Return what lists of twins are sorted by: the code of a goal, or the name."""
    return (twin.goal_code if isinstance(twin, Goal) else twin.name).casefold()


def selection(
    kind: str, filters: Mapping[str, str], fields: Iterable[str] | None = None
) -> tuple[_Selects, frozenset[str]]:
    """Return what tells whether a document is looked for, and the names of its wanted parts.

    `filters` are texts by the name of a scalar. `null` is the absence of a value. Options, codes
    and ids are compared in any case, days and times as such, other texts as they are written. The
    id is always wanted, and everything without `fields`. Raises `TwinError` with an
    `unknown_field` for each unknown name, and with a fault for each text that its scalar can never
    be.
    """
    parts, scalars = document_parts(kind), scalar_parts(kind)
    collector = FaultCollector()
    tests: dict[str, _Test] = {}
    for name, wanted in filters.items():
        if name in scalars:
            part = scalars[name]
            try:
                tests[name] = _test(name, part, wanted)
            except TwinError as error:
                # What was meant may be a health value or a date of birth; an option or id is none.
                is_word = part.options or part.format == "uuid"
                for found in error.within(name).faults:
                    collector.add(found if is_word else found.without_value())
        else:
            collector.add(fault("unknown_field", name, allowed=scalars))
    for name in fields or ():
        if name not in parts:
            collector.add(fault("unknown_field", name, allowed=parts))
    collector.raise_faults()

    def selects(document: Document) -> bool:
        return all(test(document.get(name)) for name, test in tests.items())

    return selects, frozenset(parts if fields is None else (KINDS[kind].id_field, *fields))


def _test(name: str, part: Limits, wanted: str) -> _Test:
    if len(wanted) > MAX_FILTER:
        raise refuse("too_long", "", maximum=MAX_FILTER)
    if name in FOLDED and wanted != "null":
        return lambda value: isinstance(value, str) and value.casefold() == wanted.casefold()
    chosen = None if wanted == "null" else _value(part, wanted)
    return lambda value: same_json(value, chosen)


def _value(part: Limits, wanted: str) -> PlainJson:
    """Return the value, as documents spell it, that a text stands for."""
    if part.type == "boolean":
        if wanted not in ("true", "false"):
            raise refuse("wrong_type", "", value=wanted, expected="true or false")
        return wanted == "true"
    if part.type in ("integer", "number"):
        number = number_from_text(wanted)
        if number is None:
            raise refuse("wrong_type", "", value=wanted, expected="number")
        return number
    if part.options:
        options = {_folded(option): option for option in reversed(part.options)}
        if (chosen := options.get(_folded(wanted))) is None:
            allowed = list(dict.fromkeys(options.values()))
            raise refuse("not_an_option", "", value=wanted, allowed=allowed)
        return chosen
    if parse := WRITTEN_IN_SEVERAL_WAYS.get(part.format or ""):
        parsed = parse(wanted, NO_SURROUNDINGS)
        return parsed if isinstance(parsed, str) else parsed.isoformat()
    return wanted


def _folded(option: str) -> str:
    return option.casefold().replace("_", " ").replace("-", " ")
