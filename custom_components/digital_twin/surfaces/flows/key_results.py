"""The forms of key results and milestones: each kind has only its own fields."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
import re
from typing import Final

from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    NumberSelector,
    NumberSelectorMode,
    TextSelector,
)

from ...engine.core.entity_ids import current_entity_id
from ...twin.enums import ItemState, KeyResultKind
from ...twin.records.naming import match_keys
from . import choices
from .forms import FormContext, FormField, FormRow, FormValue

ITEM = re.compile(r"\[(?P<mark>[ xX/]?)\]\s*(?P<name>.*)")
FOLLOWED_DOMAINS = ["binary_sensor", "counter", "input_boolean", "input_number", "number", "sensor"]
# The same in a form as in the document.
PLAIN = ("key", "name", "kind", "unit", "baseline", "minimum", "maximum", "weight")
KEY_RESULTS: Final = "progress_metrics"
MILESTONES: Final = "milestones"
MORE: Final = "more"


def _number(name: str, section: str | None = None) -> FormField:
    return FormField((name,), choices.NUMBER, section=section)


_NAME = FormField(("name",), choices.text(), required=True)
_UNIT = FormField(("unit",), choices.text())
_CURRENT = _number("current", MORE)
_METRIC = FormField(("metric",), choices.metrics, section=MORE)
_ENTITY = FormField(
    ("entity",),
    EntitySelector({"filter": {"domain": FOLLOWED_DOMAINS}}),
    section=MORE,
    read=choices.read_entity,
)
_WEIGHT = FormField(
    ("weight",),
    NumberSelector({"mode": NumberSelectorMode.BOX, "step": "any", "min": 0}),
    section=MORE,
)
_OF_NUMBERS = (_CURRENT, _METRIC, _ENTITY, _WEIGHT)
_KEY_RESULT_FIELDS: Mapping[KeyResultKind, tuple[FormField, ...]] = {
    KeyResultKind.REACH: (_NAME, _number("baseline"), _number("target"), _UNIT, *_OF_NUMBERS),
    KeyResultKind.ACCUMULATE: (
        _NAME,
        _number("target"),
        _UNIT,
        _number("baseline", MORE),
        *_OF_NUMBERS,
    ),
    KeyResultKind.MAINTAIN: (_NAME, _number("minimum"), _number("maximum"), _UNIT, *_OF_NUMBERS),
    KeyResultKind.CHECKLIST: (
        _NAME,
        FormField(("items",), TextSelector({"multiple": True})),
        _WEIGHT,
    ),
    KeyResultKind.BOOLEAN: (
        _NAME,
        FormField(("done",), BooleanSelector()),
        _ENTITY,
        _WEIGHT,
    ),
}
_MILESTONE_FIELDS = (
    # Not required in the form: the frontend would preset a required date to today.
    FormField(("date",), choices.DATE),
    _NAME,
    FormField(
        ("progress",),
        NumberSelector(
            {
                "mode": NumberSelectorMode.BOX,
                "min": 0,
                "max": 100,
                "step": "any",
                "unit_of_measurement": "%",
            }
        ),
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PartForm:
    """The form of one key result or one milestone of a goal.

    `step`: the id of its step. `field`: the field of the goal that lists such parts.
    `show`: converts the document of a part into the values of the form, without sections.
    `change`: makes the document from the present one and the patch of the form.
    """

    step: str
    field: str
    fields: tuple[FormField, ...]
    show: Callable[[FormContext, FormRow], FormRow]
    change: Callable[[FormRow, FormRow], FormRow]


def change_key_result(document: FormRow, patch: FormRow) -> FormRow:
    """Make the document of a key result from the present one and the patch of a form.

    Only the parts that the user changed are changed, so that progress that was made while the form
    was open is kept. The current value of a new key result to reach is its start value, and the
    other way round, if only one of them is given.
    """
    changed = {part: patch[part] for part in (*PLAIN, "target") if part in patch}
    kind = patch.get("kind") or document.get("kind")
    yes_no = kind == KeyResultKind.BOOLEAN
    current = "done" if yes_no else "current"
    if current in patch:
        changed["current"] = patch[current]
    if "items" in patch:
        changed["items"] = _items(patch["items"] or (), document.get("items") or ())
    if "entity" in patch or "metric" in patch:
        changed["source"] = _source(document, patch)
    if not document and kind == KeyResultKind.REACH and not changed.get("source"):
        begun = [changed[part] for part in ("current", "baseline") if part in changed]
        changed |= {part: begun[0] for part in ("current", "baseline") if len(begun) == 1}
    merged = {**document, **changed}
    # After a change of the kind, numbers are invalid for a boolean key result, and vice versa.
    unfit = {part for part in ("target", "current") if isinstance(merged.get(part), bool) != yes_no}
    return {
        part: value for part, value in merged.items() if value is not None and part not in unfit
    }


def show_key_result(context: FormContext, document: FormRow) -> FormRow:
    """Return what a form can show of a key result."""
    row = {part: document[part] for part in PLAIN if part in document}
    # A form shows no target that is a text or a boolean.
    if _is_number(document.get("target")):
        row["target"] = document["target"]
    current = document.get("current")
    if current is not None:
        row["current" if _is_number(current) else "done"] = current
    if items := document.get("items"):
        row["items"] = [f"[{ItemState(item['state']).mark}] {item['name']}" for item in items]
    source = document.get("source") or {}
    if metric := source.get("metric"):
        row["metric"] = metric
    if entity := source.get("entity_id"):
        row["entity"] = current_entity_id(context.hass, entity) or entity
    return row


def _show_milestone(_context: FormContext, document: FormRow) -> FormRow:
    return document


def _change_milestone(document: FormRow, patch: FormRow) -> FormRow:
    return {part: value for part, value in {**document, **patch}.items() if value is not None}


def _key_result_form(kind: KeyResultKind) -> PartForm:
    return PartForm(
        step=kind.slug,
        field=KEY_RESULTS,
        fields=_KEY_RESULT_FIELDS[kind],
        show=show_key_result,
        change=partial(_change_of_kind, kind),
    )


def _change_of_kind(kind: KeyResultKind, document: FormRow, patch: FormRow) -> FormRow:
    return change_key_result(document, {**patch, "kind": kind.slug})


MILESTONE_FORM: Final = PartForm(
    step="milestone",
    field=MILESTONES,
    fields=_MILESTONE_FIELDS,
    show=_show_milestone,
    change=_change_milestone,
)
PART_FORMS: Final = {
    form.step: form for form in (*map(_key_result_form, KeyResultKind), MILESTONE_FORM)
}


def _source(document: FormRow, patch: FormRow) -> FormValue:
    """Return the source of a key result: the one just chosen, or else what is left."""
    if entity := patch.get("entity"):
        return {"entity_id": entity}
    if metric := patch.get("metric"):
        return {"metric": metric}
    source = document.get("source") or {}
    cleared = "entity" if "entity_id" in source else "metric"
    return None if cleared in patch else source


def _items(written: Iterable[str], present: Iterable[FormRow]) -> list[FormRow]:
    """Read the items of a checklist; an item with (nearly) the same name keeps its id."""
    known = {item["id"]: item for item in present}
    lines = [_line(line.strip()) for line in written]
    names = {key: item["name"] for key, item in known.items()}
    keys = match_keys([line["name"] for line in lines], names, "item")
    return [
        {**known[key], **line} if key in known else line
        for key, line in zip(keys, lines, strict=True)
    ]


def _line(line: str) -> FormRow:
    marked = ITEM.fullmatch(line)
    name = marked["name"].strip() if marked else line
    mark = marked["mark"] if marked else ""
    return {"name": name, "state": ItemState.of_mark(mark).value}


def _is_number(value: FormValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
