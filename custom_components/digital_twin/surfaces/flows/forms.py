"""Forms of flows: their fields as tables, their errors and their translated texts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
import re
from types import TracebackType
from typing import Any, Self

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult, section
from homeassistant.helpers.selector import Selector
from homeassistant.helpers.translation import async_get_translations
import probatio

from ...const import DOMAIN, option_path
from ...engine.core.files import StoreFailedError
from ...engine.core.registry import TwinRegistry
from ...twin.catalogue import Metric
from ...twin.errors import Fault, TwinError
from ...twin.records.fields import FaultCollector
from ...twin.values import same_json
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
        """Add the errors of the block; any other exception is raised."""
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


def row_with(rows: Iterable[FormRow], key: str | None) -> FormRow:
    """Return the row with a key; an empty one if there is none, and without a key."""
    return next((row for row in rows if key is not None and row["key"] == key), {})


def with_row(rows: Sequence[FormRow], present: FormRow, changed: FormRow) -> list[FormRow]:
    """Return the rows with a changed one in the place of the present one, or at the end."""
    index = rows.index(present) if present else len(rows)
    return [*rows[:index], changed, *rows[index + 1 :]]


def without_row(rows: Iterable[FormRow], key: str | None) -> list[FormRow]:
    """Return the rows without the one with a key."""
    return [row for row in rows if row["key"] != key]


async def async_texts(hass: HomeAssistant, category: str) -> Mapping[str, str]:
    """Return the texts of a category of the translations, such as `selector`."""
    return await async_get_translations(hass, hass.config.language, category, {DOMAIN})


def option_text(texts: Mapping[str, str], key: str, option: str) -> str:
    """Return the text of an option of a selector, or else the option itself."""
    return texts.get(option_path(key, option), option)


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


# A value of a selector or a part of a document: any JSON.
type FormValue = Any
type FormValues = Mapping[str, FormValue]
# One row of a selector that shows a list of objects.
type FormRow = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class FormContext:
    """Arguments of the functions of form fields.

    `twin_id` is the twin of the form, `texts` are the translated texts of selectors.
    """

    hass: HomeAssistant
    registry: TwinRegistry
    twin_id: str
    texts: Mapping[str, str]


def _as_it_is(_context: FormContext, value: FormValue) -> FormValue:
    return value


def _replaced(_initial: FormValue, submitted: FormValue, _present: FormValue) -> FormValue:
    return submitted


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form.

    `path`: the path of its value in the document; the last part names the field.
    `selector`: the selector, or a function that makes it.
    `show`: converts a value of the document for the selector.
    `read`: converts it back; may raise `TwinError` with a path relative to the field.
    `change`: makes the merge patch of the value from the initial, the submitted and the present
    value; each may be None.
    `rows`: the translation key of a selector that shows a list of objects.
    """

    path: tuple[str, ...]
    selector: Selector[Any] | Callable[[FormContext], Selector[Any]]
    _: KW_ONLY
    section: str | None = None
    required: bool = False
    show: Callable[[FormContext, FormValue], FormValue] = _as_it_is
    read: Callable[[FormContext, FormValue], FormValue] = _as_it_is
    change: Callable[[FormValue, FormValue, FormValue], FormValue] = _replaced
    rows: str | None = None

    @property
    def name(self) -> str:
        """The name of the field in the form."""
        return self.path[-1]


def error_places(fields: Iterable[FormField]) -> dict[str, str]:
    """Return by field of the record the form field that shows its errors.

    The frontend shows no errors inside sections, only above them.
    """
    return {each.path[0]: each.section or each.name for each in fields}


def part_labels(fields: Iterable[FormField], texts: Mapping[str, str]) -> PartLabel:
    """Return the function that labels the parts of rows."""
    rows = {each.path[0]: each.rows for each in fields if each.rows}

    def label(field: str, part: str) -> str:
        return part_text(texts, rows[field], part) if field in rows else part

    return label


def form_schema(
    fields: Iterable[FormField], context: FormContext, expanded: Iterable[str] = ()
) -> probatio.Schema:
    """Make the schema of a form; sections are collapsed unless they are `expanded`."""
    top: dict[probatio.Marker, Any] = {}
    sections: dict[str, dict[probatio.Marker, Any]] = {}
    for each in fields:
        within = top
        if each.section is not None:
            # The dictionary is filled below; its place among the fields is that of its first.
            within = sections.setdefault(each.section, {})
            top.setdefault(probatio.Required(each.section), each.section)
        marker = probatio.Required if each.required else probatio.Optional
        within[marker(each.name)] = (
            each.selector if isinstance(each.selector, Selector) else each.selector(context)
        )
    open_sections = set(expanded)
    return probatio.Schema(
        {
            marker: section(
                probatio.Schema(sections[content]), {"collapsed": content not in open_sections}
            )
            if isinstance(content, str)
            else content
            for marker, content in top.items()
        }
    )


def form_values(
    fields: Iterable[FormField], context: FormContext, document: Mapping[str, Any]
) -> FormValues:
    """Return the values that a form shows of a document."""
    values: dict[str, Any] = {}
    for each in fields:
        value = _at(document, each.path)
        if value is not None and (value := _or_none(each.show(context, value))) is not None:
            within = values if each.section is None else values.setdefault(each.section, {})
            within[each.name] = value
    return values


def patch_of(
    fields: Iterable[FormField],
    context: FormContext,
    initial: FormValues,
    submitted: FormValues,
    document: Mapping[str, Any],
) -> dict[str, Any]:
    """Make the merge patch of the values that the user changed in a form.

    `document` is the present one, which may have changed since the form was shown. Raises
    `TwinError` with the faults of all unreadable values.
    """
    collector = FaultCollector()
    patch: dict[str, Any] = {}
    for each in fields:
        before, after = _value(initial, each), _value(submitted, each)
        if same_json(before, after):
            continue
        if after is not None:
            read = partial(each.read, context, after)
            after = collector.take(".".join(each.path), read, None)
        within = patch
        for part in each.path[:-1]:
            within = within.setdefault(part, {})
        within[each.name] = each.change(before, after, _at(document, each.path))
    collector.raise_faults()
    return {name: _or_null(part, document.get(name)) for name, part in patch.items()}


def difference(initial: FormValue, submitted: FormValue, _present: FormValue = None) -> FormValue:
    """Make the merge patch (RFC 7396) from one object to another."""
    before = {} if initial is None else initial
    after = {} if submitted is None else submitted
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return submitted
    removed = dict.fromkeys(name for name in before if name not in after)
    changed = {
        name: difference(before[name], value) if isinstance(before.get(name), Mapping) else value
        for name, value in after.items()
        if name not in before or not same_json(before[name], value)
    }
    return removed | changed


def _value(values: FormValues, each: FormField) -> FormValue:
    """Return the value of a form field, None if it is empty."""
    within = values if each.section is None else values.get(each.section, {})
    return _or_none(within.get(each.name))


def _or_none(value: FormValue) -> FormValue:
    """Return None for an empty value."""
    return None if value in ("", [], {}) else value


def _at(document: Mapping[str, Any], path: Iterable[str]) -> FormValue:
    found: FormValue = document
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _or_null(patch: FormValue, present: FormValue) -> FormValue:
    """Replace a patch that clears every part of an object by null, so that no object is left."""
    if not isinstance(patch, Mapping) or any(part is not None for part in patch.values()):
        return patch
    return patch if isinstance(present, Mapping) and set(present) - set(patch) else None
