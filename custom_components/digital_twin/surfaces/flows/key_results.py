"""Key results in a form: each is a row of a list, opened in a dialog of its own."""

from collections.abc import Iterable, Mapping
from functools import partial
import re
from typing import Any

from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    SelectOptionDict,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)

from ...const import DOMAIN
from ...engine.core.entity_ids import current_entity_id
from ...twin.enums import ItemState, KeyResultKind
from ...twin.records.matching import match_keys
from ...twin.records.object_reader import FaultCollector
from . import choices
from .choices import named
from .inputs import Surroundings, Value
from .texts import metric_name

type Row = Mapping[str, Any]

MARKS = {ItemState.TODO: " ", ItemState.DOING: "/", ItemState.DONE: "x"}
STATES = {mark: state for state, mark in MARKS.items()}
ITEM = re.compile(r"\[(?P<mark>[ xX/]?)\]\s*(?P<name>.*)")
# Parts that stand in a row as they stand in the document.
FOLLOWED_DOMAINS = ["binary_sensor", "counter", "input_boolean", "input_number", "number", "sensor"]
PLAIN = ("key", "name", "kind", "unit", "baseline", "minimum", "maximum", "weight")


def key_results_selector(surroundings: Surroundings) -> ObjectSelector:
    """Ask for key results."""
    number = NumberSelector(NumberSelectorConfig(mode=NumberSelectorMode.BOX, step="any"))
    weight = NumberSelector(NumberSelectorConfig(mode=NumberSelectorMode.BOX, step="any", min=0))
    selectors: dict[str, Selector[Any]] = {
        "name": TextSelector(),
        "kind": _translated(surroundings, "key_result_kind", KeyResultKind.slugs()),
        "unit": TextSelector(),
        "baseline": number,
        "target": number,
        "current": number,
        "done": BooleanSelector(),
        "minimum": number,
        "maximum": number,
        "items": TextSelector(TextSelectorConfig(multiple=True)),
        "metric": _metrics(surroundings),
        "entity": EntitySelector(EntitySelectorConfig(filter={"domain": FOLLOWED_DOMAINS})),
        "weight": weight,
        "key": TextSelector(),
    }
    return ObjectSelector(
        ObjectSelectorConfig(
            fields={
                name: ObjectSelectorField(selector=selector, required=name == "name")
                for name, selector in selectors.items()
            },
            multiple=True,
            label_field="name",
            description_field="unit",
            translation_key="key_result",
        )
    )


def show_key_results(surroundings: Surroundings, documents: Iterable[Row]) -> list[Row]:
    """Return the rows of the key results of a goal."""
    return [_row(surroundings, document) for document in documents]


def read_key_results(surroundings: Surroundings, rows: Iterable[Row]) -> list[Row]:
    """Return the rows with entities as records keep them.

    Raises `TwinError` for an entity that is not there, at `[0].entity` and so on.
    """
    collector = FaultCollector()

    def stored(index: int, row: Row) -> Row:
        if not (entity := _given(row, "entity")):
            return row
        read = partial(choices.read_entity, surroundings, entity)
        return {**row, "entity": collector.take(f"[{index}].entity", read, "")}

    read = [stored(index, row) for index, row in enumerate(rows)]
    collector.raise_faults()
    return read


def change_key_results(shown: Value, given: Value, present: Value) -> Value:
    """Make the key results of a goal from the rows that a person was shown and gave back.

    Only the parts that they changed are changed: a key result that was brought forward in the
    meantime keeps its progress, one that was added stays, and one that was removed stays away
    unless its row was changed. None is no rows.
    """
    before: dict[str, Row] = {row["key"]: row for row in shown or ()}
    documents: dict[str, Row] = {document["key"]: document for document in present or ()}
    rows: list[Row] = list(given or ())
    changed: list[Row] = []
    for row in rows:
        key = row.get("key", "")
        if key in documents:
            changed.append(_changed(documents[key], before.get(key, {}), row))
        elif row != before.get(key):
            changed.append(_changed({}, {}, row))
    seen = {*before, *(row.get("key") for row in rows)}
    return changed + [document for key, document in documents.items() if key not in seen]


def _metrics(surroundings: Surroundings) -> SelectSelector:
    catalogue = surroundings.registry.catalogue
    return named(
        {key: metric_name(surroundings.texts, metric) for key, metric in catalogue.items()}
    )


def _translated(surroundings: Surroundings, key: str, options: Iterable[str]) -> SelectSelector:
    """Ask for one of several options inside of a row, where the UI translates no options."""
    prefix = f"component.{DOMAIN}.selector.{key}.options"
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(
                    value=option, label=surroundings.texts.get(f"{prefix}.{option}", option)
                )
                for option in options
            ],
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def _row(surroundings: Surroundings, document: Row) -> Row:
    row = {part: document[part] for part in PLAIN if part in document}
    # A target that is a text or the answer to a yes-or-no question stays where it is.
    if _is_number(document.get("target")):
        row["target"] = document["target"]
    current = document.get("current")
    if current is not None:
        row["current" if _is_number(current) else "done"] = current
    if items := document.get("items"):
        row["items"] = [f"[{MARKS[ItemState(item['state'])]}] {item['name']}" for item in items]
    source = document.get("source") or {}
    if metric := source.get("metric"):
        row["metric"] = metric
    if entity := source.get("entity_id"):
        row["entity"] = current_entity_id(surroundings.hass, entity) or entity
    return row


def _changed(document: Row, before: Row, row: Row) -> Row:
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
    # What was a number for one kind is no answer to a yes-or-no question, and the other way.
    unfit = {part for part in ("target", "current") if isinstance(merged.get(part), bool) != yes_no}
    return {
        part: value for part, value in merged.items() if value is not None and part not in unfit
    }


def _source(row: Row, parts: set[str]) -> Value:
    """Return what a key result follows; of two the one that was just chosen."""
    entity, metric = _given(row, "entity"), _given(row, "metric")
    if entity and ("entity" in parts or not metric):
        return {"entity_id": entity}
    return {"metric": metric} if metric else None


def _given(row: Row, part: str) -> Value:
    value = row.get(part)
    return None if value in ("", []) else value


def _items(written: Iterable[str], present: Iterable[Row]) -> list[Row]:
    """Read the items of a checklist; one that keeps its name, or nearly so, stays what it is."""
    known = {item["id"]: item for item in present}
    lines = [_line(line.strip()) for line in written]
    names = {key: item["name"] for key, item in known.items()}
    keys = match_keys([line["name"] for line in lines], names, "item")
    return [
        {**known[key], **line} if key in known else line
        for key, line in zip(keys, lines, strict=True)
    ]


def _line(line: str) -> Row:
    marked = ITEM.fullmatch(line)
    name = marked["name"].strip() if marked else line
    mark = marked["mark"].lower() if marked else ""
    return {"name": name, "state": STATES[mark or " "].value}


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
