"""Diagnostics help to find a fault and tell nothing about anybody."""

from collections.abc import AsyncGenerator
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.registry import KINDS
from custom_components.digital_twin.engine.folder import CONF_GOALS_FOLDER

from .common import ANNA, GOAL_ID, HOME_ID, JAN, async_setup_twin, runtime

SECOND_GOAL_ID = "30000000-0000-4000-8000-000000000002"
# Whatever people gave, in words and numbers that appear nowhere else.
PERSON: dict[str, Any] = {
    "name": "Anna Secretname",
    "date_of_birth": "1987-06-05",
    "gender": "female",
    "contact_email": "anna@secretmail.example",
    "timezone": "Pacific/Chatham",
    "person_entity": "person.secret_anna",
    "preferences": {"secretpreference": "secretvalue"},
    "activity_level": "very active",
    "health_metrics": {
        "weight": {"value": 71.437, "source": "secretscale"},
        "mood": {"value": 8.613},
        "secretmetric": {"value": 4.219},
    },
    "day_start": 5,
    "metric_sources": {"weight": ["sensor.secret_room"], "secretmetric": ["sensor.secret_room"]},
}
METRIC: dict[str, Any] = {
    "key": "secretmetric",
    "name": "Secretname",
    "unit": "secretunit",
    "minimum": 0,
    "maximum": 9,
}
HOME: dict[str, Any] = {
    "name": "Secrethome",
    "address": {"street": "Secretstreet 77", "city": "Secretcity"},
    "location_coordinates": {"latitude": 52.98765, "longitude": 21.56789},
    "zone": "zone.secret_zone",
    "residents": [ANNA, JAN],
    "scope": {"excluded_areas": ["secret_area"]},
}
GOAL: dict[str, Any] = {
    "goal_code": "SECRET7",
    "name": "Secretgoal",
    "description": "Secretdescription",
    "owner_person_id": ANNA,
    "status": "active",
    "start_date": "2026-01-13",
    "target_date": "2026-11-14",
    "roadmap_link": "secret/Roadmap.md",
    "dependencies": [],
    "progress_metrics": [
        {"name": "Secretresult", "target": 68.321, "baseline": 90.123, "current": 71.437},
        {"name": "Secretlist", "items": ["Secretitem"], "secretextra": 1},
        {"name": "Secretweight", "source": {"metric": "weight"}},
    ],
}
SECRETS = (
    "secret",
    "anna",
    "1987",
    "chatham",
    "female",
    "very active",
    "71.4",
    "4.21",
    "8.61",
    "52.9",
    "21.5",
    "68.3",
    "90.1",
    "2026-01-13",
    "2026-11-14",
    "21.37",
    ANNA,
    JAN,
    HOME_ID,
    GOAL_ID,
)


@pytest.fixture
async def entry(
    hass: HomeAssistant, area_registry: ar.AreaRegistry
) -> AsyncGenerator[MockConfigEntry]:
    """Set up twins that are full of secrets."""
    area_registry.async_create("Secretroom")
    hass.states.async_set(
        "sensor.secret_room",
        "21.37",
        {"device_class": "temperature", "unit_of_measurement": "°C", "state_class": "measurement"},
    )
    hass.states.async_set("person.secret_anna", "home", {"user_id": "secretuser"})
    hass.states.async_set("binary_sensor.secret_motion", "on", {"device_class": "motion"})
    hass.states.async_set("binary_sensor.secret_leak", "on", {"device_class": "moisture"})
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        entry = await async_setup_twin(
            hass,
            persons={ANNA: PERSON, JAN: {"name": "Jan Secretname"}},
            homes={HOME_ID: HOME},
            goals={GOAL_ID: GOAL, SECOND_GOAL_ID: {"goal_code": "SECRET8", "name": "Secret"}},
            options={"low_battery": 15, "ignore_label": "secretlabel", "metrics": [METRIC]},
        )
        registry = runtime(entry).registry
        for one, other in ((GOAL_ID, SECOND_GOAL_ID), (SECOND_GOAL_ID, GOAL_ID)):
            await registry.async_update(KINDS["goal"], one, {"dependencies": [other]})
        await hass.async_block_till_done()
        assert await async_setup_component(hass, "diagnostics", {})
        yield entry


def _assert_silent(diagnostics: object) -> None:
    written = json.dumps(diagnostics).casefold()
    assert [secret for secret in SECRETS if secret.casefold() in written] == []


async def test_the_entry_tells_counts_and_what_is_there(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert found["store_version"] == "1.1"
    assert found["saves"] > 0
    assert found["thresholds"]["low_battery"] == 15
    assert found["thresholds"]["offline_grace"] == 15
    assert found["labels"] == ["ignore_label"]
    assert found["counts"]["goal"] == {"records": 2, "subentries": 2, "deleted": 0, "damaged": 0}
    assert found["dependency_cycles"] == [2]
    person, other = found["persons"]
    assert {"name", "date_of_birth", "contact_email", "preferences"} <= {*person["fields"]}
    assert "date_of_birth" not in other["fields"]
    assert person["metrics"] == ["mood", "weight"]
    assert (person["other_metrics"], other["metrics"]) == (1, [])
    assert person["history"] == {"mood": 1, "weight": 1}
    assert person["damaged_histories"] == 0
    assert (person["linked"], person["other_linked"]) == ({"weight": 1}, 1)
    assert (person["health_entities"], found["household_metrics"]) == (True, 1)
    goal = found["goals"][0]
    assert (goal["status"], goal["progress_known"], goal["dependencies"]) == ("Active", True, 1)
    assert (goal["pace"], goal["pace_reason"]) == ("overdue", "overdue")
    assert (goal["forecast"], goal["milestones"]) == ("too_little_history", 0)
    assert found["goals_folder"] == {"chosen": False, "write_back": False}
    assert goal["key_results"] == [
        {"kind": "reach", "source": None, "current_known": True, "items": 0, "days": 0},
        {"kind": "checklist", "source": None, "current_known": False, "items": 1, "days": 0},
        {"kind": "reach", "source": "metric", "current_known": False, "items": 0, "days": 0},
    ]


async def test_a_home_tells_how_it_is_made_and_what_is_wrong(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    (home,) = found["homes"]
    assert home["residents"] == 2
    assert home["scope"] == {"excluded_areas": 1}
    assert home["devices"]["total"] == 0
    assert home["operational_status"] == "Alert"
    assert sum(home["causes"].values()) == 1
    assert home["occupancy_known"] is True
    assert home["occupancy_evidence"] == {"motion": 1}


async def test_a_home_that_is_not_observed_tells_its_record(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    with patch.object(runtime(entry).observer, "_live", {}):
        found: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    (home,) = found["homes"]
    assert home["residents"] == 2
    assert "devices" not in home


async def test_the_entry_tells_nothing_about_anybody(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry
) -> None:
    _assert_silent(await get_diagnostics_for_config_entry(hass, hass_client, entry))


@pytest.mark.parametrize(
    ("kind", "twin_id"), [("home", HOME_ID), ("person", ANNA), ("goal", GOAL_ID)]
)
async def test_a_device_tells_about_its_twin_alone(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    device_registry: dr.DeviceRegistry,
    entry: MockConfigEntry,
    kind: str,
    twin_id: str,
) -> None:
    device = device_registry.async_get(runtime(entry).subentries.device_id(twin_id) or "")
    assert isinstance(device, dr.DeviceEntry)
    found: Any = await get_diagnostics_for_device(hass, hass_client, entry, device)
    assert [*found] == [kind]
    assert "name" in found[kind]["fields"]
    _assert_silent(found)


async def test_an_entry_that_does_not_start_tells_why(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hass_storage: dict[str, Any],
    entry: MockConfigEntry,
) -> None:
    device_id = runtime(entry).subentries.device_id(ANNA)
    assert device_id is not None
    device = dr.async_get(hass).async_get(device_id)
    assert isinstance(device, dr.DeviceEntry)
    await hass.config_entries.async_unload(entry.entry_id)
    hass_storage[f"{DOMAIN}.goals"]["version"] = 2
    assert not await hass.config_entries.async_setup(entry.entry_id)
    told = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert told["store_version"] == "1.1"
    assert (told["state"], told["error"]) == ("setup_error", "newer_file")
    assert await get_diagnostics_for_device(hass, hass_client, entry, device) == {
        "state": "setup_error",
        "error": "newer_file",
    }


async def test_a_device_without_a_twin_tells_nothing(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    device_registry: dr.DeviceRegistry,
    entry: MockConfigEntry,
) -> None:
    device = device_registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, "gone")}
    )
    assert await get_diagnostics_for_device(hass, hass_client, entry, device) == {}


async def test_the_goals_folder_is_told_in_numbers(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    entry: MockConfigEntry,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "secretfolder"
    folder.mkdir()
    (folder / "G01_Secretgoal.md").write_text('---\nowner: "Secretanna\n---\n\n- [ ] Secretitem\n')
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    options = {CONF_GOALS_FOLDER: str(folder)}
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.async_block_till_done(wait_background_tasks=True)
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    told = found["goals_folder"]
    assert told["chosen"] is True
    assert (told["goals"], told["missing"], told["left_out"]) == (1, 0, 0)
    assert told["faults"]["unclosed_quote"] == 1
    _assert_silent(found)
