"""Health readings and the fields of a person."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
import yaml

from custom_components.digital_twin.surfaces.health_actions import COMMON_METRICS
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.household_metrics import define_metric
from tests.common import ANNA, GOAL_ID, HOME_ID, JAN, runtime

from .conftest import Perform, Refuses

SERVICES = Path(__file__).parents[3] / "custom_components" / "digital_twin" / "services.yaml"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(NOW)


async def test_readings_are_answered_with_what_was_taken_and_moved(perform: Perform) -> None:
    response = await perform(
        "update_health_metrics",
        person=ANNA,
        metrics={"weight": {"value": 165, "unit": "lb"}, "heart_rate": 61},
        measured_at="2026-03-02 08:30:00",
        source="Scale",
    )
    measured = {"measured_at": "2026-03-02T07:30:00+00:00", "source": "Scale"}
    assert response == {
        "person_id": ANNA,
        "readings": {
            "weight": {"value": 74.843, "unit": "kg", **measured},
            "heart_rate": {"value": 61.0, "unit": "bpm", **measured},
        },
        "late": [],
        "unchanged": [],
        "goals": [
            {
                "goal_id": GOAL_ID,
                "goal_code": "G01",
                "name": "Run",
                "progress": 23.8567,
            }
        ],
        "changed": True,
    }


async def test_a_late_reading_is_named_and_lands_on_its_day(
    entry: MockConfigEntry, perform: Perform
) -> None:
    await perform("update_health_metrics", person=ANNA, metrics={"weight": 75})
    before = runtime(entry).registry.persons[ANNA]
    response = await perform(
        "update_health_metrics",
        person=ANNA,
        metrics={"weight": 90},
        measured_at=NOW - timedelta(days=1),
    )
    assert (response["readings"], response["late"]) == ({}, ["weight"])
    assert runtime(entry).registry.persons[ANNA] is before
    history = await perform("get_health_history", person=ANNA, metric="weight")
    assert [(each["day"], each["value"]) for each in history["days"]] == [
        ("2026-03-01", 90.0),
        ("2026-03-02", 75.0),
    ]


async def test_the_same_reading_twice_is_told_as_known(perform: Perform) -> None:
    for unchanged in ([], ["weight"]):
        response = await perform(
            "update_health_metrics", person=ANNA, metrics={"weight": 75}, measured_at=NOW
        )
        assert response["unchanged"] == unchanged


async def test_amounts_add_up_and_a_total_does_not(
    perform: Perform, freezer: FrozenDateTimeFactory
) -> None:
    for steps, so_far in ((1000, 1000), (500, 1500)):
        freezer.tick()
        response = await perform("update_health_metrics", person=ANNA, metrics={"steps": steps})
        assert response["readings"]["steps"]["value"] == so_far
    response = await perform(
        "update_health_metrics",
        person=ANNA,
        metrics={"steps": {"value": 4000, "total": True, "source": "Watch"}},
    )
    steps = response["readings"]["steps"]
    assert (steps["value"], steps["source"]) == (4000, "Watch")


async def test_a_household_metric_is_a_metric(perform: Perform, entry: MockConfigEntry) -> None:
    grip = {"key": "grip", "name": "Grip", "unit": "kg", "minimum": 0, "maximum": 150}
    runtime(entry).registry.async_set_household_metrics([define_metric(grip)])
    response = await perform(
        "update_health_metrics", person=ANNA, metrics={"grip": {"value": 100, "unit": "lb"}}
    )
    assert response["readings"]["grip"]["value"] == pytest.approx(45.36)


async def test_each_reading_may_have_its_own_time_and_source(perform: Perform) -> None:
    response = await perform(
        "update_health_metrics",
        person=ANNA,
        metrics={"mood": {"value": 7, "measured_at": "2026-03-01T23:30:00", "source": "Diary"}},
    )
    mood = response["readings"]["mood"]
    assert (mood["measured_at"], mood["source"]) == ("2026-03-01T22:30:00+00:00", "Diary")


async def test_common_metrics_have_fields_of_their_own(perform: Perform) -> None:
    response = await perform(
        "update_health_metrics",
        person=ANNA,
        weight=71.4,
        mood=7,
        metrics={"height": 170, "mood": 7},
    )
    values = {key: reading["value"] for key, reading in response["readings"].items()}
    assert values == {"weight": 71.4, "mood": 7, "height": 170}


def test_the_fields_of_common_metrics_are_those_of_the_form() -> None:
    described = yaml.safe_load(SERVICES.read_text("utf-8"))
    fields = described["update_health_metrics"]["fields"]["common_metrics"]["fields"]
    assert tuple(fields) == COMMON_METRICS
    assert set(COMMON_METRICS) <= set(CATALOGUE)


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({"metrics": {"weight": 7000}}, "out_of_range_unit_private", "metrics.weight"),
        ({"metrics": {"weight": "heavy"}}, "wrong_type_number_private", "metrics.weight"),
        ({"metrics": {"weight": None}}, "required_field", "metrics.weight"),
        (
            {"metrics": {"weight": {"value": 70, "unit": "m"}}},
            "unknown_unit_private",
            "metrics.weight.unit",
        ),
        ({"metrics": {"luck": 7}}, "unknown_metric_private", "metrics.luck"),
        ({"metrics": {"weight": 70, "luck": 7}}, "unknown_metric_private", "metrics.luck"),
        ({"metrics": {}}, "nothing_to_do", "metrics"),
        ({"metrics": 70}, "wrong_type_object_private", "metrics"),
        ({}, "required_field", "metrics"),
        ({"metrics": {"weight": 70}, "luck": 7}, "unknown_field", "luck"),
        ({"weight": 7000}, "out_of_range_unit_private", "weight"),
        ({"weight": "heavy"}, "wrong_type_number_private", "weight"),
        ({"weight": {"value": 70, "unit": "m"}}, "unknown_unit_private", "weight.unit"),
        ({"weight": 70, "metrics": {"luck": 7}}, "unknown_metric_private", "metrics.luck"),
        ({"weight": 70, "metrics": {"weight": 71}}, "only_one_of", "weight"),
        ({"weight": 70, "metrics": 71}, "wrong_type_object_private", "metrics"),
        ({"metrics": {"weight": 70}, "source": " "}, "required_field", "source"),
        (
            {"metrics": {"weight": 70}, "measured_at": "2026-03-02T13:06:00"},
            "future_time",
            "measured_at",
        ),
        ({"metrics": {"weight": 70}, "measured_at": "today"}, "invalid_time", "measured_at"),
    ],
)
async def test_a_bad_reading_is_refused(
    refuses: Refuses, data: dict[str, object], key: str, field: str
) -> None:
    await refuses(key, field, "update_health_metrics", person=ANNA, **data)


async def test_an_unknown_metric_is_told_the_known_ones(refuses: Refuses) -> None:
    said = await refuses(
        "unknown_metric_private",
        "metrics.luck",
        "update_health_metrics",
        person=ANNA,
        metrics={"luck": 1},
    )
    assert said["allowed"].split(", ") == list(CATALOGUE)


async def test_a_person_is_changed_by_merge_patch(
    perform: Perform, device_id: Callable[[str], str]
) -> None:
    response = await perform(
        "update_person",
        person=device_id(ANNA),
        gender="FEMALE",
        activity_level="very_active",
        preferences={"diet": {"vegetarian": True}},
        contact_email=None,
        current_location_id=device_id(HOME_ID),
    )
    assert response["name"] == "Anna"
    assert response["gender"] == "Female"
    assert response["activity_level"] == "Very Active"
    assert response["preferences"] == {"diet": {"vegetarian": True}}
    assert response["contact_email"] is None
    assert response["goals_progress"]["goals"]["G01"]["name"] == "Run"
    assert response["revision"] == 2
    response = await perform("update_person", person=ANNA, preferences={"diet": None})
    assert (response["preferences"], response["gender"]) == ({}, "Female")


async def test_a_change_that_changes_nothing_raises_no_revision(perform: Perform) -> None:
    assert (await perform("update_person", person=ANNA, name="Anna"))["revision"] == 1


async def test_a_linked_person_survives_a_new_name_of_the_entity(
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    perform: Perform,
) -> None:
    linked = entity_registry.async_get_or_create("person", "person", "anna")
    await perform("update_person", person=ANNA, person_entity=linked.entity_id)
    assert runtime(entry).registry.persons[ANNA].person_entity == linked.id


async def test_an_entity_without_an_entry_is_kept_as_it_is(
    hass: HomeAssistant, entry: MockConfigEntry, perform: Perform
) -> None:
    hass.states.async_set("person.jan", "home")
    await perform("update_person", person=JAN, person_entity="person.jan")
    assert runtime(entry).registry.persons[JAN].person_entity == "person.jan"


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({"contact_email": "A@B.PL"}, "duplicate_private", "contact_email"),
        ({"contact_email": "nobody"}, "invalid_email_private", "contact_email"),
        ({"date_of_birth": "2026-03-02"}, "not_in_past_private", "date_of_birth"),
        ({"date_of_birth": "yesterday"}, "invalid_date_private", "date_of_birth"),
        ({"timezone": "Europe/Nowhere"}, "invalid_timezone", "timezone"),
        ({"gender": "unknown"}, "not_an_option", "gender"),
        ({"name": ""}, "required_field", "name"),
        ({"name": None}, "required_field", "name"),
        ({"name": "x" * 256}, "too_long", "name"),
        ({"name": "a\nb"}, "unprintable", "name"),
        ({"preferences": []}, "wrong_type_object", "preferences"),
        ({"health_metrics": {"luck": 1}}, "unknown_metric_private", "health_metrics.luck"),
        ({"goals_progress": {}}, "read_only_field", "goals_progress"),
        ({"revision": 7}, "read_only_field", "revision"),
        ({"shoe_size": 38}, "unknown_field", "shoe_size"),
        ({"person_entity": "person.nobody"}, "not_found", "person_entity"),
        ({"person_entity": "sun.sun"}, "not_found", "person_entity"),
        ({"current_location_id": ANNA}, "not_found", "current_location_id"),
        ({"day_start": 24}, "out_of_range", "day_start"),
        ({"health_entities": "no"}, "wrong_type_truth", "health_entities"),
        ({"health_entities": None}, "required_field", "health_entities"),
        (
            {"metric_sources": {"weight": ["sensor.nothing"]}},
            "not_found",
            "metric_sources.weight[0]",
        ),
        (
            {"metric_sources": {"weight": [{"entity": "sun.sun", "unit": "m"}]}},
            "unknown_unit",
            "metric_sources.weight[0].unit",
        ),
        (
            {"metric_sources": {"luck": ["sun.sun"]}},
            "unknown_metric",
            "metric_sources.luck",
        ),
        ({"metrics": {}}, "read_only_field", "metrics"),
        ({"readiness": 7}, "read_only_field", "readiness"),
        ({"age": 7}, "read_only_field", "age"),
    ],
)
async def test_a_bad_field_is_refused(
    hass: HomeAssistant, refuses: Refuses, data: dict[str, object], key: str, field: str
) -> None:
    hass.states.async_set("sun.sun", "above_horizon")
    await refuses(key, field, "update_person", person=JAN, **data)


async def test_an_unknown_field_is_told_the_known_ones(refuses: Refuses) -> None:
    said = await refuses("unknown_field", "shoe_size", "update_person", person=JAN, shoe_size=38)
    assert {"name", "gender", "preferences"} <= {*said["allowed"].split(", ")}
    assert "person_id" not in said["allowed"]


async def test_a_metric_is_linked_by_entity_ids(
    entry: MockConfigEntry, entity_registry: er.EntityRegistry, perform: Perform
) -> None:
    scale = entity_registry.async_get_or_create("sensor", "scale", "weight")
    response = await perform(
        "update_person",
        person=ANNA,
        metric_sources={"weight": [{"entity": scale.entity_id, "unit": "lbs"}]},
    )
    assert response["metric_sources"] == {
        "weight": [{"entity": scale.id, "attribute": None, "unit": "lb"}]
    }
    response = await perform("update_person", person=ANNA, metric_sources={"weight": None})
    assert response["metric_sources"] == {}


async def test_the_document_tells_what_follows_from_the_readings(perform: Perform) -> None:
    await perform(
        "update_person",
        person=ANNA,
        date_of_birth="1990-03-02",
        gender="female",
        activity_level="light",
    )
    await perform("update_health_metrics", person=ANNA, metrics={"weight": 70, "height": 175})
    document = await perform("get_twin", twin=ANNA)
    assert (document["age"], document["bmi"]) == (36, 22.9)
    assert (document["bmr"], document["daily_energy_need"]) == (1453, 1998)
    weight = document["metrics"]["weight"]
    assert (weight["value"], weight["fresh"], weight["mean_7_days"]) == (70, True, 70)
    assert document["readiness"]["score"] is None


@pytest.fixture
def write(hass: HomeAssistant, tmp_path: Path) -> Callable[[str], str]:
    """Write a file that Home Assistant may read; return its path."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}

    def write(text: str) -> str:
        path = tmp_path / "export.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


async def test_a_file_is_imported_and_a_broken_line_costs_only_itself(
    hass: HomeAssistant, perform: Perform, write: Callable[[str], str]
) -> None:
    told = async_capture_events(hass, "digital_twin_import_progress")
    path = write(
        "metric,value,unit,measured_at\n"
        "weight,70.5,kg,2026-02-27T08:00:00\n"
        "weight,7000.5,kg,2026-02-28T08:00:00\n"
        "luck,7,,2026-02-28T08:00:00\n"
        "weight,154.3,lb,2026-03-01T08:00:00\n"
    )
    report = await perform("import_health_metrics", person=ANNA, path=path, source="Old app")
    assert (report["read"], report["refused"], report["days"]) == (2, 2, 2)
    assert [(each["line"], each["key"]) for each in report["problems"]] == [
        (3, "out_of_range"),
        (4, "unknown_metric"),
    ]
    assert "0.2" in report["problems"][0]["message"]
    history = await perform("get_health_history", person=ANNA, metric="weight")
    assert [each["source"] for each in history["days"]] == ["Old app", "Old app"]
    again = await perform("import_health_metrics", person=ANNA, path=path, source="Old app")
    assert again["days"] == 0
    # How far it is, and nothing of what it reads.
    assert [event.data for event in told] == 2 * [
        {"person_id": ANNA, "read": 2, "refused": 2, "kept": 0},
        {"person_id": ANNA, "read": 2, "refused": 2, "kept": 2},
    ]


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({}, "required_field", "path"),
        ({"path": "/etc/passwd"}, "path_not_allowed", "path"),
        ({"path": "/etc/passwd", "force": True}, "unknown_field", "force"),
    ],
)
async def test_a_bad_import_is_refused(
    refuses: Refuses, data: dict[str, object], key: str, field: str
) -> None:
    await refuses(key, field, "import_health_metrics", person=ANNA, **data)


async def test_what_is_no_file_of_readings_is_refused(
    refuses: Refuses, write: Callable[[str], str]
) -> None:
    path = write("colour,taste\nred,sweet\n")
    await refuses("unknown_columns", "path", "import_health_metrics", person=ANNA, path=path)
    missing = str(Path(path).with_name("missing.csv"))
    await refuses("unreadable_file", "path", "import_health_metrics", person=ANNA, path=missing)


async def test_what_a_file_leaves_open_is_said_by_the_caller(
    perform: Perform, refuses: Refuses, write: Callable[[str], str]
) -> None:
    path = write("Date,Masse,Colour\n2/1/2026,154\n2/3/2026,155\n")
    columns = {"Masse": "weight"}
    data: dict[str, object] = {"person": ANNA, "path": path, "columns": columns}
    await refuses("ambiguous_dates", "date_order", "import_health_metrics", **data)
    data |= {"date_order": "month_first", "units": {"weight": "lb"}}
    report = await perform("import_health_metrics", **data)
    assert (report["read"], report["refused"], report["shape"]) == (2, 0, "table")
    assert report["ignored"] == ["Colour"]
    history = await perform("get_health_history", person=ANNA, metric="weight")
    assert [(each["day"], each["value"]) for each in history["days"]] == [
        ("2026-02-01", 69.853),
        ("2026-02-03", 70.307),
    ]
    assert (await perform("import_health_metrics", **data))["days"] == 0


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({"date_order": "year_first"}, "not_an_option", "date_order"),
        ({"units": {"weight": "km"}}, "unknown_unit", "units.weight"),
        ({"units": {"luck": "kg"}}, "unknown_field", "units.luck"),
        ({"columns": {"A": "luck"}}, "unknown_metric", "columns"),
        ({"columns": 3}, "wrong_type_object", "columns"),
    ],
)
async def test_bad_choices_for_a_file_are_refused(
    refuses: Refuses, data: dict[str, object], key: str, field: str
) -> None:
    await refuses(key, field, "import_health_metrics", person=ANNA, path="/x", **data)


async def test_a_plain_number_has_the_unit_that_the_sensor_shows(
    hass: HomeAssistant, perform: Perform
) -> None:
    async def value(metric: str, number: object) -> float:
        answer = await perform("update_health_metrics", person=ANNA, metrics={metric: number})
        return float(answer["readings"][metric]["value"])

    assert await value("sleep_duration", 7.2) == 432
    assert await value("sleep_duration", {"value": 450, "unit": "min"}) == 450
    assert await value("weight", 70) == 70
    hass.config.units = US_CUSTOMARY_SYSTEM
    assert await value("weight", 154) == 69.853
    assert await value("body_temperature", {"value": 98.6}) == 37


async def test_the_history_is_that_of_the_days_asked_for(perform: Perform) -> None:
    for days in range(5):
        await perform(
            "update_health_metrics",
            person=ANNA,
            metrics={"weight": 70 + days},
            measured_at=NOW - timedelta(days=days),
        )
    history = await perform(
        "get_health_history",
        person=ANNA,
        metric="weight",
        start_date="2026-02-27",
        end_date="2026-02-28",
    )
    assert history["unit"] == "kg"
    assert [(each["day"], each["value"]) for each in history["days"]] == [
        ("2026-02-27", 73.0),
        ("2026-02-28", 72.0),
    ]


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({}, "required_field", "metric"),
        ({"metric": "luck"}, "unknown_metric", "metric"),
        ({"metric": "weight", "start_date": "long ago"}, "invalid_date", "start_date"),
        ({"metric": "weight", "days": 7}, "unknown_field", "days"),
    ],
)
async def test_a_bad_question_for_the_history_is_refused(
    refuses: Refuses, data: dict[str, object], key: str, field: str
) -> None:
    await refuses(key, field, "get_health_history", person=ANNA, **data)


async def test_an_own_entity_is_refused_as_a_source(
    refuses: Refuses, entity_registry: er.EntityRegistry
) -> None:
    own = entity_registry.async_get_or_create("sensor", "digital_twin", f"{ANNA}-weight")
    for source in (own.entity_id, {"entity": own.entity_id}):
        at = "metric_sources.weight[0]" + (".entity" if isinstance(source, dict) else "")
        await refuses(
            "own_entity", at, "update_person", person=ANNA, metric_sources={"weight": [source]}
        )


async def test_amounts_without_a_time_all_count_in_the_same_moment(
    freezer: FrozenDateTimeFactory, perform: Perform
) -> None:
    call = partial(perform, "update_health_metrics", person=ANNA, metrics={"hydration": 250})
    await asyncio.gather(*(call() for _ in range(10)))
    history = await perform("get_health_history", person=ANNA, metric="hydration")
    assert [each["value"] for each in history["days"]] == [2500]
    (answer,) = (await call())["readings"].values()
    # Never more than needed ahead of the clock.
    assert answer["measured_at"] == "2026-03-02T12:00:00.010000+00:00"
    freezer.tick(1)
    (answer,) = (await call())["readings"].values()
    assert answer["measured_at"] == "2026-03-02T12:00:01+00:00"


async def test_an_amount_of_the_same_given_time_is_corrected(perform: Perform) -> None:
    for amount in (250, 300):
        await perform(
            "update_health_metrics",
            person=ANNA,
            metrics={"hydration": amount},
            measured_at="2026-03-02 08:00",
        )
    history = await perform(
        "get_health_history", person=ANNA, metric="hydration", end_date="2026-03-02"
    )
    assert [each["value"] for each in history["days"]] == [300]
