"""Key results as values of a form: only what a person changed is changed."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from custom_components.digital_twin.surfaces.flows import choices
from custom_components.digital_twin.surfaces.flows.forms import FormContext, FormField, patch_of
from custom_components.digital_twin.surfaces.flows.key_results import (
    change_key_result,
    show_key_result,
)

# Without a registry, records keep entity ids as they are.
NOWHERE = cast("FormContext", SimpleNamespace(hass=None))
FAT = {"key": "fat", "name": "Fat", "kind": "reach", "target": 15.0, "weight": 1.0}


@pytest.fixture(autouse=True)
def _no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "custom_components.digital_twin.surfaces.flows.key_results.current_entity_id",
        lambda _hass, stored: stored,
    )


def _shown(document: dict[str, Any]) -> dict[str, Any]:
    return dict(show_key_result(NOWHERE, document))


def _saved(
    document: dict[str, Any], present: dict[str, Any] | None = None, **changes: object
) -> dict[str, Any]:
    """Change the row of a key result and return its document; None clears a part."""
    shown = _shown(document)
    row = {part: value for part, value in {**shown, **changes}.items() if value is not None}
    fields = [FormField((part,), choices.NUMBER) for part in {**shown, **row}]
    patch = patch_of(fields, NOWHERE, shown, row, {})
    return dict(change_key_result(present or document, patch))


@pytest.mark.parametrize(
    ("document", "parts"),
    [
        (FAT, {"target": 15.0}),
        (FAT | {"target": "TBD"}, {}),
        (FAT | {"kind": "boolean", "target": False, "current": True}, {"done": True}),
        (FAT | {"current": 0.0}, {"target": 15.0, "current": 0.0}),
        (FAT | {"source": {"metric": "body_fat"}}, {"target": 15.0, "metric": "body_fat"}),
        (
            FAT | {"source": {"entity_id": "sensor.fat"}, "note": "own"},
            {"target": 15.0, "entity": "sensor.fat"},
        ),
        (
            FAT
            | {
                "items": [
                    {"id": "a", "name": "A", "state": "done"},
                    {"id": "b", "name": "B", "state": "doing"},
                    {"id": "c", "name": "C", "state": "todo"},
                ]
            },
            {"target": 15.0, "items": ["[x] A", "[/] B", "[ ] C"]},
        ),
    ],
)
def test_a_row_shows_what_a_form_can_show(document: dict[str, Any], parts: dict[str, Any]) -> None:
    row = _shown(document)
    for part in ("key", "name", "kind", "weight"):
        assert row.pop(part) == document[part]
    assert row == parts


@pytest.mark.parametrize(
    ("document", "changes", "expected"),
    [
        (FAT, {}, FAT),
        (FAT, {"target": 14}, FAT | {"target": 14}),
        (FAT | {"unit": "%"}, {"unit": None}, FAT),
        (FAT | {"unit": "%"}, {"unit": ""}, FAT),
        (FAT | {"note": "own", "days": {"2026-01-01": 1.0}}, {"name": "F"}, None),
        (FAT | {"target": "TBD"}, {"name": "F"}, None),
        (FAT | {"target": "TBD"}, {"target": 3}, FAT | {"target": 3}),
        (FAT, {"current": 0}, FAT | {"current": 0}),
        (FAT, {"metric": "body_fat"}, FAT | {"source": {"metric": "body_fat"}}),
        (FAT | {"source": {"metric": "body_fat"}}, {"metric": None}, FAT),
        (
            FAT | {"source": {"entity_id": "sensor.fat"}},
            {"metric": "body_fat"},
            FAT | {"source": {"metric": "body_fat"}},
        ),
        (
            FAT | {"source": {"metric": "body_fat"}},
            {"entity": "sensor.fat"},
            FAT | {"source": {"entity_id": "sensor.fat"}},
        ),
        (FAT | {"source": {"entity_id": "sensor.fat"}}, {"entity": None}, FAT),
        (FAT | {"source": {"entity_id": "sensor.fat"}}, {"name": "F"}, None),
        (FAT | {"kind": "boolean"}, {"done": True}, None),
        (
            {"key": "a", "name": "A", "kind": "boolean", "current": True},
            {"done": False},
            {"key": "a", "name": "A", "kind": "boolean", "current": False},
        ),
        (
            {"key": "a", "name": "A", "kind": "boolean", "current": True},
            {"done": None},
            {"key": "a", "name": "A", "kind": "boolean"},
        ),
        # A number is no answer, and an answer is no number.
        (
            {"key": "a", "name": "A", "kind": "boolean", "target": False, "current": True},
            {"kind": "reach"},
            {"key": "a", "name": "A", "kind": "reach"},
        ),
        (
            {"key": "a", "name": "A", "kind": "reach", "target": 5.0, "current": 2.0},
            {"kind": "boolean", "done": True},
            {"key": "a", "name": "A", "kind": "boolean", "current": True},
        ),
    ],
)
def test_a_change_of_a_row_changes_that_part_only(
    document: dict[str, Any], changes: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    if expected is None:
        expected = document | {
            {"done": "current"}.get(part, part): value for part, value in changes.items()
        }
        if document.get("kind") == "boolean":
            del expected["target"]
    assert _saved(document, **changes) == expected


@pytest.mark.parametrize(
    ("lines", "items"),
    [
        (["[x] A", "[ ] B"], [("a", "A", "done"), ("b", "B", "todo")]),
        (["[X]A", " [/]  B "], [("a", "A", "done"), ("b", "B", "doing")]),
        (["B", "A"], [("b", "B", "todo"), ("a", "A", "todo")]),
        (["[] A", "[?] B"], [("a", "A", "todo"), (None, "[?] B", "todo")]),
        (["[x] A", "A"], [("a", "A", "done"), (None, "A", "todo")]),
        (["New"], [(None, "New", "todo")]),
    ],
)
def test_items_are_read_from_their_lines(
    lines: list[str], items: list[tuple[str | None, str, str]]
) -> None:
    present = [
        {"id": "a", "name": "A", "state": "doing"},
        {"id": "b", "name": "B", "state": "done"},
    ]
    saved = _saved({"key": "k", "name": "K", "kind": "checklist", "items": present}, items=lines)
    assert [(item.get("id"), item["name"], item["state"]) for item in saved["items"]] == items


def test_items_stay_what_they_are_when_others_change_or_they_are_renamed() -> None:
    present = [
        {"id": "a", "name": "Buy shoes", "state": "todo", "due": "2026-03-03"},
        {"id": "b", "name": "Find a route", "state": "todo", "due": "2026-03-31"},
    ]
    lines = ["[ ] Run", "[ ] Find a good route", "[x] Buy shoes"]
    saved = _saved({"key": "k", "name": "K", "kind": "checklist", "items": present}, items=lines)
    assert saved["items"] == [
        {"name": "Run", "state": "todo"},
        {**present[1], "name": "Find a good route"},
        {**present[0], "state": "done"},
    ]


def test_items_that_were_cleared_are_gone() -> None:
    document = {
        "key": "k",
        "name": "K",
        "kind": "checklist",
        "items": [{"id": "a", "name": "A", "state": "todo"}],
    }
    assert _saved(document, items=[]).get("items") in (None, [])


def test_a_part_that_changed_in_the_meantime_stays() -> None:
    present = FAT | {"current": 20.0, "days": {"2026-01-01": 20.0}}
    assert _saved(FAT, present, target=14) == present | {"target": 14}
