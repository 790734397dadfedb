"""The commands that REST and WebSocket share: documents of a kind, and readings in batches."""

from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_USER
from homeassistant.core import Context, HomeAssistant
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.commands.access import (
    Actor,
    NotPermittedError,
    async_actor,
)
from custom_components.digital_twin.commands.people import (
    MAX_READINGS,
    async_add_readings,
    daily_history,
)
from custom_components.digital_twin.commands.twins import (
    async_create_document,
    async_delete_document,
    async_documents,
    async_patch_document,
    async_world_documents,
    document_of_kind,
    list_documents,
)
from custom_components.digital_twin.engine.core.feed import Origin
from custom_components.digital_twin.engine.core.registry import KINDS
from custom_components.digital_twin.engine.documents import document_parts
from custom_components.digital_twin.twin.errors import TwinError
from tests.common import ANNA, GOAL_ID, HOME_ID, JAN, async_setup_twin, runtime

JANS_GOAL = "30000000-0000-4000-8000-000000000002"
NOBODYS_GOAL = "30000000-0000-4000-8000-000000000003"
MEASURED_AT = "2026-03-01T08:00:00+00:00"


@pytest.fixture
async def entry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Set up a private person and another one, each with a goal, on 2 March at noon."""
    freezer.move_to("2026-03-02T12:00:00+00:00")
    await hass.config.async_set_time_zone("Europe/Warsaw")
    weight = {"value": 71.5, "measured_at": MEASURED_AT}
    follows = {
        "name": "Weight",
        "kind": "reach",
        "baseline": 80,
        "current": 71.5,
        "target": 70,
        "source": {"metric": "weight"},
    }
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        return await async_setup_twin(
            hass,
            persons={
                JAN: {"name": "Jan"},
                ANNA: {
                    "name": "Anna",
                    "gender": "Female",
                    "contact_email": "Anna@example.com",
                    "activity_level": "Very Active",
                    "health_entities": False,
                    "health_metrics": {"weight": weight},
                },
            },
            goals={
                JANS_GOAL: {"goal_code": "G02", "name": "Read", "owner_person_id": JAN},
                GOAL_ID: {
                    "goal_code": "G01",
                    "name": "Weight",
                    "owner_person_id": ANNA,
                    "status": "On Hold",
                    "progress_metrics": [follows],
                },
                NOBODYS_GOAL: {"goal_code": "G03", "name": "Garden", "dependencies": [GOAL_ID]},
            },
        )


@pytest.fixture
async def admin(hass: HomeAssistant, entry: MockConfigEntry) -> Actor:
    user = await hass.auth.async_create_user("Admin", group_ids=[GROUP_ID_ADMIN])
    return await async_actor(hass, runtime(entry), Context(user_id=user.id), Origin.REST)


@pytest.fixture
async def jan(hass: HomeAssistant, entry: MockConfigEntry, admin: Actor) -> Actor:
    """Jan as a user of his own."""
    user = await hass.auth.async_create_user("Jan", group_ids=[GROUP_ID_USER])
    hass.states.async_set("person.jan", "home", {"user_id": user.id})
    registry = runtime(entry).registry
    await registry.async_update(KINDS["person"], JAN, {"person_entity": "person.jan"})
    return await async_actor(hass, runtime(entry), Context(user_id=user.id), Origin.REST)


def _names(documents: list[dict[str, Any]]) -> list[str]:
    return [document["name"] for document in documents]


async def test_lists_are_in_the_order_of_names_and_codes(admin: Actor) -> None:
    assert _names(list_documents(admin, "person")) == ["Anna", "Jan"]
    assert _names(list_documents(admin, "goal")) == ["Weight", "Read", "Garden"]


async def test_a_document_has_every_part_that_is_described(admin: Actor) -> None:
    for kind, documents in (("person", 2), ("home", 1), ("goal", 3)):
        found = list_documents(admin, kind)
        assert len(found) == documents
        for document in found:
            assert document.keys() == document_parts(kind).keys()


@pytest.mark.parametrize(
    ("kind", "filters", "names"),
    [
        ("person", {"name": "Anna"}, ["Anna"]),
        ("person", {"name": "anna"}, []),
        ("person", {"contact_email": "anna@EXAMPLE.com"}, ["Anna"]),
        ("person", {"activity_level": "very_active"}, ["Anna"]),
        ("person", {"activity_level": "VERY ACTIVE"}, ["Anna"]),
        ("person", {"activity_level": "null"}, ["Jan"]),
        ("person", {"health_entities": "true"}, ["Jan"]),
        ("person", {"health_entities": "false"}, ["Anna"]),
        ("person", {"day_start": "0"}, ["Anna", "Jan"]),
        ("person", {"day_start": "0.0", "person_id": JAN.upper()}, ["Jan"]),
        ("person", {"timezone": "Europe/Warsaw", "gender": "female"}, ["Anna"]),
        ("person", {"age": "null"}, ["Anna", "Jan"]),
        ("home", {"operational_status": "alert"}, []),
        ("home", {"home_id": HOME_ID}, ["Home"]),
        ("goal", {"goal_code": "g01"}, ["Weight"]),
        ("goal", {"status": "on hold"}, ["Weight"]),
        ("goal", {"progress": "85"}, ["Weight"]),
        ("goal", {"owner_person_id": "null"}, ["Garden"]),
        ("goal", {"owner_person_id": JAN}, ["Read"]),
    ],
)
async def test_filters_select_by_scalars(
    admin: Actor, kind: str, filters: dict[str, str], names: list[str]
) -> None:
    assert _names(list_documents(admin, kind, filters)) == names


@pytest.mark.parametrize(
    ("filters", "fields", "faults"),
    [
        ({"nme": "Anna"}, None, [("unknown_field", "nme")]),
        ({"health_metrics": "1"}, None, [("unknown_field", "health_metrics")]),
        ({}, ["name", "weight"], [("unknown_field", "weight")]),
        ({"gender": "x"}, None, [("not_an_option", "gender")]),
        ({"day_start": "noon"}, None, [("wrong_type", "day_start")]),
        ({"health_entities": "yes"}, None, [("wrong_type", "health_entities")]),
        ({"a": "1"}, ["b"], [("unknown_field", "a"), ("unknown_field", "b")]),
    ],
)
async def test_what_no_document_has_is_refused(
    admin: Actor, filters: dict[str, str], fields: list[str] | None, faults: list[tuple[str, str]]
) -> None:
    with pytest.raises(TwinError) as refused:
        list_documents(admin, "person", filters, fields)
    assert [(fault.key, fault.field) for fault in refused.value.faults] == faults
    allowed = {fault.placeholders.get("allowed") for fault in refused.value.faults}
    assert all(allowed) or faults[0][0] == "wrong_type"


async def test_a_projection_keeps_the_id(admin: Actor) -> None:
    assert list_documents(admin, "person", {}, ["name"]) == [
        {"person_id": ANNA, "name": "Anna"},
        {"person_id": JAN, "name": "Jan"},
    ]
    assert list_documents(admin, "home", {}, []) == [{"home_id": HOME_ID}]


async def test_a_kind_that_is_none_is_refused(admin: Actor) -> None:
    with pytest.raises(TwinError) as refused:
        list_documents(admin, "car")
    assert (refused.value.key, refused.value.faults[0].field) == ("not_an_option", "kind")


@pytest.mark.parametrize("name", [GOAL_ID, GOAL_ID.upper(), "G01", "g01"])
async def test_a_goal_is_named_by_its_id_or_code(admin: Actor, name: str) -> None:
    assert document_of_kind(admin, "goal", name)["goal_id"] == GOAL_ID


@pytest.mark.parametrize(
    ("kind", "name"), [("goal", "G99"), ("person", GOAL_ID), ("person", "Anna"), ("home", "")]
)
async def test_what_is_not_there_is_not_found(admin: Actor, kind: str, name: str) -> None:
    with pytest.raises(TwinError) as refused:
        document_of_kind(admin, kind, name, "twin")
    assert (refused.value.key, refused.value.faults[0].field) == ("not_found", "twin")


async def test_a_user_sees_what_is_theirs_and_no_private_value(jan: Actor) -> None:
    assert _names(list_documents(jan, "person")) == ["Jan"]
    goals = list_documents(jan, "goal")
    assert _names(goals) == ["Weight", "Read", "Garden"]
    assert "71.5" not in str(goals)
    assert "71.5" not in str(await async_world_documents(jan))
    assert "71.5" not in str(document_of_kind(jan, "goal", "G01"))
    with pytest.raises(NotPermittedError):
        document_of_kind(jan, "person", ANNA)


async def test_the_world_is_what_the_actor_may_read(admin: Actor, jan: Actor) -> None:
    sizes = {name: len(found) for name, found in (await async_world_documents(admin)).items()}
    assert sizes == {"persons": 2, "homes": 1, "goals": 3}
    assert "71.5" in str(await async_world_documents(admin))
    assert _names((await async_world_documents(jan))["persons"]) == ["Jan"]


async def test_a_list_is_made_while_goals_come_and_go(admin: Actor) -> None:
    found = []
    async for document in async_documents(admin, "goal"):
        found.append(document["name"])
        if len(found) == 1:
            await async_delete_document(admin, "goal", "G02")
            await async_create_document(admin, "goal", {"name": "Swim"})
    assert found == ["Weight", "Garden"]


async def test_a_new_goal_is_active_from_today(admin: Actor) -> None:
    goal = await async_create_document(admin, "goal", {"name": "Swim", "dependencies": ["g01"]})
    assert (goal["goal_code"], goal["status"]) == ("G04", "Active")
    assert (goal["start_date"], goal["dependencies"]) == ("2026-03-02", [GOAL_ID])
    assert document_of_kind(admin, "goal", "G04") == goal


async def test_persons_and_homes_are_created_by_administrators(admin: Actor, jan: Actor) -> None:
    assert (await async_create_document(admin, "person", {"name": "Ola"}))["revision"] == 1
    assert (await async_create_document(admin, "home", {"name": "Cabin"}))["revision"] == 1
    for kind in ("person", "home"):
        with pytest.raises(NotPermittedError):
            await async_create_document(jan, kind, {"name": "Mine"})


async def test_a_patch_of_an_old_revision_is_stale(admin: Actor) -> None:
    first = await async_patch_document(admin, "home", HOME_ID, {"name": "Flat"}, revision=1)
    assert (first["revision"], first["name"]) == (2, "Flat")
    with pytest.raises(TwinError) as refused:
        await async_patch_document(admin, "home", HOME_ID, {"name": "House"}, revision=1)
    assert refused.value.key == "stale"
    assert document_of_kind(admin, "home", HOME_ID) == first


async def test_an_equal_patch_changes_nothing(admin: Actor, freezer: FrozenDateTimeFactory) -> None:
    before = document_of_kind(admin, "person", ANNA)
    freezer.tick(60)
    assert await async_patch_document(admin, "person", ANNA, {"gender": "FEMALE"}) == before


async def test_a_delete_that_others_refer_to_has_to_be_forced(admin: Actor) -> None:
    with pytest.raises(TwinError) as refused:
        await async_delete_document(admin, "person", ANNA)
    assert refused.value.key == "in_use"
    references = await async_delete_document(admin, "person", ANNA, force=True, revision=1)
    assert [(each.twin_id, each.field) for each in references] == [(GOAL_ID, "owner_person_id")]
    assert document_of_kind(admin, "goal", "G01")["owner_person_id"] is None
    assert ANNA in admin.registry.deletions.of("person")


async def test_a_home_is_deleted(admin: Actor) -> None:
    assert await async_delete_document(admin, "home", HOME_ID) == ()
    assert list_documents(admin, "home") == []


async def test_an_old_revision_is_not_deleted(admin: Actor) -> None:
    await async_patch_document(admin, "home", HOME_ID, {"name": "Flat"})
    with pytest.raises(TwinError) as refused:
        await async_delete_document(admin, "home", HOME_ID, revision=1)
    assert refused.value.key == "stale"


async def test_readings_are_recorded_in_a_batch(admin: Actor) -> None:
    readings = [
        {"metric": "weight", "value": 158, "unit": "lb", "measured_at": "2026-03-02T07:00:00"},
        {"metric": "steps", "value": 5000, "measured_at": "2026-03-01T20:00:00Z", "source": "app"},
        {"metric": "hydration", "value": 250},
        {"metric": "hydration", "value": 250},
    ]
    accepted = await async_add_readings(admin, JAN, readings)
    assert accepted.days == 3
    assert accepted.accepted.keys() == {"weight", "steps", "hydration"}
    # Two amounts without a time are two amounts.
    assert accepted.accepted["hydration"].value == 500
    # A time without an offset is that of the person.
    assert accepted.accepted["weight"].measured_at.isoformat() == "2026-03-02T06:00:00+00:00"


async def test_a_batch_is_recorded_whole_or_not_at_all(admin: Actor) -> None:
    readings = [
        {"metric": "weight", "value": 71},
        {"metric": "weight", "value": "heavy"},
        {"metric": "wait", "value": 71},
        5,
        {"value": 3},
        {"metric": "weight", "value": 71, "unit": "stones", "colour": "red"},
    ]
    with pytest.raises(TwinError) as refused:
        await async_add_readings(admin, JAN, readings)
    assert {(fault.field, fault.key) for fault in refused.value.faults} == {
        ("[1].value", "wrong_type"),
        ("[2].metric", "unknown_metric"),
        ("[3]", "wrong_type"),
        ("[4].metric", "required_field"),
        ("[5].unit", "unknown_unit"),
        ("[5].colour", "unknown_field"),
    }
    assert not any("value" in fault.placeholders for fault in refused.value.faults)
    assert document_of_kind(admin, "person", JAN)["health_metrics"] == {}


@pytest.mark.parametrize(
    ("readings", "key"),
    [([], "required_field"), ([{"metric": "mood", "value": 5}] * (MAX_READINGS + 1), "too_long")],
)
async def test_the_size_of_a_batch_is_limited(
    admin: Actor, readings: list[object], key: str
) -> None:
    with pytest.raises(TwinError) as refused:
        await async_add_readings(admin, JAN, readings)
    assert refused.value.key == key


TIMES = st.integers(0, 60 * 24 * 3).map(
    lambda minutes: f"2026-02-{26 + minutes // 1440:02}T{minutes // 60 % 24:02}:{minutes % 60:02}Z"
)
READINGS = st.fixed_dictionaries(
    {
        "metric": st.sampled_from(["weight", "steps", "hydration", "heart_rate", "sleep_duration"]),
        "value": st.integers(40, 100),
        "measured_at": TIMES,
        "source": st.sampled_from(["app", "watch"]),
        "total": st.booleans(),
    }
)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batch=st.lists(READINGS, min_size=1, max_size=25))
async def test_a_batch_that_is_sent_twice_changes_nothing(
    admin: Actor, batch: list[dict[str, Any]]
) -> None:
    batch = [each for each in batch if not each["measured_at"].startswith("2026-02-29")]
    if not batch:
        return
    await async_add_readings(admin, JAN, list(batch))
    before = document_of_kind(admin, "person", JAN)
    again = await async_add_readings(admin, JAN, list(batch))
    assert (again.accepted, again.days) == ({}, 0)
    assert document_of_kind(admin, "person", JAN) == before


async def test_the_history_of_a_metric_is_that_of_its_days(admin: Actor, jan: Actor) -> None:
    history = daily_history(admin, ANNA, "weight", "2026-02-01", "2026-03-02")
    assert (history["unit"], [each["day"] for each in history["days"]]) == (  # type: ignore[index,union-attr,call-overload]
        "kg",
        ["2026-03-01"],
    )
    assert daily_history(admin, ANNA, "weight") == history
    with pytest.raises(NotPermittedError):
        daily_history(jan, ANNA, "weight")


@pytest.mark.parametrize(
    ("metric", "first", "last", "field", "key"),
    [
        (None, None, None, "metric", "required_field"),
        ("wait", None, None, "metric", "unknown_metric"),
        ("weight", "yesterday", None, "from", "invalid_date"),
        ("weight", None, "2026-13-01", "to", "invalid_date"),
    ],
)
async def test_a_history_that_cannot_be_is_refused(
    admin: Actor, metric: object, first: object, last: object, field: str, key: str
) -> None:
    with pytest.raises(TwinError) as refused:
        daily_history(admin, ANNA, metric, first, last)
    assert (refused.value.faults[0].field, refused.value.key) == (field, key)
