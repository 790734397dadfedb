"""Key results in a form: rows of a list; each row opens in a dialog of its own."""

from collections.abc import Iterable
from functools import partial
import re

from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    NumberSelector,
    NumberSelectorMode,
    ObjectSelector,
    SelectSelector,
    TextSelector,
)

from ...engine.core.entity_ids import current_entity_id
from ...twin.enums import ItemState, KeyResultKind
from ...twin.records.fields import FaultCollector
from ...twin.records.naming import match_keys
from . import choices
from .forms import FormContext, FormRow, FormValue, metric_name, option_text

ITEM = re.compile(r"\[(?P<mark>[ xX/]?)\]\s*(?P<name>.*)")
FOLLOWED_DOMAINS = ["binary_sensor", "counter", "input_boolean", "input_number", "number", "sensor"]
# The same in a row as in the document.
PLAIN = ("key", "name", "kind", "unit", "baseline", "minimum", "maximum", "weight")


def key_results_selector(context: FormContext) -> ObjectSelector:
    """Return the selector of key results."""
    catalogue, texts = context.registry.catalogue, context.texts
    metrics = {key: metric_name(texts, metric) for key, metric in catalogue.items()}
    return choices.rows(
        {
            "name": TextSelector(),
            "kind": _translated(context, "key_result_kind", KeyResultKind.slugs()),
            "unit": TextSelector(),
            "baseline": choices.NUMBER,
            "target": choices.NUMBER,
            "current": choices.NUMBER,
            "done": BooleanSelector(),
            "minimum": choices.NUMBER,
            "maximum": choices.NUMBER,
            "items": TextSelector({"multiple": True}),
            "metric": choices.named(metrics),
            "entity": EntitySelector({"filter": {"domain": FOLLOWED_DOMAINS}}),
            "weight": NumberSelector({"mode": NumberSelectorMode.BOX, "step": "any", "min": 0}),
            "key": TextSelector(),
        },
        ("name",),
        described_by="unit",
        key="key_result",
    )


def show_key_results(context: FormContext, documents: Iterable[FormRow]) -> list[FormRow]:
    """Return the rows of the key results of a goal."""
    return [_row(context, document) for document in documents]


def read_key_results(context: FormContext, rows: Iterable[FormRow]) -> list[FormRow]:
    """Return the rows with entities as records store them.

    Raises `TwinError` for unknown entities, at `[0].entity` and so on.
    """
    collector = FaultCollector()

    def stored(index: int, row: FormRow) -> FormRow:
        if not (entity := _given(row, "entity")):
            return row
        read = partial(choices.read_entity, context, entity)
        return {**row, "entity": collector.take(f"[{index}].entity", read, "")}

    read = [stored(index, row) for index, row in enumerate(rows)]
    collector.raise_faults()
    return read


def change_key_results(initial: FormValue, submitted: FormValue, present: FormValue) -> FormValue:
    """Make the key results of a goal from the initial and the submitted rows (None: no rows).

    Only the parts that the user changed are changed. A concurrent progress update or a new key
    result is kept; a key result that was removed concurrently returns only if its row was changed.
    """
    before: dict[str, FormRow] = {row["key"]: row for row in initial or ()}
    documents: dict[str, FormRow] = {document["key"]: document for document in present or ()}
    rows: list[FormRow] = list(submitted or ())
    changed: list[FormRow] = []
    for row in rows:
        key = row.get("key", "")
        if key in documents:
            changed.append(_changed(documents[key], before.get(key, {}), row))
        elif row != before.get(key):
            changed.append(_changed({}, {}, row))
    seen = {*before, *(row.get("key") for row in rows)}
    return changed + [document for key, document in documents.items() if key not in seen]


def _translated(context: FormContext, key: str, options: Iterable[str]) -> SelectSelector:
    """Return a selector of options inside a row, where the frontend translates no options."""
    texts = context.texts
    return choices.labelled((option, option_text(texts, key, option)) for option in options)


def _row(context: FormContext, document: FormRow) -> FormRow:
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


def _changed(document: FormRow, before: FormRow, row: FormRow) -> FormRow:
    parts = {part for part in {*before, *row} if _given(before, part) != _given(row, part)}
    changed = {part: _given(row, part) for part in (*PLAIN, "target") if part in parts}
    yes_no = (row.get("kind") or document.get("kind")) == KeyResultKind.BOOLEAN
    current = "done" if yes_no else "current"
    if current in parts:
        changed["current"] = _given(row, current)
    if "items" in parts:
        changed["items"] = _items(row.get("items") or (), document.get("items") or ())
    if parts & {"entity", "metric"}:
        changed["source"] = _source(row, parts)
    merged = {**document, **changed}
    # After a change of the kind, numbers are invalid for a boolean key result, and vice versa.
    unfit = {part for part in ("target", "current") if isinstance(merged.get(part), bool) != yes_no}
    return {
        part: value for part, value in merged.items() if value is not None and part not in unfit
    }


def _source(row: FormRow, parts: set[str]) -> FormValue:
    """Return the source of a key result: of an entity and a metric the one just chosen."""
    entity, metric = _given(row, "entity"), _given(row, "metric")
    if entity and ("entity" in parts or not metric):
        return {"entity_id": entity}
    return {"metric": metric} if metric else None


def _given(row: FormRow, part: str) -> FormValue:
    value = row.get(part)
    return None if value in ("", []) else value


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
