"""Entities that fit a person."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.health.suggestions import KNOWN, suggest_sources
from custom_components.digital_twin.twin.catalogue import CATALOGUE

PERSON = "person.anna"


class Household:
    """Makes accounts, devices and entities."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.entities = er.async_get(hass)

    def device(self, platform: str, title: str, name: str) -> tuple[MockConfigEntry, str]:
        account = MockConfigEntry(domain=platform, title=title)
        account.add_to_hass(self.hass)
        device = dr.async_get(self.hass).async_get_or_create(
            config_entry_id=account.entry_id, identifiers={(platform, name)}, name=name
        )
        return account, device.id

    def entity(
        self,
        place: tuple[MockConfigEntry, str],
        unique_id: str,
        unit: str | None = None,
        **more: str,
    ) -> str:
        account, device_id = place
        domain = more.pop("domain", "sensor")
        entry = self.entities.async_get_or_create(
            domain,
            account.domain,
            unique_id,
            config_entry=account,
            device_id=device_id,
            unit_of_measurement=unit,
            **more,  # type: ignore[arg-type]  # the tests name what they mean
        )
        return entry.entity_id


@pytest.fixture
def household(hass: HomeAssistant) -> Household:
    return Household(hass)


def suggested(hass: HomeAssistant, name: str = "Anna Maj") -> dict[str, list[str]]:
    return suggest_sources(hass, CATALOGUE, name, PERSON)


def test_all_that_is_known_are_metrics() -> None:
    assert {metric for several in KNOWN.values() for metric in several.values()} <= {*CATALOGUE}


@pytest.mark.parametrize(
    ("platform", "unique_id", "metric"),
    [
        ("google_health", "abc_steps", "steps"),
        ("google_health", "abc_resting_heart_rate", "resting_heart_rate"),
        ("google_health", "abc_sleep_asleep", "sleep_duration"),
        ("google_health", "abc_sleep_awake", None),
        ("withings", "withings_12_weight_kg", "weight"),
        ("withings", "withings_12_activity_steps_today", "steps"),
        ("withings", "withings_12_step_goal", None),
        ("fitbit", "XYZ_activities/steps", "steps"),
        ("fitbit", "XYZ_sleep/minutesAsleep", "sleep_duration"),
        ("fitbit", "XYZ_activities/tracker/steps", None),
        ("mobile_app", "hook_health_connect_heart_rate_variability", "heart_rate_variability"),
        ("mobile_app", "hook_health_connect_heart_rate", "heart_rate"),
        ("mobile_app", "hook_pedometer_steps", "steps"),
        ("mobile_app", "hook_battery_level", None),
    ],
)
async def test_sensors_of_known_integrations_are_found_by_the_account(
    hass: HomeAssistant, household: Household, platform: str, unique_id: str, metric: str | None
) -> None:
    entity_id = household.entity(household.device(platform, "anna@example.org", "x"), unique_id)
    assert suggested(hass) == ({metric: [entity_id]} if metric else {})
    assert suggested(hass, "Jan") == {}


async def test_the_devices_that_track_a_person_are_theirs(
    hass: HomeAssistant, household: Household
) -> None:
    phone = household.device("mobile_app", "Pixel", "Pixel")
    tracker = household.entity(phone, "hook", domain="device_tracker")
    steps = household.entity(phone, "hook_pedometer_steps")
    assert suggested(hass, "Bo") == {}
    hass.states.async_set(PERSON, "home", {"device_trackers": [tracker, "device_tracker.gone"]})
    assert suggested(hass, "Bo") == {"steps": [steps]}


async def test_entities_of_others_are_found_by_name_and_unit(
    hass: HomeAssistant, household: Household
) -> None:
    scale = household.device("esphome", "Scale", "Bathroom")
    named = household.entity(scale, "1", "kg", suggested_object_id="anna_weight")
    household.entity(scale, "2", "km", suggested_object_id="anna_height")
    household.entity(scale, "3", suggested_object_id="anna_steps")
    household.entity(scale, "4", "kg", suggested_object_id="jan_weight")
    watch = household.device("garmin", "Garmin", "Anna's watch")
    pulse = household.entity(watch, "1", "bpm", translation_key="resting_heart_rate")
    hass.states.async_set("sensor.anna_steps", "100", {"unit_of_measurement": "steps"})
    assert suggested(hass) == {
        "weight": [named],
        "resting_heart_rate": [pulse],
        "steps": ["sensor.anna_steps"],
    }


async def test_the_best_known_comes_first(hass: HomeAssistant, household: Household) -> None:
    other = household.device("abc", "Anna", "x")
    helper = household.entity(
        other, "1", "kg", suggested_object_id="anna_weight", domain="input_number"
    )
    withings = household.entity(household.device("withings", "Anna", "y"), "withings_1_weight_kg")
    assert suggested(hass) == {"weight": [withings, helper]}


async def test_own_and_disabled_entities_and_other_domains_are_left_out(
    hass: HomeAssistant, household: Household
) -> None:
    own = household.device(DOMAIN, "Anna", "x")
    household.entity(own, "1", "kg", suggested_object_id="anna_weight")
    other = household.device("abc", "Anna", "y")
    household.entity(other, "1", "kg", suggested_object_id="anna_weight", domain="binary_sensor")
    disabled = household.entity(other, "2", "kg", suggested_object_id="anna_weight")
    household.entities.async_update_entity(disabled, disabled_by=er.RegistryEntryDisabler.USER)
    assert suggested(hass) == {}


async def test_an_entity_without_device_and_account_is_known_by_its_name(
    hass: HomeAssistant, household: Household
) -> None:
    household.entities.async_get_or_create(
        "sensor", "template", "1", suggested_object_id="anna_weight", unit_of_measurement="kg"
    )
    assert suggested(hass) == {"weight": ["sensor.anna_weight"]}
    assert suggest_sources(hass, CATALOGUE, "Anna") == {"weight": ["sensor.anna_weight"]}
