"""Whatever is sent, an action answers or refuses; it never fails in another way."""

from datetime import date, datetime, time
import json
from math import inf, nan
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util.yaml.objects import NodeListClass, NodeStrClass
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components.digital_twin as package
from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.registry import KINDS
from custom_components.digital_twin.surfaces.actions import ACTIONS
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.home.home import HOME
from custom_components.digital_twin.twin.metrics.person import PERSON
from tests.common import ANNA, GOAL_ID, HOME_ID, runtime

from .conftest import Perform

ENGLISH = Path(package.__file__).parent / "translations" / "en.json"
MESSAGES = json.loads(ENGLISH.read_text(encoding="utf-8"))["exceptions"]
NAMED: dict[str, dict[str, object]] = {
    "create_goal": {"goal_code": "G9", "name": "A"},
    "delete_goal": {"goal": GOAL_ID},
    "get_health_history": {"person": ANNA, "metric": "mood"},
    "get_briefing": {},
    "get_changes": {},
    "get_correlations": {"person": ANNA},
    "export_twin": {},
    "get_twin": {},
    "record_entity_value": {"person": ANNA, "metric": "mood"},
    "record_quick_entry": {"person": ANNA, "entry": "tea"},
    "import_health_metrics": {"person": ANNA},
    "query": {},
    "restore_twin": {},
    "simulate": {},
    "sync_goals": {},
    "update_goal": {"goal": GOAL_ID},
    "update_goal_progress": {"goal": GOAL_ID, "key_result": "Runs"},
    "set_consent": {"person": ANNA, "assistants": "exact"},
    "set_context": {"twin": ANNA, "context": "ill"},
    "set_maintenance": {"device": ANNA},
    "update_health_metrics": {"person": ANNA, "metrics": {"mood": 7}},
    "update_home": {"home": HOME_ID},
    "update_person": {"person": ANNA},
}
FIELDS: dict[str, tuple[str, ...]] = {
    "set_consent": ("person", "metrics", "household", "assistants", "api", "remote"),
    "set_context": ("twin", "context", "since", "until"),
    "set_maintenance": ("device", "until"),
    "create_goal": (*GOAL.fields,),
    "delete_goal": ("goal", "force"),
    "get_health_history": ("person", "metric", "start_date", "end_date"),
    "get_correlations": ("person", "metric", "other_metric", "days"),
    "export_twin": ("twin", "synthetic", "seed"),
    "get_twin": ("twin",),
    "import_health_metrics": (
        "person",
        "path",
        "source",
        "date_order",
        "units",
        "columns",
    ),
    "query": ("expression",),
    "restore_twin": ("twin",),
    "simulate": ("goals", "metrics", "contexts", "devices_gone", "integrations_gone"),
    "sync_goals": ("goals_folder",),
    "update_goal": ("goal", *GOAL.fields),
    "update_goal_progress": (
        "goal",
        "key_result",
        "value",
        "increment",
        "item",
        "state",
        "measured_at",
    ),
    "record_entity_value": ("person", "metric", "entity", "attribute"),
    "record_quick_entry": ("person", "entry"),
    "get_briefing": ("person", "language", "length", "since"),
    "get_changes": ("twins", "kind", "since", "until"),
    "update_health_metrics": ("person", "metrics", "measured_at", "source"),
    "update_home": ("home", *HOME.fields),
    "update_person": ("person", *PERSON.fields),
}
ANYTHING: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**400,
    nan,
    -inf,
    "",
    " ",
    "\x00",
    "\ud800",
    "x" * 100_000,
    NodeStrClass("G01"),
    b"bytes",
    date(2026, 3, 1),
    date.min,
    date.max,
    datetime(2026, 3, 1, 12),  # noqa: DTZ001  # as YAML gives it
    time(12),
    [],
    [None],
    [[[]]],
    NodeListClass([NodeStrClass("G01")]),
    {"a", "set"},
    {},
    {1: 2},
    {None: None},
    {"value": {}},
    {"scope": []},
    {"excluded_entities": [7, None, {}]},
    {"source": {"entity_id": ["sensor.a"]}, "name": []},
    [{"name": "a", "source": {"entity_id": 7}}],
    {"weight": {"value": nan, "unit": [], "measured_at": {}, "source": 7}},
    object(),
)


def _in_memory(entry: MockConfigEntry) -> object:
    registry = runtime(entry).registry
    return registry.seq, {
        kind: (dict(registry.records(kind)), {*registry.deletions.of(kind)}) for kind in KINDS
    }


def _message(refused: ServiceValidationError) -> str:
    assert refused.translation_domain == DOMAIN
    text: str = MESSAGES[str(refused.translation_key)]["message"]
    return text.format(**(refused.translation_placeholders or {}))


@pytest.mark.parametrize("action", ACTIONS)
async def test_an_action_answers_or_says_why_not_and_changes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, deleted: None, perform: Perform, action: str
) -> None:
    answered = 0
    for field in FIELDS[action]:
        for value in ANYTHING:
            before = _in_memory(entry)
            refusal = None
            try:
                assert await perform(action, **{**NAMED[action], field: value})
                answered += 1
            except ServiceValidationError as refused:
                refusal = refused
            if refusal is not None:
                assert _message(refusal)
                assert _in_memory(entry) == before
    # Most of it makes no sense, wherever it is put.
    assert answered < len(FIELDS[action]) * len(ANYTHING) / 2
