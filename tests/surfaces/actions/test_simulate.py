"""What if: what would be different, for whom, and that nothing is written."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.common import ANNA, GOAL_ID, HOME_ID, JAN, runtime

from .conftest import OTHER_GOAL_ID, Perform, Refuses

DATES = {"status": "Active", "start_date": "2026-01-01", "target_date": "2026-06-30"}
WEIGHT = {"weight": {"value": 75, "measured_at": "2026-03-01T08:00:00+01:00"}}


@pytest.fixture
def _noon(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to("2026-03-01 12:00:00+01:00")


@pytest.fixture(autouse=True)
async def _goals(
    hass: HomeAssistant, _noon: None, entry: MockConfigEntry, perform: Perform
) -> None:
    await hass.config.async_set_time_zone("Europe/Warsaw")
    await perform("update_goal", goal="G01", **DATES)
    plan = {"start_date": "2026-07-01", "target_date": "2026-07-31"}
    await perform("update_goal", goal="G02", **plan)
    await perform("update_health_metrics", person=ANNA, metrics=WEIGHT)


@pytest.fixture
async def guest(hass: HomeAssistant) -> str:
    await hass.auth.async_create_user("Owner")
    return (await hass.auth.async_create_user("Guest", group_ids=["system-users"])).id


def _told(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {goal["goal_code"]: goal["changes"] for goal in answer["goals"]}


async def test_a_later_date_moves_those_that_wait_and_nothing_is_written(
    entry: MockConfigEntry, perform: Perform
) -> None:
    registry = runtime(entry).registry
    before = registry.seq, dict(registry.goals), dict(runtime(entry).assessments.slips.of)
    answer = await perform("simulate", goals=[{"goal": "G01", "target_date": "2026-08-10"}])
    assert _told(answer)["G01"]["target_date"] == {"before": "2026-06-30", "after": "2026-08-10"}
    slip = _told(answer)["G02"]["slip"]
    assert slip["after"]["late_because_of"] == [{"goal_id": GOAL_ID, "days": 40}]
    assert answer["critical_path"]["after"] == [GOAL_ID, OTHER_GOAL_ID]
    assert (answer["homes"], answer["silent"]) == ([], [])
    after = registry.seq, dict(registry.goals), dict(runtime(entry).assessments.slips.of)
    assert after == before


async def test_a_value_of_a_metric_moves_the_goals_that_follow_it(perform: Perform) -> None:
    supposed = {"person": ANNA, "metric": "weight", "value": 70}
    told = _told(await perform("simulate", metrics=[supposed]))
    assert told["G01"]["progress"]["before"] < told["G01"]["progress"]["after"]
    # In another unit it is the same.
    pounds = {**supposed, "value": 154.3236, "unit": "lb"}
    again = _told(await perform("simulate", metrics=[pounds]))
    assert again["G01"]["progress"]["after"] == pytest.approx(told["G01"]["progress"]["after"])


async def test_goals_and_metrics_add_up(perform: Perform) -> None:
    goals = [
        {
            "goal": GOAL_ID,
            "key_results": [
                {"key_result": "Runs", "per_week": 10},
                {"key_result": "To do", "per_week": 1},
            ],
        }
    ]
    metrics = [{"person": ANNA, "metric": "weight", "value": 70, "by": "2026-05-31"}]
    told = _told(await perform("simulate", goals=goals, metrics=metrics))
    # The weight takes longest: 91 days.
    assert told["G01"]["forecast"]["after"]["finish"] == "2026-05-31"
    # Without it, its own forecast decides, and there is none.
    assert _told(await perform("simulate", goals=goals)) == {}


async def test_a_private_value_is_not_told_to_others(
    perform: Perform, refuses: Refuses, guest: str
) -> None:
    weight = {"goal": "G01", "key_results": [{"key_result": "Weight", "value": 72}]}
    assert _told(await perform("simulate", user_id=guest, goals=[weight]))["G01"]["progress"]
    await perform("update_person", person=ANNA, health_entities=False)
    refused = "own_person_only", "goals[0].key_results"
    await refuses(*refused, "simulate", guest, goals=[weight])
    # Dates are no secret.
    later = {"goal": "G01", "target_date": "2026-08-10"}
    assert _told(await perform("simulate", user_id=guest, goals=[later]))["G01"]
    metric = {"person": ANNA, "metric": "weight", "value": 70}
    refused = "own_person_only", "metrics[0].person"
    await refuses(*refused, "simulate", guest, metrics=[metric])


async def test_a_context_lets_the_plans_of_its_person_stand_still(
    hass: HomeAssistant, entry: MockConfigEntry, perform: Perform
) -> None:
    seq = runtime(entry).registry.seq
    supposed = {"person": ANNA, "context": "ill", "since": "2026-02-15", "until": "2026-03-15"}
    told = _told(await perform("simulate", contexts=[supposed]))
    # The goals of Anna only, and those that wait for them.
    assert "planned_progress" in told["G01"]
    before, after = (told["G01"]["planned_progress"][each] for each in ("before", "after"))
    assert after < before
    # The same is different when it is so.
    days = {name: supposed[name] for name in ("since", "until")}
    await perform("set_context", twin=ANNA, context="ill", **days)
    document = await perform("get_twin", twin="G01")
    for name, change in told["G01"].items():
        assert document[name] == change["after"]
    # And the other way round.
    well = {"person": ANNA, "context": "usual", "since": "2026-02-15"}
    back = _told(await perform("simulate", contexts=[well]))
    assert back["G01"]["planned_progress"] == {"before": after, "after": before}
    assert runtime(entry).registry.seq == seq + 1


async def test_a_context_that_changes_no_plan_changes_nothing(perform: Perform) -> None:
    exam = {"person": ANNA, "context": "night_shifts", "until": "2026-03-15"}
    assert _told(await perform("simulate", contexts=[exam])) == {}


async def test_contexts_follow_each_other(perform: Perform) -> None:
    whole = {"person": ANNA, "context": "ill", "since": "2026-02-01", "until": "2026-02-20"}
    parts = [
        {**whole, "until": "2026-02-10"},
        {**whole, "context": "travelling", "since": "2026-02-11"},
    ]
    told = _told(await perform("simulate", contexts=[whole]))
    assert told == _told(await perform("simulate", contexts=parts))
    # The latter counts where two are supposed for the same days.
    none = [whole, {**whole, "context": "usual"}]
    assert _told(await perform("simulate", contexts=none)) == {}


async def test_only_who_may_read_a_person_supposes_a_context(refuses: Refuses, guest: str) -> None:
    supposed = {"person": ANNA, "context": "ill"}
    refused = "own_person_only", "contexts[0].person"
    await refuses(*refused, "simulate", guest, contexts=[supposed])


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({}, "nothing_to_do", ""),
        ({"contexts": [{"person": "Ola", "context": "ill"}]}, "not_found", "contexts[0].person"),
        (
            {"contexts": [{"person": ANNA, "context": "guests"}]},
            "not_an_option_private",
            "contexts[0].context",
        ),
        ({"contexts": [{"person": ANNA}]}, "required_field", "contexts[0].context"),
        (
            {"contexts": [{"person": ANNA, "context": "ill", "until": "2026-02-27"}]},
            "ends_before_start",
            "contexts[0].until",
        ),
        (
            {"contexts": [{"person": ANNA, "context": "ill", "since": "soon"}]},
            "invalid_date_private",
            "contexts[0].since",
        ),
        ({"goals": [{"goal": "G09", "dropped": True}]}, "not_found", "goals[0].goal"),
        ({"goals": [{"goal": "G01", "status": "Lost"}]}, "not_an_option", "goals[0].status"),
        (
            {"goals": [{"goal": "G01", "dependencies": ["G09"]}]},
            "not_found",
            "goals[0].dependencies[0]",
        ),
        (
            {"metrics": [{"person": JAN, "metric": "wit", "value": 1}]},
            "unknown_metric",
            "metrics[0].metric",
        ),
        (
            {"metrics": [{"person": JAN, "metric": "weight", "value": 1, "unit": "m"}]},
            "unknown_unit",
            "metrics[0].unit",
        ),
        ({"devices_gone": ["lamp"]}, "not_found", "devices_gone[0]"),
        ({"integrations_gone": ["hue"]}, "not_found", "integrations_gone[0]"),
    ],
)
async def test_what_cannot_be_supposed_is_refused(
    refuses: Refuses, data: dict[str, Any], key: str, field: str
) -> None:
    await refuses(key, field, "simulate", **data)


async def test_a_device_that_is_gone_worries_the_home_and_silences_what_follows_it(
    hass: HomeAssistant, entry: MockConfigEntry, perform: Perform
) -> None:
    other = MockConfigEntry(domain="scales", title="Scales")
    other.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("scales", "1")}, name="Scale"
    )
    entity = er.async_get(hass).async_get_or_create(
        "sensor", "scales", "1", config_entry=other, device_id=device.id
    )
    hass.states.async_set(entity.entity_id, "75", {"unit_of_measurement": "kg"})
    await perform("update_person", person=JAN, metric_sources={"weight": [entity.entity_id]})
    follows = {"name": "Load", "target": 5, "source": {"entity_id": entity.entity_id}}
    await perform("update_goal", goal="G02", progress_metrics=[follows])
    silent = [
        {"kind": "goal", "twin_id": OTHER_GOAL_ID, "part": "load"},
        {"kind": "person", "twin_id": JAN, "part": "weight"},
    ]
    runtime(entry).observer._rebuild()
    await hass.async_block_till_done()
    answer = await perform("simulate", devices_gone=[device.id])
    (home,) = answer["homes"]
    assert home["home_id"] == HOME_ID
    assert home["operational_status"] == {"before": "Optimal", "after": "Degraded"}
    (cause,) = home["causes"]["after"]
    assert (cause["cause"], cause["name"]) == ("device_offline", "Scale")
    assert answer["silent"] == silent
    answer = await perform("simulate", integrations_gone=["scales"])
    (cause,) = answer["homes"][0]["causes"]["after"]
    assert (cause["cause"], cause["integration"]) == ("integration_failed", "scales")
    assert [each["name"] for each in cause["affects"]] == ["Scale"]
    assert answer["silent"] == silent
