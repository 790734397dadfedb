"""What a person does in the browser about health: link, look, keep private.

The tests build on each other and on those of the twins, in the order in which they stand here.
"""

from datetime import UTC, datetime, timedelta

from scripts.demo.client import Client
from scripts.demo.twins import device

from .browser import INTEGRATION, Browser
from .waiting import states_become

NAME = "Anna"
WEIGHT = "sensor.anna_weight"
# The sliders of the demo home, and what comes of them.
SHOWN = {
    WEIGHT: "63.4",
    "sensor.anna_resting_heart_rate": "61.0",
    "sensor.anna_steps": "6400.0",
}
DAYS = 20


async def _preview(browser: Browser, metric: str, source: str, value: str) -> None:
    await browser.page.get_by_text(f"What would be read now: {metric}").wait_for()
    await browser.page.get_by_text(f"{source}: {value}").wait_for()


async def test_a_person_is_added_with_the_entities_that_fit(
    client: Client, browser: Browser
) -> None:
    await browser.go(INTEGRATION)
    # Her watch is suggested for her only, so she begins anew.
    await browser.delete(NAME)
    await browser.press("Add person")
    await browser.field("Name").fill(NAME)
    await browser.press("Submit")
    await browser.page.get_by_text("Resting heart rate: Anna's watch Resting heart rate").wait_for()
    await browser.page.get_by_text("Steps: Anna's watch Steps").wait_for()
    await browser.look("9-entities-that-fit")
    await browser.press("Submit")
    await browser.finish("Finish")
    linked = {key: value for key, value in SHOWN.items() if key != WEIGHT}
    await states_become(client, {**linked, WEIGHT: None})


async def test_metrics_are_linked_with_a_preview(client: Client, browser: Browser) -> None:
    await browser.go(INTEGRATION)
    await browser.change(NAME, "Change person")
    await browser.choose("Linked entities")
    for metric, source, value in (
        ("Resting heart rate", "Anna's watch Resting heart rate", "61 bpm"),
        ("Steps", "Anna's watch Steps", "6400 steps"),
    ):
        await browser.option("Metric", f"{metric} (1)")
        await browser.press("Next")
        await browser.press("Next")
        await _preview(browser, metric, source, value)
        await browser.choose("Save and link another metric")
    await browser.option("Metric", "Weight")
    await browser.press("Next")
    await browser.press("Add")
    await browser.pick("Entity", "Bathroom scale Weight")
    await browser.press("Add")
    await browser.look("10-linked-entities")
    await browser.press("Next")
    await _preview(browser, "Weight", "Bathroom scale Weight", "63.4 kg")
    await browser.look("11-preview")
    await browser.choose("Save")
    await browser.close()
    await states_become(client, SHOWN)


async def test_a_reading_arrives_and_its_trend_shows_it(client: Client, browser: Browser) -> None:
    person = await device(client, "Person", NAME)
    for days_ago in range(DAYS, 0, -1):
        await client.action(
            "digital_twin.update_health_metrics",
            person=person,
            metrics={"weight": 62.0 + 0.1 * days_ago},
            measured_at=(datetime.now(UTC) - timedelta(days=days_ago)).isoformat(),
        )
    await client.action(
        "input_number.set_value", entity_id="input_number.scale_reading", value=62.0
    )
    await states_become(client, {WEIGHT: "62.0"})
    shown = (await client.states())[WEIGHT]["attributes"]
    # A tenth of a kilogram each day.
    assert shown["trend_per_week"] == -0.7
    assert shown["source"] == "sensor.bathroom_scale_weight"
    await browser.go(f"config/devices/device/{person}")
    await browser.page.get_by_text("Weight", exact=True).first.click()
    await browser.page.get_by_text("62.0 kg").first.wait_for()
    await browser.look("12-reading")


async def test_a_household_adds_a_metric_of_its_own(client: Client, browser: Browser) -> None:
    await browser.go(INTEGRATION)
    await browser.press("Configure")
    await browser.choose("Add a health metric")
    await browser.field("Name").fill("Push-ups")
    await browser.pick("Unit", "points")
    await browser.field("Smallest value").fill("0")
    await browser.field("Largest value").fill("500")
    await browser.look("13-household-metric")
    await browser.press("Submit")
    await browser.finish("Finish")
    await client.action(
        "digital_twin.update_health_metrics",
        person=await device(client, "Person", NAME),
        metrics={"push_ups": 25},
    )
    await states_become(client, {"sensor.anna_push_ups": "25.0"})


async def test_a_private_person_has_no_health_entities(client: Client, browser: Browser) -> None:
    await browser.go(INTEGRATION)
    await browser.change(NAME, "Change person")
    await browser.choose("Details")
    await browser.page.get_by_text("Health", exact=True).click()
    await browser.turn("Show health values as entities", on=False)
    await browser.look("14-private")
    await browser.press("Submit")
    await browser.close()
    gone = dict.fromkeys((*SHOWN, "sensor.anna_push_ups"))
    await states_become(client, {**gone, "sensor.anna_goals_progress": "unknown"})
