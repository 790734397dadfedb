"""Selectors shared by several forms, and the conversions of their values."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

from homeassistant.helpers.selector import (
    AreaSelector,
    DateSelector,
    DeviceSelector,
    LabelSelector,
    NumberSelector,
    NumberSelectorMode,
    ObjectSelector,
    SelectOptionDict,
    Selector,
    SelectSelector,
    SelectSelectorMode,
    TextSelector,
    TextSelectorType,
)

from ...engine.core.entity_ids import current_entity_id, stored_entity_id
from ...twin.enums import TwinEnum
from ...twin.records.fields import FaultCollector
from .forms import FormContext, FormValue, metric_name

LINES = TextSelector({"multiline": True})
DATE = DateSelector()
AREAS = AreaSelector({"multiple": True})
DEVICES = DeviceSelector({"multiple": True})
LABELS = LabelSelector({"multiple": True})
NUMBER = NumberSelector({"mode": NumberSelectorMode.BOX, "step": "any"})


def text(kind: TextSelectorType = TextSelectorType.TEXT, autocomplete: str = "off") -> TextSelector:
    """Return a selector of a line of text."""
    return TextSelector({"type": kind, "autocomplete": autocomplete})


def option(enum: type[TwinEnum], key: str) -> SelectSelector:
    """Return a selector of the members of an enumeration, translated as the selector `key`."""
    mode = SelectSelectorMode.DROPDOWN
    return SelectSelector({"options": enum.slugs(), "translation_key": key, "mode": mode})


def slug(_context: FormContext, value: str, enum: type[TwinEnum]) -> str:
    """Convert the spelling of documents to that of selectors."""
    return enum.parse(value).slug


def labelled(options: Iterable[tuple[str, str]], *, multiple: bool = False) -> SelectSelector:
    """Return a selector of values with their labels."""
    return SelectSelector(
        {
            "options": [SelectOptionDict(value=value, label=label) for value, label in options],
            "multiple": multiple,
            "mode": SelectSelectorMode.DROPDOWN,
        }
    )


def named(names: Mapping[str, str], *, multiple: bool = False) -> SelectSelector:
    """Return a selector of ids, labelled by name and in the order of the names."""
    ordered = sorted(names.items(), key=lambda item: (item[1].casefold(), item[0]))
    return labelled(ordered, multiple=multiple)


def rows(
    selectors: Mapping[str, Selector[Any]], required: Collection[str], described_by: str, key: str
) -> ObjectSelector:
    """Return a selector of a list of objects, each edited in a dialog of its own.

    The first part is the label of a row, `described_by` the part below it, and `key` the
    translation key.
    """
    return ObjectSelector(
        {
            "fields": {
                name: {"selector": selector, "required": name in required}
                for name, selector in selectors.items()
            },
            "multiple": True,
            "label_field": next(iter(selectors)),
            "description_field": described_by,
            "translation_key": key,
        }
    )


def metrics(context: FormContext) -> SelectSelector:
    """Return a selector of metrics, the household's own among them."""
    catalogue, texts = context.registry.catalogue, context.texts
    return named({key: metric_name(texts, metric) for key, metric in catalogue.items()})


def units(context: FormContext) -> SelectSelector:
    """Return a selector of the units of all metrics."""
    catalogue = context.registry.catalogue.values()
    known = dict.fromkeys(unit for metric in catalogue for unit in metric.units)
    return SelectSelector({"options": [*known], "mode": SelectSelectorMode.DROPDOWN})


def person(context: FormContext, *, multiple: bool = False) -> SelectSelector:
    """Return a selector of persons."""
    persons = context.registry.persons
    return named({key: person.name for key, person in persons.items()}, multiple=multiple)


def known(context: FormContext, value: FormValue, kind: str) -> FormValue:
    """Return only the ids of present twins: a selector cannot show others."""
    records = context.registry.records(kind)
    if isinstance(value, list):
        return [key for key in value if key in records]
    return value if value in records else None


def show_entity(context: FormContext, stored: str) -> str | None:
    """Return the present entity id of a stored one."""
    return current_entity_id(context.hass, stored)


def read_entity(context: FormContext, entity_id: str, domain: str | None = None) -> str:
    """Return the stored form of an entity id, of one domain or of any; raises `TwinError`."""
    return stored_entity_id(context.hass, entity_id, domain)


def show_entities(context: FormContext, stored: Iterable[str]) -> list[str]:
    """Return the present entity ids of stored entities, without removed ones."""
    return [found for one in stored if (found := show_entity(context, one)) is not None]


def read_entities(context: FormContext, entity_ids: Iterable[str]) -> list[str]:
    """Return the stored forms of entity ids; raises `TwinError` with all faults."""
    collector = FaultCollector()
    stored = [
        collector.take(f"[{index}]", partial(read_entity, context, entity_id), "")
        for index, entity_id in enumerate(entity_ids)
    ]
    collector.raise_faults()
    return stored
