"""Entities that fit a person."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.health.suggestions import KNOWN, suggest_sources
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.household_metrics import define_metric

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
        ("mobile_app", "hook_health_connect_steps", "steps"),
        ("mobile_app", "hook_health_connect_distance", "distance"),
        ("mobile_app", "hook_health_connect_hydration", "hydration"),
        ("mobile_app", "hook_health_connect_sleep_duration", "sleep_duration"),
        # The last record, which is no total of the day.
        ("mobile_app", "hook_health_connect_active_calories_burned", None),
        ("mobile_app", "hook_health_connect_total_calories_burned", None),
        ("mobile_app", "hook_health_connect_basal_body_temperature", None),
        ("mobile_app", "hook_health_connect_lean_body_mass", None),
        ("mobile_app", "hook_health_connect_body_water_mass", None),
        ("mobile_app", "hook_health_steps", "steps"),
        ("mobile_app", "hook_health_distance_walking_running", "distance"),
        ("mobile_app", "hook_health_active_energy_burned", "active_energy"),
        ("mobile_app", "hook_health_basal_energy_burned", None),
        ("mobile_app", "hook_health_apple_exercise_time", "exercise_time"),
        ("mobile_app", "hook_health_vo2_max", "vo2_max"),
        ("mobile_app", "hook_health_heart_rate", "heart_rate"),
        ("mobile_app", "hook_health_resting_heart_rate", "resting_heart_rate"),
        ("mobile_app", "hook_health_walking_heart_rate_average", None),
        ("mobile_app", "hook_health_heart_rate_recovery_one_minute", None),
        ("mobile_app", "hook_health_heart_rate_variability", "heart_rate_variability"),
        ("mobile_app", "hook_health_blood_pressure_systolic", "systolic_blood_pressure"),
        ("mobile_app", "hook_health_blood_pressure_diastolic", "diastolic_blood_pressure"),
        ("mobile_app", "hook_health_body_mass", "weight"),
        ("mobile_app", "hook_health_lean_body_mass", None),
        ("mobile_app", "hook_health_body_fat_percentage", "body_fat"),
        ("mobile_app", "hook_health_sleep_duration", "sleep_duration"),
        ("mobile_app", "hook_health_sleep_deep", None),
        ("mobile_app", "hook_health_sleep_core", None),
        ("mobile_app", "hook_health_sleep_rem", None),
        ("mobile_app", "hook_health_sleep_awake", None),
        ("mobile_app", "hook_health_sleep_in_bed", None),
        ("mobile_app", "hook_pedometer_steps", "steps"),
        ("mobile_app", "hook_steps_sensor", None),
        ("mobile_app", "hook_battery_level", None),
        ("withings", "withings_12_sleep_respiratory_average_bpm", None),
        ("withings", "withings_12_sleep_heart_rate_average_bpm", None),
        ("withings", "withings_12_fat_free_mass_kg", None),
        ("withings", "withings_12_weight_goal", None),
        ("fitbit", "XYZ_activities/heart", "resting_heart_rate"),
        ("fitbit", "XYZ_sleep/minutesAwake", None),
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


# Integration, translation key, name, unit, device class, state class: the metric that it measures.
# The device is called "Watch" and the account "Anna".
NONE = None
TOTAL, RISING, MEASURED = "total", "total_increasing", "measurement"
BY_NAME = [
    # Garmin Connect
    ("garmin_connect", "total_steps", "Total steps", "steps", None, TOTAL, "steps"),
    ("garmin_connect", "steps", "Steps", "steps", None, RISING, "steps"),
    ("garmin_connect", "yesterday_steps", "Yesterday steps", "steps", None, TOTAL, NONE),
    ("garmin_connect", "yesterday_distance", "Yesterday distance", "m", "distance", TOTAL, NONE),
    ("garmin_connect", "daily_step_goal", "Daily step goal", "steps", None, None, NONE),
    ("garmin_connect", "weekly_step_avg", "Weekly step avg", "steps", None, MEASURED, NONE),
    ("garmin_connect", "weekly_distance_avg", "Weekly distance avg", "m", "distance", None, NONE),
    ("garmin_connect", "total_distance", "Total distance", "m", "distance", RISING, "distance"),
    ("garmin_connect", "active_calories", "Active calories", "kcal", "energy", TOTAL,
     "active_energy"),
    ("garmin_connect", "bmr_calories", "BMR calories", "kcal", "energy", TOTAL, NONE),
    ("garmin_connect", "total_calories", "Total calories", "kcal", "energy", TOTAL, NONE),
    ("garmin_connect", "remaining_calories", "Remaining calories", "kcal", "energy", None, NONE),
    ("garmin_connect", "consumed_calories", "Consumed calories", "kcal", "energy", TOTAL,
     "energy_intake"),
    ("garmin_connect", "resting_heart_rate", "Resting heart rate", "bpm", None, MEASURED,
     "resting_heart_rate"),
    ("garmin_connect", "min_heart_rate", "Min heart rate", "bpm", None, MEASURED, NONE),
    ("garmin_connect", "max_heart_rate", "Max heart rate", "bpm", None, MEASURED, NONE),
    ("garmin_connect", "last_7_days_avg_resting_heart_rate", "7-day average resting heart rate",
     "bpm", None, MEASURED, NONE),
    ("garmin_connect", "abnormal_heart_rate_alerts", "Abnormal heart rate alerts", None, None,
     None, NONE),
    ("garmin_connect", "hrv_status", "HRV status", None, None, None, NONE),
    ("garmin_connect", "hrv_weekly_average", "HRV weekly average", "ms", None, MEASURED, NONE),
    ("garmin_connect", "hrv_last_night_average", "HRV last night average", "ms", None, MEASURED,
     NONE),
    ("garmin_connect", "hrv_last_night_5_min_high", "HRV last night 5-min high", "ms", None,
     MEASURED, NONE),
    ("garmin_connect", "hrv_baseline", "HRV baseline", "ms", None, MEASURED, NONE),
    ("garmin_connect", "average_stress_level", "Average stress level", None, None, MEASURED, NONE),
    ("garmin_connect", "max_stress_level", "Max stress level", None, None, MEASURED, NONE),
    ("garmin_connect", "total_stress_duration", "Total stress duration", "min", "duration", TOTAL,
     NONE),
    ("garmin_connect", "stress_qualifier", "Stress qualifier", None, None, None, NONE),
    ("garmin_connect", "sleep_score", "Sleep score", None, None, MEASURED, "sleep_score"),
    ("garmin_connect", "sleep_need", "Sleep need", "min", "duration", None, NONE),
    ("garmin_connect", "sleep_duration", "Sleep duration", "min", "duration", TOTAL,
     "sleep_duration"),
    ("garmin_connect", "total_sleep_duration", "Total sleep duration", "min", "duration", TOTAL,
     NONE),
    ("garmin_connect", "awake_duration", "Awake duration", "min", "duration", TOTAL, NONE),
    ("garmin_connect", "deep_sleep", "Deep sleep", "min", "duration", TOTAL, NONE),
    ("garmin_connect", "light_sleep", "Light sleep", "min", "duration", TOTAL, NONE),
    ("garmin_connect", "rem_sleep", "REM sleep", "min", "duration", TOTAL, NONE),
    ("garmin_connect", "nap_time", "Nap time", "min", "duration", TOTAL, NONE),
    ("garmin_connect", "weight", "Weight", "kg", "weight", MEASURED, "weight"),
    ("garmin_connect", "body_fat", "Body fat", "%", None, MEASURED, "body_fat"),
    ("garmin_connect", "body_water", "Body water", "%", None, MEASURED, "body_water"),
    ("garmin_connect", "muscle_mass", "Muscle mass", "kg", "weight", MEASURED, "muscle_mass"),
    ("garmin_connect", "bone_mass", "Bone mass", "kg", "weight", MEASURED, NONE),
    ("garmin_connect", "visceral_fat", "Visceral fat", "%", None, MEASURED, NONE),
    ("garmin_connect", "bmi", "BMI", None, None, MEASURED, NONE),
    ("garmin_connect", "hydration", "Hydration", "mL", "volume", TOTAL, "hydration"),
    ("garmin_connect", "hydration_goal", "Hydration goal", "mL", "volume", None, NONE),
    ("garmin_connect", "hydration_daily_average", "Hydration daily average", "mL", "volume", None,
     NONE),
    ("garmin_connect", "hydration_sweat_loss", "Hydration sweat loss", "mL", "volume", None, NONE),
    ("garmin_connect", "blood_pressure_systolic", "Blood pressure systolic", "mmHg", "pressure",
     MEASURED, "systolic_blood_pressure"),
    ("garmin_connect", "blood_pressure_diastolic", "Blood pressure diastolic", "mmHg", "pressure",
     MEASURED, "diastolic_blood_pressure"),
    ("garmin_connect", "average_spo2", "Average SpO2", "%", None, MEASURED, NONE),
    ("garmin_connect", "lowest_spo2", "Lowest SpO2", "%", None, MEASURED, NONE),
    ("garmin_connect", "latest_spo2", "Latest SpO2", "%", None, MEASURED, "oxygen_saturation"),
    ("garmin_connect", "latest_spo2_time", "Latest SpO2 time", None, "timestamp", None, NONE),
    ("garmin_connect", "highest_respiration", "Highest respiration", "brpm", None, MEASURED, NONE),
    ("garmin_connect", "latest_respiration", "Latest respiration", "brpm", None, MEASURED,
     "respiratory_rate"),
    ("garmin_connect", "average_sleep_respiration", "Average sleep respiration", "brpm", None,
     MEASURED, NONE),
    ("garmin_connect", "skin_temperature_change", "Skin temperature change", "°C", "temperature",
     MEASURED, NONE),
    ("garmin_connect", "vo2_max", "VO2 max", "mL/(kg·min)", None, MEASURED, "vo2_max"),
    ("garmin_connect", "lactate_threshold_hr", "Lactate threshold heart rate", "bpm", None,
     MEASURED, NONE),
    # Oura
    ("oura", "sleep_score", "Sleep score", "%", None, MEASURED, "sleep_score"),
    ("oura", "total_sleep_duration", "Total sleep duration", "h", "duration", MEASURED,
     "sleep_duration"),
    ("oura", "deep_sleep_duration", "Deep sleep duration", "h", "duration", MEASURED, NONE),
    ("oura", "rem_sleep_duration", "REM sleep duration", "h", "duration", MEASURED, NONE),
    ("oura", "light_sleep_duration", "Light sleep duration", "h", "duration", MEASURED, NONE),
    ("oura", "awake_time", "Awake time", "h", "duration", MEASURED, NONE),
    ("oura", "sleep_latency", "Sleep latency", "min", "duration", MEASURED, NONE),
    ("oura", "time_in_bed", "Time in bed", "h", "duration", MEASURED, NONE),
    ("oura", "sleep_efficiency", "Sleep efficiency", "%", None, MEASURED, NONE),
    ("oura", "deep_sleep_percentage", "Deep sleep percentage", "%", None, MEASURED, NONE),
    ("oura", "lowest_sleep_heart_rate", "Lowest sleep heart rate", "bpm", None, MEASURED, NONE),
    ("oura", "average_sleep_heart_rate", "Average sleep heart rate", "bpm", None, MEASURED, NONE),
    ("oura", "current_heart_rate", "Current heart rate", "bpm", None, MEASURED, "heart_rate"),
    ("oura", "minimum_heart_rate", "Minimum heart rate", "bpm", None, MEASURED, NONE),
    ("oura", "resting_heart_rate", "Resting heart rate", "bpm", None, MEASURED,
     "resting_heart_rate"),
    ("oura", "average_sleep_hrv", "Average sleep HRV", "ms", None, MEASURED, NONE),
    ("oura", "hrv_balance", "HRV balance", None, None, MEASURED, NONE),
    ("oura", "temperature_deviation", "Temperature deviation", "°C", "temperature", MEASURED, NONE),
    ("oura", "steps", "Steps", "steps", None, RISING, "steps"),
    ("oura", "active_calories", "Active calories", "kcal", "energy", TOTAL, "active_energy"),
    ("oura", "target_calories", "Target calories", "kcal", "energy", TOTAL, NONE),
    ("oura", "spo2_average", "SpO2 average", "%", None, MEASURED, NONE),
    ("oura", "readiness_score", "Readiness score", "%", None, MEASURED, NONE),
    ("oura", "optimal_bedtime_start", "Optimal bedtime start", None, "timestamp", None, NONE),
    # Zepp, Xiaomi
    ("zepp2hass", None, "Steps", "steps", None, RISING, "steps"),
    ("zepp2hass", None, "Steps target", "steps", None, None, NONE),
    ("zepp2hass", None, "Last heart rate", "bpm", None, MEASURED, "heart_rate"),
    ("zepp2hass", None, "Resting heart rate", "bpm", None, MEASURED, "resting_heart_rate"),
    ("zepp2hass", None, "Max heart rate", "bpm", None, MEASURED, NONE),
    ("zepp2hass", None, "Sleep score", "points", None, MEASURED, "sleep_score"),
    ("zepp2hass", None, "Sleep deep time", "min", "duration", MEASURED, NONE),
    ("zepp2hass", None, "Total sleep", "min", "duration", MEASURED, "sleep_duration"),
    ("zepp2hass", None, "Blood oxygen", "%", None, MEASURED, "oxygen_saturation"),
    ("zepp2hass", None, "Body temperature", "°C", "temperature", MEASURED, "body_temperature"),
    ("zepp2hass", None, "Stress", "points", None, MEASURED, "stress"),
    ("zepp2hass", None, "Calories target", "kcal", "energy", None, NONE),
    ("xiaomi_ble", None, "Mass", "kg", "weight", MEASURED, "weight"),
    ("xiaomi_ble", None, "Mass non stabilized", "kg", "weight", MEASURED, NONE),
    ("xiaomi_ble", "impedance", "Impedance", "ohm", None, MEASURED, NONE),
    ("xiaomi_ble", None, "Heart rate", "bpm", None, MEASURED, "heart_rate"),
    ("bodymiscale", "weight", "Weight", "kg", "weight", MEASURED, "weight"),
    ("bodymiscale", "ideal", "Ideal", "kg", "weight", MEASURED, NONE),
    ("bodymiscale", "ideal_weight", "Ideal weight", "kg", "weight", MEASURED, NONE),
    ("bodymiscale", "lean_body_mass", "Lean body mass", "kg", "weight", MEASURED, NONE),
    ("bodymiscale", "body_fat", "Body fat", "%", None, MEASURED, "body_fat"),
    ("bodymiscale", "fat_mass_to_ideal_weight", "Fat mass to ideal weight", "kg", "weight",
     MEASURED, NONE),
    # Glucose, scales and other devices
    ("dexcom", "glucose_value", "Glucose value", "mg/dL", "blood_glucose_concentration", MEASURED,
     "blood_glucose"),
    ("dexcom", "glucose_trend", "Glucose trend", None, "enum", None, NONE),
    ("nightscout", None, "Blood Sugar", "mg/dL", "blood_glucose_concentration", None,
     "blood_glucose"),
    ("librelink", None, "Glucose target low", "mg/dL", None, None, NONE),
    ("librelink", None, "Glucose average", "mmol/L", None, MEASURED, NONE),
    ("eufylife_ble", "weight", "Weight", "kg", "weight", MEASURED, "weight"),
    ("eufylife_ble", "real_time_weight", "Real-time weight", "kg", "weight", MEASURED, NONE),
    ("eight_sleep", None, "Bed temperature", "°C", "temperature", MEASURED, NONE),
    ("eight_sleep", None, "Heart rate", "bpm", None, MEASURED, "heart_rate"),
    ("eight_sleep", None, "Breath rate average", "br/min", None, MEASURED, NONE),
    ("apple_health", None, "Walking heart rate average", "bpm", None, MEASURED, NONE),
    ("apple_health", None, "Heart rate recovery", "bpm", None, MEASURED, NONE),
    ("apple_health", None, "Steps daily total", "count", None, RISING, "steps"),
    ("apple_health", None, "Respiratory rate", "count/min", None, MEASURED, "respiratory_rate"),
    ("apple_health", None, "Walking step length", "cm", "distance", MEASURED, NONE),
    # What is no measurement of a person
    ("proximity", "distance", "Distance", "km", "distance", MEASURED, NONE),
    ("proximity", None, "Distance to home", "m", "distance", None, NONE),
    ("tessie", None, "Car distance", "km", "distance", RISING, NONE),
    ("esphome", None, "Cat weight", "kg", "weight", MEASURED, NONE),
    ("esphome", None, "Desk height", "cm", "distance", MEASURED, NONE),
    ("esphome", None, "Luggage weight", "kg", "weight", MEASURED, NONE),
    ("esphome", None, "Pulse", "W", "power", MEASURED, NONE),
    ("esphome", None, "Water", "L", "water", RISING, NONE),
    ("template", None, "Weight change", "kg", "weight", MEASURED, NONE),
    ("template", None, "Weight", "kg", "energy", MEASURED, NONE),
    ("template", None, "Weight", "kg", "weight", RISING, NONE),
    ("template", None, "Steps", "steps", None, MEASURED, NONE),
    ("template", None, "Mood", None, None, MEASURED, "mood"),
    ("template", None, "Waga", "kg", "weight", MEASURED, "weight"),
    ("template", None, "Docelowa waga", "kg", "weight", MEASURED, NONE),
    ("template", None, "Tętno spoczynkowe", "bpm", None, MEASURED, "resting_heart_rate"),
    ("template", None, "Średnie tętno", "bpm", None, MEASURED, NONE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("platform", "key", "name", "unit", "device_class", "state_class", "metric"), BY_NAME
)
async def test_only_what_means_the_metric_is_suggested(
    hass: HomeAssistant,
    household: Household,
    platform: str,
    key: str | None,
    name: str,
    unit: str | None,
    device_class: str | None,
    state_class: str | None,
    metric: str | None,
) -> None:
    entry = household.entities.async_get_or_create(
        "sensor",
        platform,
        "1",
        config_entry=household.device(platform, "Anna", "Watch")[0],
        device_id=household.device(platform, "Anna", "Watch")[1],
        translation_key=key,
        original_name=name,
        has_entity_name=True,
        unit_of_measurement=unit,
        original_device_class=device_class,
        capabilities={"state_class": state_class},
    )
    assert suggested(hass) == ({metric: [entry.entity_id]} if metric else {})


def test_the_table_has_every_kind() -> None:
    assert len(BY_NAME) >= 120
    assert sum(row[-1] is None for row in BY_NAME) >= 60


async def test_a_household_that_shares_a_family_name_is_told_apart(
    hass: HomeAssistant, household: Household
) -> None:
    scale = household.device("esphome", "Maj family", "Scale of Anna and Jan Maj")
    anna = household.entity(scale, "1", "kg", suggested_object_id="anna_maj_weight")
    jan = household.entity(scale, "2", "kg", suggested_object_id="jan_maj_weight")
    household.entity(scale, "3", "kg", suggested_object_id="guest_weight")
    catalogue = CATALOGUE

    def of(name: str, *others: str) -> list[str]:
        return suggest_sources(hass, catalogue, name, None, others).get("weight", [])

    assert of("Anna Maj", "Jan Maj") == [anna]
    assert of("Jan Maj", "Anna Maj", "Jan Maj") == [jan]
    hass.states.async_set("person.jan", "home", {"friendly_name": "Jan Maj"})
    assert of("Anna Maj") == [anna]


async def test_a_phone_that_tracks_somebody_else_is_theirs(
    hass: HomeAssistant, household: Household
) -> None:
    phone = household.device("mobile_app", "Anna's old phone", "Anna's old phone")
    tracker = household.entity(phone, "hook", domain="device_tracker")
    household.entity(phone, "hook_health_steps")
    assert suggested(hass) != {}
    hass.states.async_set(
        "person.jan", "home", {"friendly_name": "Jan", "device_trackers": [tracker]}
    )
    assert suggested(hass) == {}


async def test_letters_of_other_alphabets_are_those_of_entity_ids(
    hass: HomeAssistant, household: Household
) -> None:
    scale = household.device("esphome", "Scale", "Scale")
    weight = household.entity(scale, "1", "kg", suggested_object_id="lukasz_weight")
    assert suggest_sources(hass, CATALOGUE, "Łukasz") == {"weight": [weight]}


async def test_the_day_of_a_watch_comes_before_the_steps_of_a_phone(
    hass: HomeAssistant, household: Household
) -> None:
    phone = household.device("mobile_app", "Anna", "Phone")
    pedometer = household.entity(phone, "hook_pedometer_steps", suggested_object_id="a")
    health = household.entity(phone, "hook_health_steps", suggested_object_id="b")
    assert suggested(hass) == {"steps": [health, pedometer]}


async def test_a_known_sensor_in_a_unit_that_cannot_be_read_is_left_out(
    hass: HomeAssistant, household: Household
) -> None:
    phone = household.device("mobile_app", "Anna", "Phone")
    household.entity(phone, "hook_health_connect_weight", "floors")
    rate = household.entity(phone, "hook_health_connect_respiratory_rate", "bpm")
    assert suggested(hass) == {"respiratory_rate": [rate]}


async def test_the_metrics_of_the_household_are_found_by_their_keys(
    hass: HomeAssistant, household: Household
) -> None:
    grip = define_metric(
        {"key": "grip_force", "name": "Grip", "unit": "kg", "minimum": 0, "maximum": 150}
    )
    place = household.device("esphome", "Anna", "Dynamometer")
    household.entity(place, "1", "kg", suggested_object_id="anna_grip_force_goal")
    found = household.entity(place, "2", "kg", suggested_object_id="anna_grip_force")
    catalogue = {**CATALOGUE, "grip_force": grip}
    assert suggest_sources(hass, catalogue, "Anna") == {"grip_force": [found]}
