"""Finds entities that could be linked to a person's metrics."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
import re
from types import MappingProxyType
from typing import Final

from homeassistant.components.person.const import PersonEntityStateAttribute
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ...const import DOMAIN
from ...twin.catalogue import Metric
from ...twin.metrics.units import spelled

# By integration: the endings of the unique ids of its sensors, and their metrics. Left out are
# sensors that count since the last restart of a phone, and those of targets and single workouts.
KNOWN: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "google_health": {
            "steps": "steps",
            "distance": "distance",
            "active_calories": "active_energy",
            "weight": "weight",
            "body_fat": "body_fat",
            "resting_heart_rate": "resting_heart_rate",
            "sleep_asleep": "sleep_duration",
            "hydration": "hydration",
            "calories_consumed": "energy_intake",
        },
        "withings": {
            "weight_kg": "weight",
            "height_m": "height",
            "fat_ratio_pct": "body_fat",
            "muscle_mass_kg": "muscle_mass",
            "heart_pulse_bpm": "heart_rate",
            "systolic_blood_pressure_mmhg": "systolic_blood_pressure",
            "diastolic_blood_pressure_mmhg": "diastolic_blood_pressure",
            "spo2_pct": "oxygen_saturation",
            "body_temperature_c": "body_temperature",
            "vo2_max": "vo2_max",
            "sleep_score": "sleep_score",
            "sleep_respiratory_average_bpm": "respiratory_rate",
            "activity_steps_today": "steps",
            "activity_distance_today": "distance",
            "activity_active_calories_burnt_today": "active_energy",
            "activity_active_duration_today": "exercise_time",
        },
        "fitbit": {
            "activities/steps": "steps",
            "activities/distance": "distance",
            "activities/activityCalories": "active_energy",
            "activities/heart": "resting_heart_rate",
            "body/weight": "weight",
            "body/fat": "body_fat",
            "sleep/minutesAsleep": "sleep_duration",
            "foods/log/water": "hydration",
            "foods/log/caloriesIn": "energy_intake",
        },
        "mobile_app": {
            "pedometer_steps": "steps",
            "pedometer_distance": "distance",
            "health_connect_active_calories_burned": "active_energy",
            **{
                f"health_connect_{key}": key
                for key in (
                    "blood_glucose",
                    "body_fat",
                    "body_temperature",
                    "diastolic_blood_pressure",
                    "distance",
                    "heart_rate",
                    "heart_rate_variability",
                    "height",
                    "hydration",
                    "oxygen_saturation",
                    "respiratory_rate",
                    "resting_heart_rate",
                    "sleep_duration",
                    "steps",
                    "systolic_blood_pressure",
                    "vo2_max",
                    "weight",
                )
            },
        },
    }
)
DOMAINS: Final = (Platform.SENSOR, "input_number")
SHORTEST_NAME: Final = 3
WORDS = re.compile(r"\w+")


@callback
def suggest_sources(
    hass: HomeAssistant,
    catalogue: Mapping[str, Metric],
    name: str,
    person_entity_id: str | None = None,
) -> dict[str, list[str]]:
    """Return the fitting entity ids by metric, best first; metrics without any are left out.

    Candidates are the entities of devices that track the linked Home Assistant person, and those
    that have a word of the person's name in their own name, or that of their device or account.
    """
    devices = _tracking_devices(hass, person_entity_id)
    words = {word for word in WORDS.findall(name.casefold()) if len(word) >= SHORTEST_NAME}
    found: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    for entry in er.async_get(hass).entities.values():
        if entry.domain not in DOMAINS or entry.disabled or entry.platform == DOMAIN:
            continue
        if entry.device_id not in devices and not words & _words(hass, entry):
            continue
        key = _known_metric(entry)
        metric = key or _named_metric(hass, entry, catalogue)
        if metric is not None:
            found[metric].append((key is None, entry.entity_id))
    return {metric: [entity_id for _, entity_id in sorted(fit)] for metric, fit in found.items()}


def _tracking_devices(hass: HomeAssistant, person_entity_id: str | None) -> set[str]:
    state = hass.states.get(person_entity_id) if person_entity_id else None
    if state is None:
        return set()
    registry = er.async_get(hass)
    trackers: Iterable[str] = state.attributes.get(PersonEntityStateAttribute.DEVICE_TRACKERS, ())
    entries = map(registry.async_get, trackers)
    return {entry.device_id for entry in entries if entry and entry.device_id}


def _words(hass: HomeAssistant, entry: er.RegistryEntry) -> set[str]:
    """Return the words (case-folded) in the names of an entity, its device and its account."""
    device = dr.async_get(hass).async_get(entry.device_id) if entry.device_id else None
    account = (
        hass.config_entries.async_get_entry(entry.config_entry_id)
        if entry.config_entry_id
        else None
    )
    texts = (
        entry.entity_id.partition(".")[2].replace("_", " "),
        entry.name,
        device and (device.name_by_user or device.name),
        account and account.title,
    )
    return {word for text in texts if text for word in WORDS.findall(text.casefold())}


def _known_metric(entry: er.RegistryEntry) -> str | None:
    endings = KNOWN.get(entry.platform, {})
    fitting = [ending for ending in endings if entry.unique_id.endswith(f"_{ending}")]
    return endings[max(fitting, key=len)] if fitting else None


def _named_metric(
    hass: HomeAssistant, entry: er.RegistryEntry, catalogue: Mapping[str, Metric]
) -> str | None:
    """Return the metric with the name of an entity and a unit that it accepts."""
    if entry.platform in KNOWN:
        return None
    state = hass.states.get(entry.entity_id)
    unit = _unit(entry, state)
    fitting = [
        key
        for key, metric in catalogue.items()
        if (entry.translation_key == key or entry.entity_id.endswith(f"_{key}"))
        and unit is not None
        and spelled(unit) in metric.units
    ]
    return max(fitting, key=len, default=None)


def _unit(entry: er.RegistryEntry, state: State | None) -> str | None:
    unit = state.attributes.get("unit_of_measurement") if state else None
    return unit or entry.unit_of_measurement
