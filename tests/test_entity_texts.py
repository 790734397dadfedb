"""Every entity has its texts and icons, and there are none for entities that do not exist."""

import json
from pathlib import Path
from typing import Any

from homeassistant.helpers.entity import EntityDescription
import pytest

from custom_components.digital_twin import binary_sensor, button, event, number, select, todo
from custom_components.digital_twin.surfaces import (
    goal_sensors,
    home_sensors as sensor_home,
    person_sensors,
)
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.goals.key_results import KeyResult
from custom_components.digital_twin.twin.home.conditions import QUANTITIES
from custom_components.digital_twin.twin.metrics.recording import QuickAmount, QuickEntry

PACKAGE = Path(binary_sensor.__file__).parent
TABLES: dict[str, list[EntityDescription]] = {
    "binary_sensor": [*binary_sensor.HOME_BINARY_SENSORS, binary_sensor.unusual_health_value(())],
    "button": [
        button.button_of(
            QuickEntry(
                key="tea", name="Tea", icon=None, metrics={"hydration": QuickAmount(250, "mL")}
            ),
            {},
        )
    ],
    "event": [event.DEVICE_STATUS, event.CHANGE],
    "number": [number.number_of(KeyResult(key="books", name="Books"))],
    "select": [
        select.ACTIVITY_LEVEL,
        select.HOME_CONTEXT,
        select.PERSON_CONTEXT,
        select.STATUS,
    ],
    "sensor": [
        *sensor_home.STATUS_SENSORS,
        *sensor_home.DEVICE_SENSORS,
        *person_sensors.METRICS.values(),
        *(
            person_sensors.told_sensor(prefix, CATALOGUE["weight"], "Weight")
            for prefix in person_sensors.TOLD_NAMES
        ),
        person_sensors.GOALS_PROGRESS,
        person_sensors.NEXT_STEP,
        person_sensors.READINESS,
        *person_sensors.DERIVED,
        *goal_sensors.SENSORS,
    ],
    "todo": [todo.CHECKLIST, todo.TODAY],
}
CLIMATE = {
    *QUANTITIES,
    *(
        f"{place}_{key}"
        for key, quantity in QUANTITIES.items()
        if quantity.by_area
        for place in ("place", "floor")
    ),
}


def _texts(language: str) -> dict[str, Any]:
    path = PACKAGE / "translations" / f"{language}.json"
    entity: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["entity"]
    return entity


@pytest.mark.parametrize("platform", TABLES)
def test_texts_are_those_of_the_entities(platform: str) -> None:
    keys = {description.translation_key for description in TABLES[platform]}
    climate = CLIMATE if platform == "sensor" else set()
    assert set(_texts("en")[platform]) == keys | climate


@pytest.mark.parametrize("key", sorted(CLIMATE))
def test_only_places_are_named(key: str) -> None:
    for language in ("en", "pl"):
        name = _texts(language)["sensor"][key]["name"]
        assert ("{place}" in name) is key.startswith(("place_", "floor_"))


@pytest.mark.parametrize("platform", ["select", "sensor"])
def test_states_are_those_of_the_options(platform: str) -> None:
    for description in TABLES[platform]:
        options = getattr(description, "options", None) or []
        for language in ("en", "pl"):
            texts = _texts(language)[platform][description.translation_key]
            assert set(texts.get("state", ())) == set(options), description.key


def test_what_has_no_device_class_has_an_icon() -> None:
    icons = json.loads((PACKAGE / "icons.json").read_text(encoding="utf-8"))["entity"]
    for platform, descriptions in TABLES.items():
        for description in descriptions:
            if description.device_class in (None, "enum"):
                assert description.translation_key in icons[platform], description.key
