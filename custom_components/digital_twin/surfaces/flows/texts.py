"""Translated texts that are parts of other texts, in the language of Home Assistant."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ...const import DOMAIN
from ...twin.catalogue import Metric
from ...twin.errors import Fault
from ..errors import message_key


async def async_texts(hass: HomeAssistant, category: str) -> Mapping[str, str]:
    """Return the texts of a category of the translations, such as `selector`."""
    return await async_get_translations(hass, hass.config.language, category, {DOMAIN})


def option_text(texts: Mapping[str, str], key: str, option: str) -> str:
    """Return the text of an option of a selector, or else the option itself."""
    return texts.get(f"component.{DOMAIN}.selector.{key}.options.{option}", option)


def part_text(texts: Mapping[str, str], key: str, part: str) -> str:
    """Return the label of a part of a row, such as `target` or `items[1].name`.

    The label of an element of a list is that of the list and its number, counted from 1.
    """
    name, _, index = part.partition(".")[0].partition("[")
    text = texts.get(f"component.{DOMAIN}.selector.{key}.fields.{name}.name", name)
    return f"{text} {int(index.rstrip(']')) + 1}" if index else text


def metric_name(texts: Mapping[str, str], metric: Metric) -> str:
    """Return the name of a metric: translated, or the one that the household chose."""
    return metric.name or option_text(texts, "metric", metric.key)


async def async_message(hass: HomeAssistant, fault: Fault, field: str) -> str:
    """Return the message of a fault, with `field` as the name of the field."""
    texts = await async_texts(hass, "exceptions")
    key = message_key(fault)
    text = texts.get(f"component.{DOMAIN}.exceptions.{key}.message", key)
    return text.format_map({**fault.placeholders, "field": field})
