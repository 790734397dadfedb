"""Forms of flows: their errors, their translated texts, and the one way to show them."""

from collections.abc import Callable, Iterable, Mapping
import re
from types import TracebackType
from typing import Any, Self

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult
from homeassistant.helpers.translation import async_get_translations
import probatio

from ...const import DOMAIN
from ...engine.core.files import StoreFailedError
from ...twin.catalogue import Metric
from ...twin.errors import Fault, TwinError
from ..errors import message_key

BASE = "base"
# `progress_metrics[0].items[1].name`: the field, the index of the element and its part.
NESTED = re.compile(r"(?P<field>\w+)\[(?P<index>\d+)\]\.(?P<part>.+)")
# Return the label of a part of the elements of a field.
type PartLabel = Callable[[str, str], str]


def _same_label(_field: str, part: str) -> str:
    return part


class FormErrors:
    """Translation keys of errors by form field, and the placeholders of their texts.

    As a context manager it adds the faults of a `TwinError` and a failed save, and suppresses
    both. `places` maps the fields of the record to the form fields that show their errors.
    """

    def __init__(
        self, places: Mapping[str, str] | None = None, label_fn: PartLabel = _same_label
    ) -> None:
        self.keys: dict[str, str] = {}
        self.placeholders: dict[str, str] = {}
        self._places = places or {}
        self._label_fn = label_fn

    def __enter__(self) -> Self:
        """Return these errors."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> bool:
        """Add what the block refused; any other exception passes."""
        if isinstance(error, TwinError):
            self.add(error.faults)
        elif isinstance(error, StoreFailedError):
            # The store has logged the reason.
            self.keys[BASE] = "store_failed"
        else:
            return False
        return True

    def add(self, faults: Iterable[Fault]) -> None:
        """Add each fault to its form field, at most one to each.

        All texts of a form share their placeholders: a fault that needs another value for one of
        them is left out until the first is corrected.
        """
        for fault in faults:
            key, placeholders = self._text(fault)
            place = self._places.get(re.split(r"[.\[]", fault.field)[0], BASE)
            if place not in self.keys and all(
                self.placeholders.get(name, value) == value for name, value in placeholders.items()
            ):
                self.keys[place] = key
                self.placeholders |= placeholders

    def _text(self, fault: Fault) -> tuple[str, dict[str, str]]:
        """Return the translation key and the placeholders of a fault.

        The form shows the name and the value of a field, but not which element of a list is meant.
        """
        placeholders = {
            name: value
            for name, value in fault.placeholders.items()
            if name not in ("field", "value")
        }
        nested = NESTED.fullmatch(fault.field)
        if nested is None:
            return fault.key, placeholders
        number = str(int(nested["index"]) + 1)
        part = self._label_fn(nested["field"], nested["part"])
        return f"nested_{fault.key}", {**placeholders, "number": number, "part": part}


def show_form[C: FlowContext, R: FlowResult[Any, Any], H](
    flow: FlowHandler[C, R, H],
    step_id: str,
    schema: probatio.Schema,
    values: Mapping[str, Any] | None = None,
    errors: FormErrors | None = None,
    *,
    last_step: bool | None = None,
    **placeholders: str,
) -> R:
    """Show a form that holds `values`, with its errors."""
    errors = errors or FormErrors()
    return flow.async_show_form(
        step_id=step_id,
        data_schema=flow.add_suggested_values_to_schema(schema, values),
        errors=errors.keys,
        description_placeholders={**placeholders, **errors.placeholders},
        last_step=last_step,
    )


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
