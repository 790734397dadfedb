"""What a person does in the browser, from adding the integration to deleting a goal.

The tests build on each other, in the order in which they stand here.
"""

from datetime import datetime, timedelta

from scripts.demo.client import Client

from .browser import INTEGRATION, Browser
from .waiting import states_become

# The means of the rooms of scripts/demo/custom_components/demo_home/house.py, worked out by hand;
# the form has proposed the garden as outdoor.
CLIMATE = {
    "sensor.lipowa_7_ground_floor_temperature": "21.8",
    "sensor.lipowa_7_first_floor_temperature": "21.5",
    "sensor.lipowa_7_ground_floor_humidity": "48.0",
    "sensor.lipowa_7_first_floor_humidity": "51.3",
    "sensor.lipowa_7_temperature": "21.6",
    "sensor.lipowa_7_humidity": "50.0",
}
LEAK = "binary_sensor.washing_machine_leak_moisture"


async def _twins(client: Client) -> dict[str, str]:
    entry = (await client.command("config_entries/get", domain="digital_twin"))[0]
    listed = await client.command("config_entries/subentries/list", entry_id=entry["entry_id"])
    return {subentry["title"]: subentry["subentry_type"] for subentry in listed}


async def _lag(client: Client, cause: str, effect: str) -> timedelta:
    """Tell by the clock of the server how long one entity changed after another."""
    states = await client.states()
    changed = [datetime.fromisoformat(states[key]["last_changed"]) for key in (cause, effect)]
    return changed[1] - changed[0]


async def test_the_integration_is_added_with_one_form(client: Client, browser: Browser) -> None:
    await browser.go("config/integrations/dashboard")
    await browser.press("Add integration")
    await browser.page.get_by_role("textbox").last.fill("Digital Twin")
    await browser.page.get_by_text("Digital Twin", exact=True).last.click()
    # The name of Home Assistant's home is suggested, and all its persons.
    await browser.field("Name of the home").fill("Lipowa 7")
    await browser.page.get_by_text("Nothing for now").click()
    await browser.look("1-form-of-the-integration")
    await browser.press("Submit")
    await browser.finish("Skip and finish")

    assert await _twins(client) == {"Lipowa 7": "home", "Anna": "person", "Jan": "person"}
    await states_become(client, CLIMATE)
    # Nothing is judged during the wait after a start, the first one included.
    await states_become(client, {"sensor.lipowa_7_operational_status": "unknown"})
    await client.set_options("digital_twin", "thresholds", startup_grace=0)
    await states_become(client, {"sensor.lipowa_7_operational_status": "degraded"})
    await browser.go(INTEGRATION)
    await browser.row("Lipowa 7").wait_for()
    await browser.look("2-integration")


async def test_a_person_is_added_changed_and_deleted(client: Client, browser: Browser) -> None:
    await browser.go(INTEGRATION)
    await browser.press("Add person")
    await browser.field("Name").fill("Ola")
    await browser.look("3-form-of-a-person")
    await browser.press("Submit")
    # The scale may be anybody's.
    await browser.page.get_by_text("Entities that fit").wait_for()
    await browser.press("Submit")
    await browser.finish("Finish")
    await states_become(client, {"sensor.ola_goals_progress": "unknown"})

    await browser.change("Ola", "Change person")
    await browser.choose("Details")
    await browser.field("Name").fill("Ola Maj")
    await browser.field("Email address").fill("not an address")
    await browser.press("Submit")
    await browser.page.get_by_text("This is not an email address.").wait_for()
    await browser.look("4-form-of-a-person-refused")
    await browser.field("Email address").fill("ola@example.com")
    await browser.press("Submit")
    await browser.close()
    await browser.row("Ola Maj").wait_for()
    assert (await _twins(client))["Ola Maj"] == "person"

    await browser.delete("Ola Maj")
    await states_become(client, {"sensor.ola_goals_progress": None})
    assert "Ola Maj" not in await _twins(client)


async def test_a_goal_is_added_changed_and_deleted(client: Client, browser: Browser) -> None:
    await browser.go(INTEGRATION)
    await browser.press("Add goal")
    await browser.field("Name").fill("Quiet house")
    await browser.look("5-form-of-a-goal")
    await browser.press("Next")
    await browser.choose("Finish")
    await browser.finish("Finish")
    await states_become(client, {"select.quiet_house_status": "active"})

    await browser.change("Quiet house", "Change goal")
    await browser.choose("Details")
    await browser.field("Name").fill("Silent house")
    await browser.press("Submit")
    await browser.close()
    await browser.row("Silent house").wait_for()
    await browser.look("6-goal-renamed")
    # A new name breaks no automation.
    await states_become(client, {"select.quiet_house_status": "active"})

    await browser.delete("Silent house")
    await states_become(client, {"select.quiet_house_status": None})


async def test_a_leak_alerts_the_home_within_a_second_and_back(
    client: Client, browser: Browser
) -> None:
    status = "sensor.lipowa_7_operational_status"
    await states_become(client, {status: "degraded"})
    await browser.go("try-it")
    switch = browser.switch("The washing machine leaks")
    await switch.click()
    await states_become(client, {status: "alert"})
    causes = (await client.states())[status]["attributes"]["causes"]
    assert causes[0]["name"].startswith("Washing machine leak")
    assert await _lag(client, LEAK, status) < timedelta(seconds=1)
    await browser.look("7-leak")
    await switch.click()
    await states_become(client, {status: "degraded"})
    assert await _lag(client, LEAK, status) < timedelta(seconds=1)


async def test_an_unplugged_device_becomes_one_cause_after_its_grace(
    client: Client, browser: Browser
) -> None:
    status, offline = "sensor.lipowa_7_operational_status", "sensor.lipowa_7_offline_devices"
    await client.set_options("digital_twin", "thresholds", offline_grace=1)
    before = (await client.states())[status]["attributes"]["causes"]
    await browser.go("try-it")
    switch = browser.switch("The office air monitor is plugged in")
    await switch.click()
    await states_become(client, {"sensor.office_air_monitor_temperature": "unavailable"})
    await states_become(client, {offline: "0"})
    await states_become(client, {offline: "1"}, seconds=80)
    causes = (await client.states())[status]["attributes"]["causes"]
    new = [cause for cause in causes if cause not in before]
    assert [(cause["cause"], cause["name"]) for cause in new] == [
        ("device_offline", "Office air monitor")
    ]
    await browser.look("8-unplugged")
    await switch.click()
    await states_become(client, {offline: "0"})
