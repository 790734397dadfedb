"""The selectors that forms share."""

from collections.abc import Iterable, Mapping
from functools import partial

from homeassistant.helpers.selector import (
    AreaSelector,
    AreaSelectorConfig,
    DateSelector,
    EntitySelector,
    EntitySelectorConfig,
    LabelSelector,
    LabelSelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ...engine.core.entity_ids import current_entity_id, stored_entity_id
from ...twin.enums import TwinEnum
from ...twin.records.object_reader import FaultCollector
from .inputs import Surroundings, Value


def text(
    _surroundings: Surroundings,
    kind: TextSelectorType = TextSelectorType.TEXT,
    autocomplete: str = "off",
) -> TextSelector:
    """Ask for a line of text."""
    return TextSelector(TextSelectorConfig(type=kind, autocomplete=autocomplete))


def lines(_surroundings: Surroundings) -> TextSelector:
    """Ask for a text of several lines."""
    return TextSelector(TextSelectorConfig(multiline=True))


def date(_surroundings: Surroundings) -> DateSelector:
    """Ask for a day."""
    return DateSelector()


def option(_surroundings: Surroundings, enum: type[TwinEnum], key: str) -> SelectSelector:
    """Ask for a member of an enumeration; the texts are those of the selector `key`."""
    return SelectSelector(
        SelectSelectorConfig(
            options=enum.slugs(), translation_key=key, mode=SelectSelectorMode.DROPDOWN
        )
    )


def slug(_surroundings: Surroundings, value: str, enum: type[TwinEnum]) -> str:
    """Turn the spelling of documents into that of selectors."""
    return enum.parse(value).slug


def named(names: Mapping[str, str], *, multiple: bool = False) -> SelectSelector:
    """Ask for something that has an id and a name, in the order of the names."""
    options = [
        SelectOptionDict(value=key, label=name)
        for key, name in sorted(names.items(), key=lambda item: (item[1].casefold(), item[0]))
    ]
    return SelectSelector(
        SelectSelectorConfig(options=options, multiple=multiple, mode=SelectSelectorMode.DROPDOWN)
    )


def person(surroundings: Surroundings, *, multiple: bool = False) -> SelectSelector:
    """Ask for Person twins."""
    persons = surroundings.registry.persons
    return named({key: person.name for key, person in persons.items()}, multiple=multiple)


persons = partial(person, multiple=True)


def known(surroundings: Surroundings, value: Value, kind: str) -> Value:
    """Leave out ids of twins that are not there: a selector could not show them."""
    records = surroundings.registry.records(kind)
    if isinstance(value, list):
        return [key for key in value if key in records]
    return value if value in records else None


def entity(
    _surroundings: Surroundings, domain: str | None = None, *, multiple: bool = False
) -> EntitySelector:
    """Ask for entities, of one domain or of all."""
    config = EntitySelectorConfig(multiple=multiple)
    if domain is not None:
        config["filter"] = {"domain": domain}
    return EntitySelector(config)


def show_entity(surroundings: Surroundings, stored: str) -> str | None:
    """Return the present entity id of a stored one."""
    return current_entity_id(surroundings.hass, stored)


def read_entity(surroundings: Surroundings, entity_id: str, domain: str | None = None) -> str:
    """Return what a record keeps of an entity, of one domain or of any."""
    return stored_entity_id(surroundings.hass, entity_id, domain)


def show_entities(surroundings: Surroundings, stored: Iterable[str]) -> list[str]:
    """Return the present entity ids of those that are still there."""
    found = (show_entity(surroundings, one) for one in stored)
    return [entity_id for entity_id in found if entity_id is not None]


def read_entities(surroundings: Surroundings, entity_ids: Iterable[str]) -> list[str]:
    """Return what a record keeps of several entities."""
    collector = FaultCollector()
    stored = [
        collector.take(f"[{index}]", partial(read_entity, surroundings, entity_id), "")
        for index, entity_id in enumerate(entity_ids)
    ]
    collector.raise_faults()
    return stored


def areas(_surroundings: Surroundings) -> AreaSelector:
    """Ask for areas."""
    return AreaSelector(AreaSelectorConfig(multiple=True))


def labels(_surroundings: Surroundings) -> LabelSelector:
    """Ask for labels."""
    return LabelSelector(LabelSelectorConfig(multiple=True))
