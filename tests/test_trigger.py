"""Triggers fire in automations for what happens to twins, and say what a message needs."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
    selector,
)
from homeassistant.helpers.trigger import async_validate_trigger_config
from homeassistant.setup import async_setup_component
import probatio
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)
import yaml

from custom_components.digital_twin.condition import CONDITIONS, TwinTarget
from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.trigger import TRIGGERS

from .common import (
    ANNA,
    GOAL,
    GOAL_ID,
    HOME_ID,
    JAN,
    Wait,
    async_add_twins,
    async_delete_twin,
    async_patch_twin,
    async_setup_twin,
    mock_entry,
    runtime,
)
from .house import House

PACKAGE: Final = Path(__file__).parents[1] / "custom_components" / DOMAIN
OTHER_GOAL: Final = "30000000-0000-4000-8000-000000000002"
OUTAGE: Final = timedelta(minutes=16)
BOOKS: Final = {"name": "Books", "kind": "accumulate", "unit": "books", "target": 10}
READ: Final = GOAL | {
    "name": "Read",
    "status": "Active",
    "start_date": "2026-01-01",
    "target_date": "2026-05-01",
    "progress_metrics": [{**BOOKS, "current": 5}],
    "milestones": [{"name": "Third shelf", "date": "2026-04-01", "progress": 75}],
}
PEOPLE: Final = {
    ANNA: {"name": "Anna", "person_entity": "person.anna"},
    JAN: {"name": "Jan"},
}
type Config = Mapping[str, Any]


class Automations:
    """Sets automations up and collects the `trigger` variable of each run."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Provide the action that the automations call."""
        self._hass = hass
        self.calls: list[ServiceCall] = async_mock_service(hass, "test", "seen")

    async def add(self, *triggers: Config) -> None:
        """Set one automation up for each trigger."""
        automations = [
            {
                "alias": f"Automation {number}",
                "triggers": [dict(trigger)],
                "actions": [{"action": "test.seen", "data": {"trigger": "{{ trigger }}"}}],
            }
            for number, trigger in enumerate(triggers)
        ]
        assert await async_setup_component(self._hass, "automation", {"automation": automations})
        await self._hass.async_block_till_done()

    @property
    def seen(self) -> list[dict[str, Any]]:
        """The variables of the runs so far."""
        return [call.data["trigger"] for call in self.calls]


@pytest.fixture
def automations(hass: HomeAssistant) -> Automations:
    """Give what sets automations up."""
    return Automations(hass)


@pytest.fixture
async def entry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Anna with a goal in the middle of its plan, Jan, and a home."""
    freezer.move_to(datetime(2026, 3, 2, 12, tzinfo=UTC))
    await hass.config.async_update(time_zone="UTC")
    hass.states.async_set("person.anna", "home")
    return await async_setup_twin(hass, persons=PEOPLE, goals={GOAL_ID: READ})


def _of(name: str, target: Config | None = None, /, **options: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the configuration of a trigger."""
    config: dict[str, Any] = {"trigger": f"{DOMAIN}.{name}"}
    given = {"target": target, "options": options}
    return config | {key: value for key, value in given.items() if value}


def _device(hass: HomeAssistant, entry: MockConfigEntry, twin_id: str) -> str:
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, twin_id), entry.entry_id)
    assert device is not None
    return device.id


async def _read(hass: HomeAssistant, entry: MockConfigEntry, books: float) -> None:
    metrics = [{**BOOKS, "current": books}]
    await async_patch_twin(hass, entry, "goal", GOAL_ID, progress_metrics=metrics)


async def _weigh(hass: HomeAssistant, person_id: str = ANNA, **metrics: object) -> None:
    data = {"person": person_id, "metrics": metrics or {"weight": 71.437}}
    await hass.services.async_call(DOMAIN, "update_health_metrics", data, blocking=True)
    await hass.async_block_till_done()


async def test_the_editor_offers_every_trigger_and_condition(hass: HomeAssistant) -> None:
    for name, known in (("trigger", TRIGGERS), ("condition", CONDITIONS)):
        described = yaml.safe_load((PACKAGE / f"{name}s.yaml").read_text("utf-8"))
        offered = {key: each for key, each in described.items() if not key.startswith(".")}
        assert set(offered) == set(known)
        for key, each in offered.items():
            own: Any = known[key]
            extra = {"behavior"} if name == "condition" else set()
            assert set(each["fields"]) == {str(field) for field in own.options} | extra | {"about"}
            for field, description in each["fields"].items():
                selector.validate_selector(description["selector"])
                options = description["selector"].get("select", {}).get("options")
                if field in own.options and options:
                    # The validator takes each of them.
                    value = options if description["selector"]["select"].get("multiple") else "x"
                    probatio.Schema({field: own.options[field]})({field: value})


async def test_the_pace_of_a_goal(
    hass: HomeAssistant, entry: MockConfigEntry, automations: Automations
) -> None:
    await automations.add(_of("goal_pace_changed"))
    await _read(hass, entry, 3)
    (seen,) = automations.seen
    wanted = {
        "platform": "digital_twin.goal_pace_changed",
        "description": "Read pace: on track → behind",
        "name": "Read",
        "code": "G01",
        "goal_id": GOAL_ID,
        "device_id": _device(hass, entry, GOAL_ID),
        "entity_id": "sensor.read_pace",
        "person": "Anna",
        "person_entity_id": "person.anna",
        "from": "on_track",
        "from_text": "On track",
        "to": "behind",
        "to_text": "Behind",
        "progress": 30,
        "reason": "10 days behind; 0.82 books a week are needed",
        "needed_per_week": "0.82 books",
        "event": "pace_changed",
        "by": None,
    }
    assert {key: seen[key] for key in wanted} == wanted


async def test_a_goal_is_completed(
    hass: HomeAssistant, entry: MockConfigEntry, automations: Automations
) -> None:
    names = ("goal_status_changed", "goal_completed", "milestone_reached")
    await automations.add(*(_of(name) for name in names))
    await async_patch_twin(hass, entry, "goal", GOAL_ID, status="completed")
    seen = {each["event"]: each for each in automations.seen}
    assert set(seen) == {"status_changed", "completed", "milestone_reached"}
    status = seen["status_changed"]
    assert (status["from"], status["to_text"]) == ("active", "Completed")
    assert status["entity_id"] == "select.read_status"
    assert seen["completed"]["description"] == "Read was completed"
    assert seen["completed"]["progress"] == 100
    milestone = seen["milestone_reached"]
    assert milestone["milestone"] == "Third shelf"
    assert milestone["description"] == "Read reached the milestone Third shelf"


@pytest.mark.parametrize(
    ("language", "text", "reason"),
    [
        ("pl", "W tyle za planem", "potrzeba tygodniowo: 0,82 books"),
        ("en", "Behind", "0.82 books a week are needed"),
    ],
)
async def test_texts_are_in_the_language_of_the_household(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    automations: Automations,
    language: str,
    text: str,
    reason: str,
) -> None:
    freezer.move_to(datetime(2026, 3, 2, 12, tzinfo=UTC))
    hass.config.language = language
    entry = await async_setup_twin(hass, persons=PEOPLE, goals={GOAL_ID: READ})
    await automations.add(_of("goal_pace_changed"))
    await _read(hass, entry, 3)
    (seen,) = automations.seen
    assert seen["to_text"] == text
    assert reason in seen["reason"]
    assert text.lower() in seen["description"]


async def test_a_reading(
    hass: HomeAssistant, entry: MockConfigEntry, automations: Automations
) -> None:
    await automations.add(_of("metric_recorded"))
    await _weigh(hass)
    await _weigh(hass, weight=72.049)
    seen = automations.seen[-1]
    wanted = {
        "description": "Anna has a new reading: Weight",
        "name": "Anna",
        "person": "Anna",
        "person_id": ANNA,
        "person_entity_id": "person.anna",
        "device_id": _device(hass, entry, ANNA),
        "entity_id": "sensor.anna_weight",
        "metric": "weight",
        "metric_name": "Weight",
        "value": 72.0,
        "unit": "kg",
        "shown": "72.0 kg",
        "late": False,
        "is_private": False,
    }
    assert {key: seen[key] for key in wanted} == wanted


async def test_a_value_is_in_the_unit_in_which_it_is_shown(
    hass: HomeAssistant, entry: MockConfigEntry, automations: Automations
) -> None:
    await _weigh(hass, weight=70)
    unit = {"unit_of_measurement": "lb"}
    er.async_get(hass).async_update_entity_options("sensor.anna_weight", "sensor", unit)
    await hass.async_block_till_done()
    await automations.add(_of("metric_recorded"))
    await _weigh(hass, weight={"value": 71, "unit": "kg"}, steps=500, sleep_duration=7.5)
    shown = {each["metric"]: each["shown"] for each in automations.seen}
    assert shown == {"weight": "156.5 lb", "steps": "500 steps", "sleep_duration": "7.50 h"}


async def test_a_late_reading_has_no_value(
    hass: HomeAssistant, entry: MockConfigEntry, automations: Automations
) -> None:
    await _weigh(hass)
    await automations.add(_of("metric_recorded"))
    late = {"person": ANNA, "metrics": {"weight": 60}, "measured_at": "2026-02-01 08:00:00"}
    await hass.services.async_call(DOMAIN, "update_health_metrics", late, blocking=True)
    await hass.async_block_till_done()
    (seen,) = automations.seen
    assert (seen["late"], seen["value"], seen["shown"]) == (True, None, None)


async def test_a_reading_of_a_linked_sensor(
    hass: HomeAssistant, entry: MockConfigEntry, automations: Automations
) -> None:
    hass.states.async_set("sensor.scale", "70", {"unit_of_measurement": "kg"})
    sources = {"weight": [{"entity": "sensor.scale"}]}
    await async_patch_twin(hass, entry, "person", ANNA, metric_sources=sources)
    await automations.add(_of("metric_recorded"))
    hass.states.async_set("sensor.scale", "70.5", {"unit_of_measurement": "kg"})
    await hass.async_block_till_done()
    assert [each["shown"] for each in automations.seen] == ["70.5 kg"]


async def _make_unusual(hass: HomeAssistant, freezer: FrozenDateTimeFactory, **last: float) -> None:
    """Give Anna a month of usual pulses and then an unusual one."""
    for day in range(30):
        usual = {"resting_heart_rate": 60 + day % 2}
        await _weigh(hass, **(usual if day < 29 else last))
        freezer.tick(timedelta(days=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done()


async def test_an_unusual_value(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    automations: Automations,
    freezer: FrozenDateTimeFactory,
) -> None:
    high, low = _of("metric_anomaly", direction="high"), _of("metric_anomaly", direction=["low"])
    await automations.add(high, low)
    await _make_unusual(hass, freezer, resting_heart_rate=95)
    (seen,) = automations.seen
    assert (seen["direction"], seen["direction_text"]) == ("high", "Unusually high")
    assert seen["shown"] == "95 bpm"
    assert seen["description"] == "Anna has an unusual reading: Resting heart rate"


async def test_a_private_person_leaves_no_value_in_a_trace(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    automations: Automations,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
    await automations.add(*(_of(name) for name in TRIGGERS))
    await _make_unusual(hass, freezer, resting_heart_rate=95.125)
    recorded, unusual = automations.seen[0], automations.seen[-1]
    for seen, event in ((recorded, "metric_recorded"), (unusual, "metric_unusual")):
        assert seen["event"] == event
        assert (seen["name"], seen["metric_name"]) == ("Anna", "Resting heart rate")
        assert seen["is_private"] is True
        hidden = ("value", "unit", "shown", "direction", "direction_text", "entity_id")
        assert [seen[key] for key in hidden] == [None] * len(hidden)
    health = [each for each in automations.seen if each["event"].startswith("metric_")]
    values = [value for each in health for value in each.values()]
    assert [value for value in values if type(value) in (int, float)] == []
    assert "bpm" not in str(values)


async def test_a_metric_without_a_recent_reading(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    automations: Automations,
    freezer: FrozenDateTimeFactory,
) -> None:
    await _weigh(hass)
    await automations.add(_of("data_stale", metric="weight"), _of("data_stale", metric="mood"))
    freezer.tick(timedelta(days=60))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    (seen,) = automations.seen
    assert (seen["event"], seen["metric"], seen["person"]) == ("metric_stale", "weight", "Anna")
    assert seen["description"] == "Anna has no recent reading: Weight"


async def test_a_device_is_silent_and_answers_again(
    hass: HomeAssistant, house: House, wait: Wait, automations: Automations
) -> None:
    device_id = house.device("Plug", house.area("Kitchen"))
    plug = house.sensor(device_id, "power", 10)
    entry = await async_setup_twin(hass)
    await automations.add(
        _of("device_status_changed", to="offline"),
        _of("operational_status_changed", to="degraded", **{"from": "optimal"}),
    )
    await wait(OUTAGE)
    house.silence(plug)
    await wait(OUTAGE)
    device, home = sorted(automations.seen, key=lambda each: str(each["event"]))
    wanted = {
        "description": "Plug is not responding",
        "name": "Plug",
        "device_id": device_id,
        "area": "Kitchen",
        "from": "online",
        "to": "offline",
        "to_text": "Not responding",
        "home": "Home",
        "home_id": HOME_ID,
        "home_device_id": _device(hass, entry, HOME_ID),
        "entity_id": None,
        "battery": None,
    }
    assert {key: device[key] for key in wanted} == wanted
    wanted = {
        "description": "Home status: all well → needs attention",
        "name": "Home",
        "from": "optimal",
        "to": "degraded",
        "to_text": "Needs attention",
        "device_id": _device(hass, entry, HOME_ID),
        "entity_id": "sensor.home_operational_status",
    }
    assert {key: home[key] for key in wanted} == wanted
    assert home["causes"].startswith("Plug: silent since ")
    house.set(plug, 11)
    await wait()
    assert len(automations.seen) == 2


async def test_a_battery_is_low(
    hass: HomeAssistant, house: House, wait: Wait, automations: Automations
) -> None:
    device_id = house.device("Sensor")
    battery = house.sensor(device_id, "battery", 80)
    old = house.sensor(house.device("Old one"), "battery", 3)
    await automations.add(_of("battery_low"))
    await async_setup_twin(hass)
    await wait(OUTAGE)
    # What was low before the home was judged is no news.
    assert automations.seen == []
    house.set(battery, 5)
    await wait()
    (seen,) = automations.seen
    assert (seen["name"], seen["device_id"], seen["battery"]) == ("Sensor", device_id, 5)
    assert seen["description"] == "Sensor has a low battery"
    house.set(battery, 4)
    house.set(old, 2)
    await wait()
    assert len(automations.seen) == 1
    house.set(battery, 80)
    await wait()
    house.set(battery, 4)
    await wait()
    assert len(automations.seen) == 2


async def test_a_reload_brings_no_old_news(
    hass: HomeAssistant, house: House, wait: Wait, automations: Automations
) -> None:
    battery = house.sensor(house.device("Sensor"), "battery", 80)
    entry = await async_setup_twin(hass)
    await automations.add(_of("battery_low"))
    await wait(OUTAGE)
    house.set(battery, 5)
    await wait()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await wait(OUTAGE)
    assert len(automations.seen) == 1


async def test_a_sensor_stops_reporting(
    hass: HomeAssistant, house: House, wait: Wait, automations: Automations
) -> None:
    device_id = house.device("Thermometer", house.area("Kitchen"))
    sensor = house.sensor(device_id, "temperature", 20)
    await async_setup_twin(hass)
    await automations.add(
        _of("data_stale", {"entity_id": sensor}),
        _of("data_stale", {"device_id": device_id}),
        _of("data_stale", {"entity_id": "sensor.other"}),
        _of("data_stale", metric="weight"),
    )
    await wait(OUTAGE)
    await wait(timedelta(days=3))
    assert [each["event"] for each in automations.seen] == ["sensor_stale"] * 2
    seen = automations.seen[0]
    assert (seen["entity_id"], seen["device_id"]) == (sensor, device_id)
    assert (seen["home"], seen["area"]) == ("Home", "Kitchen")
    assert seen["description"] == f"{seen['name']} has stopped reporting"


async def test_somebody_comes_home(
    hass: HomeAssistant, house: House, wait: Wait, automations: Automations
) -> None:
    hass.states.async_set("person.anna", "not_home")
    homes = {HOME_ID: {"name": "Home", "zone": "zone.home", "residents": [ANNA]}}
    await async_setup_twin(hass, persons=PEOPLE, homes=homes)
    await automations.add(
        _of("occupancy_changed", to=["Occupied"]), _of("occupancy_changed", to=["vacant"])
    )
    await wait(OUTAGE)
    hass.states.async_set("person.anna", "home")
    await wait()
    (seen,) = automations.seen
    assert (seen["from"], seen["to"], seen["to_text"]) == ("away", "occupied", "Occupied")
    assert seen["entity_id"] == "sensor.home_occupancy_status"
    assert seen["reason"].startswith("Anna: at home since ") or "Anna" in seen["reason"]


@pytest.mark.parametrize(
    ("options", "fires"),
    [
        ({}, True),
        ({"to": ["behind"]}, True),
        ({"to": "Behind"}, True),
        ({"to": []}, True),
        ({"to": ["behind", "at_risk"], "from": ["on_track"]}, True),
        ({"to": ["at_risk"]}, False),
        ({"from": ["ahead"]}, False),
        ({"person": ANNA}, True),
        ({"person": [JAN, "person.anna"]}, True),
        ({"person": [JAN]}, False),
    ],
)
async def test_options_choose(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    automations: Automations,
    options: dict[str, Any],
    fires: bool,
) -> None:
    await automations.add(_of("goal_pace_changed", **options))
    await _read(hass, entry, 3)
    assert len(automations.seen) == fires


TARGETS: Final[Sequence[tuple[Config, bool]]] = (
    ({"device_id": ["goal"]}, True),
    ({"device_id": ["anna"]}, True),
    ({"device_id": ["jan"]}, False),
    ({"device_id": ["other", "goal"]}, True),
    ({"device_id": ["other"]}, False),
    ({"device_id": ["gone"]}, False),
    ({"entity_id": ["sensor.read_pace"]}, True),
    ({"entity_id": ["sensor.sleep_pace"]}, False),
    ({"label_id": ["important"]}, True),
    ({"label_id": ["boring"]}, False),
    ({}, True),
)
EXCLUSIONS: Final[Sequence[tuple[Config, bool]]] = (
    ({"device_id": ["anna"], "exclude": {"device_id": ["goal"]}}, False),
    ({"device_id": ["anna"], "exclude": {"device_id": ["other"]}}, True),
    ({"device_id": ["goal"], "exclude": {"device_id": ["anna"]}}, False),
    ({"device_id": ["anna"], "exclude": {"label_id": ["important"]}}, False),
    ({"label_id": ["important"], "exclude": {"label_id": ["boring"]}}, True),
    ({"label_id": ["important"], "exclude": {"entity_id": ["sensor.read_pace"]}}, False),
    ({"device_id": ["anna"], "exclude": {}}, True),
)


@pytest.fixture
async def devices(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, str]:
    """Add another goal, of the household, and labels; return the devices by short names."""
    await async_add_twins(
        hass, entry, "goal", {OTHER_GOAL: {"goal_code": "G02", "name": "Sleep", "status": "Active"}}
    )
    ids = {"goal": GOAL_ID, "other": OTHER_GOAL, "anna": ANNA, "jan": JAN}
    known = {name: _device(hass, entry, twin_id) for name, twin_id in ids.items()}
    for label, name in (("important", "goal"), ("boring", "other")):
        lr.async_get(hass).async_create(label)
        dr.async_get(hass).async_update_device(known[name], labels={label})
    return known


def _target(target: Config, devices: Mapping[str, str]) -> dict[str, Any]:
    """Return a target with the ids of devices instead of short names."""
    found = dict(target)
    if "device_id" in found:
        found["device_id"] = [devices.get(name, name) for name in found["device_id"]]
    if "exclude" in found:
        found["exclude"] = _target(found["exclude"], devices)
    return found


@pytest.mark.parametrize("as_option", [True, False])
@pytest.mark.parametrize(("target", "fires"), TARGETS)
async def test_targets_choose(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    automations: Automations,
    devices: dict[str, str],
    target: Config,
    fires: bool,
    as_option: bool,
) -> None:
    chosen = _target(target, devices)
    name = "goal_pace_changed"
    await automations.add(_of(name, about=chosen) if as_option else _of(name, chosen))
    await _read(hass, entry, 3)
    assert len(automations.seen) == fires


@pytest.mark.parametrize(("target", "covered"), [*TARGETS, *EXCLUSIONS])
async def test_what_a_target_covers(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    devices: dict[str, str],
    target: Config,
    covered: bool,
) -> None:
    covers = TwinTarget(hass, _target(target, devices)).resolve()
    assert covers([devices["goal"], devices["anna"]]) is covered


@pytest.mark.skipif(
    "exclude" not in {str(key) for key in cv.TARGET_FIELDS},
    reason="Home Assistant has exclusions from 2026.11 on",
)
@pytest.mark.parametrize(("target", "fires"), EXCLUSIONS)
async def test_exclusions_choose(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    automations: Automations,
    devices: dict[str, str],
    target: Config,
    fires: bool,
) -> None:
    await automations.add(_of("goal_pace_changed", _target(target, devices)))
    await _read(hass, entry, 3)
    assert len(automations.seen) == fires


@pytest.mark.parametrize(
    ("target", "options", "fires"),
    [
        ({"device_id": ["plug"]}, {}, True),
        ({"area_id": ["kitchen"]}, {}, True),
        ({"device_id": ["home"]}, {}, True),
        ({"device_id": ["lamp"]}, {}, False),
        (None, {"home": [HOME_ID]}, True),
        (None, {"home": [JAN]}, False),
        (None, {"to": ["online"]}, False),
    ],
)
async def test_devices_are_chosen(
    hass: HomeAssistant,
    house: House,
    wait: Wait,
    automations: Automations,
    target: Config | None,
    options: dict[str, Any],
    fires: bool,
) -> None:
    plug_id = house.device("Plug", house.area("Kitchen"))
    lamp_id = house.device("Lamp", house.area("Hall"))
    plug = house.sensor(plug_id, "power", 10)
    house.sensor(lamp_id, "power", 10)
    kitchen = {"name": "Flat", "scope": {"areas": ["hall"]}}
    entry = await async_setup_twin(hass, homes={HOME_ID: {"name": "Home"}, JAN: kitchen})
    known = {"plug": plug_id, "lamp": lamp_id, "home": _device(hass, entry, HOME_ID)}
    await automations.add(
        _of("device_status_changed", _target(target, known) if target else None, **options)
    )
    await wait(OUTAGE)
    house.silence(plug)
    await wait(OUTAGE)
    assert len(automations.seen) == fires


@pytest.mark.parametrize(
    ("config", "named"),
    [
        (_of("goal_pace_changed", to=["slow"]), ("to", "at_risk")),
        (_of("goal_status_changed", **{"from": "done"}), ("from", "on_hold")),
        (_of("metric_anomaly", direction="up"), ("direction", "high")),
        (_of("device_status_changed", to="broken"), ("to", "offline")),
        (_of("goal_completed", to="done"), ("to",)),
        (_of("goal_completed") | {"target": {"device": "x"}}, ("device",)),
    ],
)
async def test_wrong_options_are_refused_at_any_time(
    hass: HomeAssistant, config: dict[str, Any], named: Sequence[str]
) -> None:
    platform = {"platform": config.pop("trigger")}
    with pytest.raises(probatio.Invalid) as error:
        await async_validate_trigger_config(hass, [config | platform])
    assert [name for name in named if name not in str(error.value)] == []


@pytest.mark.parametrize(
    ("config", "key", "named"),
    [
        (_of("metric_recorded", metric=["wieght"]), "unknown_metric", ("metric", "weight")),
        (_of("goal_completed", person="person.eve"), "not_found", ("person", "person.eve")),
        (_of("battery_low", home=["Castle"]), "not_found", ("home", "Castle")),
    ],
)
async def test_unknown_names_are_refused_while_the_entry_is_loaded(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    config: dict[str, Any],
    key: str,
    named: Sequence[str],
) -> None:
    config = {"platform": config["trigger"], "options": config["options"]}
    with pytest.raises(ServiceValidationError) as error:
        await async_validate_trigger_config(hass, [config])
    assert error.value.translation_key == key
    assert [name for name in named if name not in str(error.value)] == []
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await async_validate_trigger_config(hass, [config])


async def test_a_person_that_was_deleted_chooses_nobody(
    hass: HomeAssistant, entry: MockConfigEntry, automations: Automations
) -> None:
    await automations.add(_of("goal_pace_changed", person=[JAN]))
    await async_delete_twin(hass, entry, "person", JAN)
    await _read(hass, entry, 3)
    assert automations.seen == []


async def test_a_reload_does_not_end_a_trigger(
    hass: HomeAssistant, entry: MockConfigEntry, automations: Automations
) -> None:
    await automations.add(_of("goal_pace_changed"))
    for _ in range(2):
        assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
    await _read(hass, entry, 3)
    assert len(automations.seen) == 1
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    await _read(hass, entry, 9)
    assert [each["to"] for each in automations.seen] == ["behind", "ahead"]


async def test_an_automation_may_be_there_before_the_integration(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, automations: Automations
) -> None:
    freezer.move_to(datetime(2026, 3, 2, 12, tzinfo=UTC))
    await automations.add(_of("goal_pace_changed", person=[ANNA]), _of("metric_recorded"))
    assert [state.state for state in hass.states.async_all("automation")] == ["on", "on"]
    entry = mock_entry(persons=PEOPLE)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await async_add_twins(hass, entry, "goal", {GOAL_ID: READ})
    await _read(hass, entry, 3)
    assert [each["to"] for each in automations.seen] == ["behind"]


async def test_an_automation_that_is_turned_off_follows_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, automations: Automations
) -> None:
    listeners = runtime(entry).feed._listeners
    before = {topic: len(each) for topic, each in listeners.items()}
    await automations.add(_of("goal_pace_changed"))
    assert {topic: len(each) for topic, each in listeners.items()} != before
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "automation.automation_0"}, blocking=True
    )
    assert {topic: len(each) for topic, each in listeners.items()} == before
    await _read(hass, entry, 3)
    assert automations.seen == []


async def test_the_context_of_a_user_is_the_parent(
    hass: HomeAssistant, entry: MockConfigEntry, automations: Automations
) -> None:
    user = await hass.auth.async_create_user("Anna", group_ids=["system-admin"])
    hass.states.async_set("person.anna", "home", {"user_id": user.id})
    await automations.add(*(_of(name) for name in TRIGGERS))
    context = Context(user_id=user.id)
    for action, data in (
        ("update_goal", {"goal": "G01", "status": "completed"}),
        ("update_health_metrics", {"person": ANNA, "metrics": {"weight": 71}}),
    ):
        await hass.services.async_call(DOMAIN, action, data, blocking=True, context=context)
        await hass.async_block_till_done()
    assert len(automations.calls) == 5
    assert {call.context.parent_id for call in automations.calls} == {context.id}
    assert {each["by"] for each in automations.seen} == {"Anna"}


async def test_triggers_need_no_entity(
    hass: HomeAssistant, entry: MockConfigEntry, automations: Automations
) -> None:
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        registry.async_update_entity(entity.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.async_block_till_done()
    await automations.add(_of("goal_pace_changed"))
    await _read(hass, entry, 3)
    assert [each["to"] for each in automations.seen] == ["behind"]
