"""What cards draw: the dashboard, the map of goals, and weeks of goals and metrics."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_USER
from homeassistant.core import Context, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.commands.access import (
    Actor,
    NotPermittedError,
    async_actor,
    async_speaker,
)
from custom_components.digital_twin.commands.charts import (
    dashboard_document,
    goal_map_document,
    weeks_document,
)
from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.feed import Origin
from custom_components.digital_twin.engine.documents import Document
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.records.fields import ObjectReader
from tests.common import (
    ANNA,
    GOAL_ID,
    HOME_ID,
    JAN,
    async_patch_twin,
    async_setup_twin,
    runtime,
)

type Draw = Callable[[Actor, ObjectReader], Document]

JANS_GOAL = "30000000-0000-4000-8000-000000000002"
GARDEN = "30000000-0000-4000-8000-000000000003"
OLD_GOAL = "30000000-0000-4000-8000-000000000004"
PLANTS = {"name": "Plants", "kind": "accumulate", "target": 10, "current": 0}


@pytest.fixture
async def entry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Set up goals of two people and of the household; it is Monday, 2 March, at noon."""
    freezer.move_to("2026-02-01T12:00:00+00:00")
    await hass.config.async_set_time_zone("Europe/Warsaw")
    hass.states.async_set("person.anna", "home")
    weight = {"value": 71.44, "measured_at": "2026-02-01T08:00:00+00:00"}
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        entry = await async_setup_twin(
            hass,
            persons={
                JAN: {"name": "Jan"},
                ANNA: {
                    "name": "Anna",
                    "person_entity": "person.anna",
                    "health_metrics": {"weight": weight},
                },
            },
            goals={
                JANS_GOAL: {
                    "goal_code": "G02",
                    "name": "Shelf",
                    "owner_person_id": JAN,
                    "status": "Active",
                    "target_date": "2026-03-20",
                },
                GOAL_ID: {
                    "goal_code": "G01",
                    "name": "Books",
                    "owner_person_id": ANNA,
                    "status": "Active",
                    "dependencies": [JANS_GOAL],
                    "start_date": "2026-02-01",
                    "target_date": "2026-06-30",
                    "milestones": [{"name": "Half", "date": "2026-04-15", "progress": 50}],
                    "progress_metrics": [PLANTS],
                },
                GARDEN: {"goal_code": "G03", "name": "Garden", "status": "Active"},
                OLD_GOAL: {"goal_code": "G04", "name": "Past", "status": "Archived"},
            },
            homes={
                HOME_ID: {"name": "House", "zone": "zone.home", "residents": [ANNA, JAN]},
            },
        )
    for day, value in (("02-24", 2.5), ("03-02", 4)):
        freezer.move_to(f"2026-{day}T12:00:00+00:00")
        update = {"goal": GOAL_ID, "key_result": "Plants", "value": value}
        await hass.services.async_call(DOMAIN, "update_goal_progress", update, blocking=True)
    return entry


@pytest.fixture
async def admin(hass: HomeAssistant, entry: MockConfigEntry) -> Actor:
    user = await hass.auth.async_create_user("Admin", group_ids=[GROUP_ID_ADMIN])
    return await async_actor(hass, runtime(entry), Context(user_id=user.id), Origin.WEBSOCKET)


@pytest.fixture
async def guest(hass: HomeAssistant, entry: MockConfigEntry, admin: Actor) -> Actor:
    """A user without a profile."""
    user = await hass.auth.async_create_user("Guest", group_ids=[GROUP_ID_USER])
    return await async_actor(hass, runtime(entry), Context(user_id=user.id), Origin.WEBSOCKET)


def _draw(draw: Draw, actor: Actor, **data: object) -> Any:  # noqa: ANN401  # JSON of any shape
    return draw(actor, ObjectReader(data, actor.registry.context()))


def test_a_dashboard_is_made_of_twins(admin: Actor) -> None:
    found = _draw(dashboard_document, admin)
    (home,) = found["homes"]
    assert (home["id"], home["name"]) == (HOME_ID, "House")
    assert (home["people"], home["batteries"]) == (["person.anna"], [])
    assert [person["name"] for person in found["people"]] == ["Anna", "Jan"]
    # The next to be due comes first, and what has no date last.
    assert [goal["name"] for goal in found["goals"]] == ["Shelf", "Books", "Garden"]
    assert found["goals"][1]["person_id"] == ANNA
    assert found["goals"][1]["code"] == "G01"


def test_a_guest_sees_no_people(guest: Actor) -> None:
    found = _draw(dashboard_document, guest)
    assert found["people"] == []
    assert [goal["name"] for goal in found["goals"]] == ["Shelf", "Books", "Garden"]


def test_goals_have_places(admin: Actor) -> None:
    found = _draw(goal_map_document, admin)
    goals = {goal["goal_code"]: goal for goal in found["goals"]}
    assert list(goals) == ["G01", "G02", "G03"]
    assert (goals["G02"]["column"], goals["G01"]["column"]) == (0, 1)
    assert found["edges"] == [
        {"source": JANS_GOAL, "target": GOAL_ID, "passes": [], "in_cycle": False}
    ]
    assert found["groups"] == []
    assert {
        name: goals["G01"][name]
        for name in ("owner", "status", "pace", "progress", "target_date", "entity_id")
    } == {
        "owner": "Anna",
        "status": "active",
        "pace": "blocked",
        "progress": 40.0,
        "target_date": "2026-06-30",
        "entity_id": None,
    }
    assert goals["G01"]["next_milestone"]["name"] == "Half"
    assert goals["G01"]["why"] == "Waits for G02"
    assert found["critical_path"] == [GOAL_ID]


async def test_goals_say_which_other_makes_them_late(hass: HomeAssistant, admin: Actor) -> None:
    late = {"goal": JANS_GOAL, "start_date": "2026-01-01", "target_date": "2026-08-01"}
    await hass.services.async_call(DOMAIN, "update_goal", late, blocking=True)
    found = _draw(goal_map_document, admin)
    goals = {goal["goal_code"]: goal for goal in found["goals"]}
    slip = goals["G01"]["slip"]
    assert slip.pop("early") < "2026-08-01" < slip.pop("late")
    assert slip == {
        "start": "2026-02-01",
        "finish": "2026-08-01",
        "days": 32,
        "late_because_of": [{"goal_id": JANS_GOAL, "days": 32}],
        "unknown_because_of": None,
    }
    # The garden has no dates: nobody knows when it ends, and it stands in nobody's way.
    assert goals["G03"]["slip"]["unknown_because_of"] == GARDEN
    assert found["critical_path"] == [JANS_GOAL, GOAL_ID]


def test_a_person_has_a_map_with_what_theirs_wait_for(admin: Actor) -> None:
    found = _draw(goal_map_document, admin, person=ANNA)
    assert [goal["goal_code"] for goal in found["goals"]] == ["G01", "G02"]
    found = _draw(goal_map_document, admin, person=JAN)
    assert [goal["goal_code"] for goal in found["goals"]] == ["G02"]


def test_a_week_tells_what_goals_gained(admin: Actor) -> None:
    found = _draw(weeks_document, admin, weeks=3)
    assert found["weeks"] == ["2026-02-16", "2026-02-23", "2026-03-02"]
    (row,) = found["rows"]
    assert (row["name"], row["code"], row["unit"]) == ("Books", "G01", "%")
    assert [(cell["value"], cell["at_end"]) for cell in row["cells"]] == [
        (0.0, 0.0),
        (25.0, 25.0),
        (15.0, 40.0),
    ]
    assert _draw(weeks_document, admin, person=JAN)["rows"] == []
    assert len(_draw(weeks_document, admin)["weeks"]) == 26


async def test_weeks_leave_out_what_was_completed_before(
    hass: HomeAssistant, entry: MockConfigEntry, admin: Actor
) -> None:
    (row,) = _draw(weeks_document, admin, weeks=3)["rows"]
    for day, shown in (("2026-02-16", [row["code"]]), ("2026-02-15", [])):
        done = {"status": "completed", "completed_on": day}
        await async_patch_twin(hass, entry, "goal", GOAL_ID, **done)
        assert [each["code"] for each in _draw(weeks_document, admin, weeks=3)["rows"]] == shown


async def test_a_week_tells_how_metrics_went(admin: Actor) -> None:
    readings = [("weight", 72.0, "2026-02-24"), ("weight", 74.0, "2026-02-26")]
    for metric, value, day in readings:
        await admin.hass.services.async_call(
            DOMAIN,
            "update_health_metrics",
            {"person": ANNA, "metrics": {metric: value}, "measured_at": f"{day} 08:00:00"},
            blocking=True,
        )
    (row,) = _draw(weeks_document, admin, person=ANNA, metrics=True, weeks=2)["rows"]
    assert (row["id"], row["name"], row["unit"]) == ("weight", "Weight", "kg")
    assert [cell["value"] for cell in row["cells"]] == [73.0, None]


def test_nobody_sees_the_metrics_of_somebody_else(guest: Actor) -> None:
    with pytest.raises(NotPermittedError):
        _draw(weeks_document, guest, person=ANNA, metrics=True)
    assert _draw(weeks_document, guest, person=ANNA)["rows"]


async def test_an_unknown_caller_sees_only_what_is_of_the_household(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    speaker = await async_speaker(hass, runtime(entry), None)
    assert [goal["goal_code"] for goal in _draw(goal_map_document, speaker)["goals"]] == ["G03"]
    assert _draw(weeks_document, speaker)["rows"] == []
    assert [goal["name"] for goal in _draw(dashboard_document, speaker)["goals"]] == ["Garden"]


@pytest.mark.parametrize(
    ("draw", "data", "fault"),
    [
        (dashboard_document, {"home": HOME_ID}, ("home", "unknown_field")),
        (goal_map_document, {"weeks": 3}, ("weeks", "unknown_field")),
        (goal_map_document, {"person": "Eva"}, ("person", "not_found")),
        (weeks_document, {"weeks": 0}, ("weeks", "out_of_range")),
        (weeks_document, {"weeks": 58}, ("weeks", "out_of_range")),
        (weeks_document, {"metrics": "yes please"}, ("metrics", "wrong_type")),
        (weeks_document, {"metrics": True}, ("person", "required_field")),
    ],
)
def test_wrong_questions_are_refused(
    admin: Actor, draw: Draw, data: dict[str, object], fault: tuple[str, str]
) -> None:
    with pytest.raises(TwinError) as refused:
        _draw(draw, admin, **data)
    assert [(each.field, each.key) for each in refused.value.faults] == [fault]
