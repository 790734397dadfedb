"""Selectors shared by several forms, and the conversions of their values."""

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
from .forms import FormContext, FormValue


def text(
    _context: FormContext,
    kind: TextSelectorType = TextSelectorType.TEXT,
    autocomplete: str = "off",
) -> TextSelector:
    """Return a selector of a line of text."""
    return TextSelector(TextSelectorConfig(type=kind, autocomplete=autocomplete))


def lines(_context: FormContext) -> TextSelector:
    """Return a selector of a text of several lines."""
    return TextSelector(TextSelectorConfig(multiline=True))


def date(_context: FormContext) -> DateSelector:
    """Return a selector of a day."""
    return DateSelector()


def option(_context: FormContext, enum: type[TwinEnum], key: str) -> SelectSelector:
    """Return a selector of the members of an enumeration, translated as the selector `key`."""
    return SelectSelector(
        SelectSelectorConfig(
            options=enum.slugs(), translation_key=key, mode=SelectSelectorMode.DROPDOWN
        )
    )


def slug(_context: FormContext, value: str, enum: type[TwinEnum]) -> str:
    """Convert the spelling of documents to that of selectors."""
    return enum.parse(value).slug


def named(names: Mapping[str, str], *, multiple: bool = False) -> SelectSelector:
    """Return a selector of ids, labelled by name and in the order of the names."""
    options = [
        SelectOptionDict(value=key, label=name)
        for key, name in sorted(names.items(), key=lambda item: (item[1].casefold(), item[0]))
    ]
    return SelectSelector(
        SelectSelectorConfig(options=options, multiple=multiple, mode=SelectSelectorMode.DROPDOWN)
    )


def person(context: FormContext, *, multiple: bool = False) -> SelectSelector:
    """Return a selector of persons."""
    persons = context.registry.persons
    return named({key: person.name for key, person in persons.items()}, multiple=multiple)


persons = partial(person, multiple=True)


def known(context: FormContext, value: FormValue, kind: str) -> FormValue:
    """Return only the ids of present twins: a selector cannot show others."""
    records = context.registry.records(kind)
    if isinstance(value, list):
        return [key for key in value if key in records]
    return value if value in records else None


def entity(
    _context: FormContext, domain: str | None = None, *, multiple: bool = False
) -> EntitySelector:
    """Return a selector of entities, of one domain or of all."""
    config = EntitySelectorConfig(multiple=multiple)
    if domain is not None:
        config["filter"] = {"domain": domain}
    return EntitySelector(config)


def show_entity(context: FormContext, stored: str) -> str | None:
    """Return the present entity id of a stored one."""
    return current_entity_id(context.hass, stored)


def read_entity(context: FormContext, entity_id: str, domain: str | None = None) -> str:
    """Return the stored form of an entity id, of one domain or of any; raises `TwinError`."""
    return stored_entity_id(context.hass, entity_id, domain)


def show_entities(context: FormContext, stored: Iterable[str]) -> list[str]:
    """Return the present entity ids of stored entities, without those that are gone."""
    found = (show_entity(context, one) for one in stored)
    return [entity_id for entity_id in found if entity_id is not None]


def read_entities(context: FormContext, entity_ids: Iterable[str]) -> list[str]:
    """Return the stored forms of entity ids; raises `TwinError` with all faults."""
    collector = FaultCollector()
    stored = [
        collector.take(f"[{index}]", partial(read_entity, context, entity_id), "")
        for index, entity_id in enumerate(entity_ids)
    ]
    collector.raise_faults()
    return stored


def areas(_context: FormContext) -> AreaSelector:
    """Return a selector of areas."""
    return AreaSelector(AreaSelectorConfig(multiple=True))


def labels(_context: FormContext) -> LabelSelector:
    """Return a selector of labels."""
    return LabelSelector(LabelSelectorConfig(multiple=True))
