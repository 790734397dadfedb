"""Every trigger and every condition works in an automation that was made in the editor."""

from datetime import UTC, date, datetime, timedelta

import pytest

from scripts.demo.client import Client, Json
from scripts.demo.twins import device

from .automations import (
    add,
    begin,
    choose_options,
    form_row,
    notifications,
    notify,
    save,
    told,
    use,
)
from .browser import Browser
from .household import begin_in_english
from .waiting import states_become

BATTERY = "sensor.bathroom_climate_battery"
PLUG = "input_boolean.office_air_monitor_plugged_in"
PHONES = ["input_boolean.anna_at_home", "input_boolean.jan_at_home"]
SCALE = "input_number.scale_reading"
LEAK = "input_boolean.washing_machine_leak"
PLANKS = {"name": "Planks", "kind": "accumulate", "target": 10, "current": 2}
# What each trigger says of what happens below.
TRIGGERS = {
    "Goal pace changed": "Garden house pace:",
    "Goal status changed": "Piano status: active → on hold",
    "Goal completed": "Chess was completed",
    "Milestone reached": "Garden house reached the milestone",
    "Health reading recorded": "Anna has a new reading: Weight",
    "Health value unusual": "Anna has an unusual reading: Resting heart rate",
    "Data has gone stale": "Anna has no recent reading: Heart rate",
    "Home status changed": "Lipowa 7 status",
    "Home occupancy changed": "Lipowa 7 occupancy",
    "Device status changed": "Office air monitor",
    "Device battery low": "Bathroom climate",
}


@pytest.fixture(scope="module")
async def household(client: Client) -> None:
    """A home that is judged at once with a silent device, goals, and a month of readings."""
    await begin_in_english(client)
    await client.set_options(
        "digital_twin", "thresholds", startup_grace=0, offline_grace=1, hold_time=0
    )
    # What moves in the garden does not keep the home occupied.
    areas = await client.command("config/area_registry/list")
    garden = [area["area_id"] for area in areas if area["name"] == "Garden"]
    home = await device(client, "Home", "Lipowa 7")
    await client.action("digital_twin.update_home", home=home, scope={"outdoor_areas": garden})
    await client.action("input_boolean.turn_off", entity_id=PLUG)
    today = date.today()  # noqa: DTZ011  # the demo home is where its user is
    dates: Json = {
        "status": "active",
        "start_date": (today - timedelta(days=50)).isoformat(),
        "target_date": (today + timedelta(days=50)).isoformat(),
    }
    floor = {"name": "Floor", "date": today.isoformat(), "progress": 50}
    goals: tuple[tuple[str, str, Json], ...] = (
        ("G71", "Garden house", {"progress_metrics": [PLANKS], "milestones": [floor]}),
        ("G72", "Piano", {}),
        ("G73", "Chess", {}),
    )
    for code, name, more in goals:
        await client.action("digital_twin.create_goal", goal_code=code, name=name, **dates, **more)
    for days_ago in range(40, 0, -1):
        await record(client, days_ago * 1440, resting_heart_rate=60 + days_ago % 3)


async def record(client: Client, minutes_ago: float = 0, **metrics: float) -> None:
    """Record readings of Anna."""
    measured_at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    await client.action(
        "digital_twin.update_health_metrics",
        person="person.anna",
        metrics=metrics,
        measured_at=measured_at.isoformat(),
    )


async def test_every_trigger_fires(client: Client, browser: Browser, household: None) -> None:
    await begin(browser)
    for trigger in TRIGGERS:
        await add(browser, "Add trigger", trigger)
    await notify(browser, "{{ trigger.description }}")
    await save(browser, "Everything that happens")
    await browser.look("33-every-trigger")

    await client.action(
        "digital_twin.update_goal_progress", goal="G71", key_result="Planks", value=8
    )
    await client.action("digital_twin.update_goal", goal="G72", status="on_hold")
    await client.action("digital_twin.update_goal", goal="G73", status="completed")
    await record(client, weight=64)
    await record(client, resting_heart_rate=110)
    await record(client, 59.95, heart_rate=70)
    await states_become(client, {"sensor.lipowa_7_offline_devices": "1"}, seconds=80)
    await client.action("input_boolean.turn_on", entity_id=[LEAK, PLUG])
    await client.action("input_boolean.turn_off", entity_id=PHONES)
    state = (await client.states())[BATTERY]
    await client.rest(
        "POST", f"states/{BATTERY}", {"state": "4", "attributes": state["attributes"]}
    )
    for said in TRIGGERS.values():
        await told(client, said)
    await client.action("input_boolean.turn_off", entity_id=LEAK)
    await client.action("input_boolean.turn_on", entity_id=PHONES)


async def test_conditions_hold_an_automation_back(
    client: Client, browser: Browser, household: None
) -> None:
    page = browser.page
    form = page.locator("ha-automation-condition-platform")
    await begin(browser)
    await add(browser, "Add trigger", "Health reading recorded")
    await add(browser, "Add condition", "Goal is")
    await choose_options(page, await use(form, "Status"), ["Active"])
    await browser.look("34-goal-is")
    await add(browser, "Add condition", "Home is")
    await choose_options(page, await use(form, "Occupancy"), ["Occupied"])
    await browser.look("35-home-is")
    await add(browser, "Add condition", "Health value is")
    await choose_options(page, form_row(form, "Metric"), ["Weight"])
    above = await use(form, "Above")
    await above.locator("input:not([type=checkbox])").fill("65")
    await browser.look("36-health-value-is")
    await notify(browser, "All is well: {{ trigger.shown }}")
    await save(browser, "When all is well")

    home = "sensor.lipowa_7_occupancy_status"
    await record(client, weight=64.5)
    await client.action("input_boolean.turn_off", entity_id=PHONES)
    await states_become(client, {home: "away"})
    await record(client, weight=66.1)
    await client.action("input_boolean.turn_on", entity_id=PHONES)
    await states_become(client, {home: "occupied"})
    await record(client, weight=66.2)
    await told(client, "All is well: 66.2 kg")
    said = [one for one in await notifications(client) if one.startswith("All is well")]
    assert said == ["All is well: 66.2 kg"]


async def test_a_scale_of_two_people_is_logged(
    client: Client, browser: Browser, household: None
) -> None:
    page = browser.page
    await begin(browser)
    await add(browser, "Add trigger", "State changed")
    await browser.pick("Entity", "Weight on the scale")
    await browser.look("37-scale-trigger")
    await add(browser, "Add condition", "Numeric state")
    await browser.pick("Entity", "Weight on the scale")
    for limit, value in (("Above", "60"), ("Below", "70")):
        await browser.field(limit).fill(value)
    await browser.look("38-scale-condition")
    await add(
        browser, "Add action", "Record value of entity", "Digital Twin: Record value of entity"
    )
    form = page.locator("ha-service-control")
    for label, choice in (
        ("Person", "Anna"),
        ("Metric", "Weight"),
        ("Entity", "Weight on the scale"),
    ):
        await browser.search(form_row(form, label), choice)
    await browser.look("39-record-value")
    await save(browser, "The scale has weighed Anna")

    for shown, recorded in ((61.5, "61.5"), (82.5, "61.5"), (67.2, "67.2")):
        await client.action("input_number.set_value", entity_id=SCALE, value=shown)
        await states_become(client, {"sensor.anna_weight": recorded})
    history = await client.action(
        "digital_twin.get_health_history", person="person.anna", metric="weight", response=True
    )
    assert [each["source"] for each in history["days"]][-1] == SCALE
