"""Finds entities that could be linked to a person's metrics.

An entity fits a metric only if it means the same: the sensors of known integrations by their unique
ids, those of all others by translation key or name, unit, device class and state class.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from homeassistant.components.person.const import PersonEntityStateAttribute
from homeassistant.const import (
    ATTR_DEVICE_CLASS,
    ATTR_FRIENDLY_NAME,
    ATTR_UNIT_OF_MEASUREMENT,
    Platform,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import slugify

from ...const import DOMAIN
from ...twin.catalogue import Metric
from ...twin.metrics.household_metrics import NameWords, means_another, metric_in, word_set
from ...twin.metrics.units import accepts

# The sensors of the companion app that have the key of their metric.
_BOTH_PHONES: Final = word_set(
    """
    blood_glucose body_temperature heart_rate heart_rate_variability height oxygen_saturation
    respiratory_rate resting_heart_rate sleep_duration steps vo2_max
    """
)
_HEALTH_CONNECT: Final = _BOTH_PHONES | word_set(
    """
    body_fat diastolic_blood_pressure distance hydration systolic_blood_pressure weight
    """
)
_APPLE_HEALTH: Final = _BOTH_PHONES | {"waist_circumference"}
# By integration: the endings of the unique ids of its sensors, and their metrics. Left out are
# sensors that count since the last restart of a phone, that show the last record of something that
# adds up over the day (the active calories of Health Connect), and those of targets, averages,
# stages of sleep and single workouts.
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
            **{f"health_connect_{key}": key for key in _HEALTH_CONNECT},
            **{f"health_{key}": key for key in _APPLE_HEALTH},
            "health_active_energy_burned": "active_energy",
            "health_apple_exercise_time": "exercise_time",
            "health_blood_pressure_diastolic": "diastolic_blood_pressure",
            "health_blood_pressure_systolic": "systolic_blood_pressure",
            "health_body_fat_percentage": "body_fat",
            "health_body_mass": "weight",
            "health_dietary_caffeine": "caffeine",
            "health_dietary_energy_consumed": "energy_intake",
            "health_dietary_water": "hydration",
            "health_distance_walking_running": "distance",
            "pedometer_distance": "distance",
            "pedometer_steps": "steps",
        },
    }
)
# By integration, names that mean something else there than elsewhere: the time in bed.
_NOT_THERE: Final = MappingProxyType({"garmin_connect": frozenset({"total sleep duration"})})
# Metrics with a unit that many integrations leave out.
_UNITLESS: Final = frozenset({"points", "steps"})
_MORE_CLASSES: Final = MappingProxyType({"heart_rate_variability": "duration"})
_RISING: Final = frozenset({"total", "total_increasing"})

DOMAINS: Final = (Platform.SENSOR, "input_number")
SHORTEST_NAME: Final = 3
# How sure it is what an entity measures; the best comes first.
KNOWN_SENSOR, PHONE_ONLY, TRANSLATED, NAMED = range(4)


def _words(text: str | None) -> NameWords:
    """Return the words of a text in ASCII: those of Łukasz's `vo2Max` are lukasz, s and vo2max."""
    return tuple(slugify(text).split("_")) if text else ()


# Fitting entity ids by metric, best first.
type Suggestions = dict[str, list[str]]


@callback
def suggest_sources(
    hass: HomeAssistant,
    catalogue: Mapping[str, Metric],
    name: str,
    person_entity_id: str | None = None,
    others: Iterable[str] = (),
) -> Suggestions:
    """Return the fitting entity ids by metric, best first; metrics without any are left out.

    Candidates are the entities of devices that track the linked Home Assistant person, and those
    that have a word of the person's name in their own name, or that of their device or account,
    and belong to nobody else: neither to one of the `others` by name nor by a tracking device.
    """
    people = _People.around(hass, name, person_entity_id, others)
    return _suggestions(hass, catalogue, people, {True})[True]


@callback
def suggest_first_sources(
    hass: HomeAssistant,
    catalogue: Mapping[str, Metric],
    name: str,
    person_entity_id: str | None,
    others: Iterable[str],
) -> tuple[Suggestions, Suggestions]:
    """Return what `suggest_sources` returns, and the entities that nothing assigns to anybody.

    The latter are those of a scale, for example.
    """
    people = _People.around(hass, name, person_entity_id, others)
    found = _suggestions(hass, catalogue, people, {True, None})
    return found[True], found[None]


def _suggestions(
    hass: HomeAssistant,
    catalogue: Mapping[str, Metric],
    people: _People,
    claims: Collection[bool | None],
) -> dict[bool | None, Suggestions]:
    """Return the suggestions by what `are_measured_by` says of the entities, for those `claims`."""
    found: dict[bool | None, dict[str, list[tuple[int, bool, str]]]] = {
        claim: defaultdict(list) for claim in claims
    }
    for entry in er.async_get(hass).entities.values():
        if entry.domain not in DOMAINS or entry.disabled or entry.platform == DOMAIN:
            continue
        if (claim := people.are_measured_by(hass, entry)) not in claims:
            continue
        candidate = _Candidate.of(hass, entry, people.own)
        if (fit := candidate.fit(catalogue)) is not None:
            metric, sureness = fit
            place = (sureness, entry.domain != Platform.SENSOR, entry.entity_id)
            found[claim][metric].append(place)
    return {
        claim: {
            metric: [entity_id for *_, entity_id in sorted(fit)] for metric, fit in fits.items()
        }
        for claim, fits in found.items()
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class _People:
    """Whose entities are looked for, and who else is there.

    `own` are the words of the person's name, `telling` those that nobody else has, and `foreign`
    the words of the others; `devices` track the person, `foreign_devices` only others.
    """

    own: frozenset[str]
    telling: frozenset[str]
    foreign: frozenset[str]
    devices: frozenset[str]
    foreign_devices: frozenset[str]

    @classmethod
    def around(
        cls, hass: HomeAssistant, name: str, person_entity_id: str | None, others: Iterable[str]
    ) -> _People:
        own = _name_words(name)
        foreign: set[str] = set()
        devices: set[str] = set()
        foreign_devices: set[str] = set()
        for state in hass.states.async_all("person"):
            label = str(state.attributes.get(ATTR_FRIENDLY_NAME, ""))
            if state.entity_id == person_entity_id:
                devices |= _devices(hass, state.attributes)
            elif label.casefold() != name.casefold():
                foreign |= _name_words(label)
                foreign_devices |= _devices(hass, state.attributes)
        for other in others:
            if other.casefold() != name.casefold():
                foreign |= _name_words(other)
        return cls(
            own=own,
            telling=own - foreign,
            foreign=frozenset(foreign) - own,
            devices=frozenset(devices),
            foreign_devices=frozenset(foreign_devices - devices),
        )

    def are_measured_by(self, hass: HomeAssistant, entry: er.RegistryEntry) -> bool | None:
        """Return whether an entity is the person's; the closest name that tells decides.

        None for an entity that nothing assigns to anybody.
        """
        device = dr.async_get(hass).async_get(entry.device_id) if entry.device_id else None
        account = (
            hass.config_entries.async_get_entry(entry.config_entry_id)
            if entry.config_entry_id
            else None
        )
        closer: tuple[tuple[str | None, ...], ...] = (
            (entry.entity_id.partition(".")[2], entry.name, entry.original_name),
            ((device.name_by_user or device.name) if device else None,),
            (account.title if account else None,),
        )
        for texts in closer:
            words = frozenset(word for text in texts for word in _words(text))
            if words & self.foreign:
                return False
            if words & self.telling or (self.own and not self.telling and self.own <= words):
                return entry.device_id not in self.foreign_devices
        if entry.device_id in self.devices:
            return True
        return False if entry.device_id in self.foreign_devices else None


def _name_words(name: str) -> frozenset[str]:
    return frozenset(word for word in _words(name) if len(word) >= SHORTEST_NAME)


def _devices(hass: HomeAssistant, attributes: Mapping[str, object]) -> set[str]:
    """Return the devices that track a Home Assistant person."""
    trackers = attributes.get(PersonEntityStateAttribute.DEVICE_TRACKERS)
    entries = map(er.async_get(hass).async_get, trackers if isinstance(trackers, list) else ())
    return {entry.device_id for entry in entries if entry and entry.device_id}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Candidate:
    """What an entity says of itself; `names` are without the words of the person and the device."""

    platform: str
    unique_id: str
    translation_key: NameWords
    names: tuple[NameWords, ...]
    unit: str | None
    device_class: str | None
    state_class: str | None

    @classmethod
    def of(cls, hass: HomeAssistant, entry: er.RegistryEntry, own: frozenset[str]) -> _Candidate:
        state = hass.states.get(entry.entity_id)
        attributes = state.attributes if state else {}
        device = dr.async_get(hass).async_get(entry.device_id) if entry.device_id else None
        prefix = _words(device.name_by_user or device.name) if device else ()

        def rest(text: str | None) -> NameWords:
            words = _words(text)
            if prefix and words[: len(prefix)] == prefix:
                words = words[len(prefix) :]
            return tuple(word for word in words if word not in own)

        return cls(
            platform=entry.platform,
            unique_id=entry.unique_id,
            translation_key=_words(entry.translation_key),
            names=tuple(
                map(rest, (entry.name, entry.original_name, entry.entity_id.partition(".")[2]))
            ),
            unit=attributes.get(ATTR_UNIT_OF_MEASUREMENT) or entry.unit_of_measurement,
            device_class=(
                entry.device_class
                or entry.original_device_class
                or attributes.get(ATTR_DEVICE_CLASS)
            ),
            state_class=(
                (entry.capabilities or {}).get("state_class") or attributes.get("state_class")
            ),
        )

    def fit(self, catalogue: Mapping[str, Metric]) -> tuple[str, int] | None:
        """Return the metric that the entity measures, and how sure that is."""
        if self.platform in KNOWN:
            endings = KNOWN[self.platform]
            fitting = [ending for ending in endings if self.unique_id.endswith(f"_{ending}")]
            if not fitting:
                return None
            ending = max(fitting, key=len)
            key = endings[ending]
            fits = key in catalogue and self._has_unit_of(catalogue[key], required=False)
            sureness = PHONE_ONLY if ending.startswith("pedometer") else KNOWN_SENSOR
            return (key, sureness) if fits else None
        texts = (self.translation_key, *self.names)
        for sureness, words in enumerate(texts):
            found = metric_in(words, catalogue)
            if found is None:
                continue
            metric, phrase = found
            if (
                metric is None
                or any(means_another(text, metric, phrase, catalogue) for text in texts)
                or not self._measures(catalogue[metric], phrase)
            ):
                return None
            return metric, (NAMED if sureness else TRANSLATED)
        return None

    def _measures(self, metric: Metric, phrase: NameWords) -> bool:
        classes = {None, metric.device_class, _MORE_CLASSES.get(metric.key)}
        if self.device_class not in classes or not self._has_unit_of(metric, required=True):
            return False
        if " ".join(phrase) in _NOT_THERE.get(self.platform, ()):
            return False
        if metric.adds_up:
            # A bare distance may be that to the home, and a measurement is that of a moment.
            needed = _RISING if phrase == ("distance",) else {None, *_RISING}
            return self.state_class in needed
        return self.state_class not in _RISING or metric.key == "sleep_duration"

    def _has_unit_of(self, metric: Metric, *, required: bool) -> bool:
        if self.unit is None:
            return not required or metric.unit in _UNITLESS
        return accepts(metric, self.unit)
