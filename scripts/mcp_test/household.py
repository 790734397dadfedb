"""The small household that questions are asked about: Anna, Jan, three goals and a wet floor.

The house is that of the demo home. Everything lies around a day that is given, at noon.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import yaml

from scripts.demo.client import Client, Json
from scripts.demo.custom_components.demo_home.house import DEVICES
from scripts.demo.furnish import build_house, create_user
from scripts.demo.server import SMALL_CONFIGURATION

HOME: Final = "Lipowa 7"
LEAK: Final = "washing_machine_leak"
WEIGHT: Final = 71.4
NIGHTS: Final = 60
# Minutes of sleep in each of the last thirty nights, and in each of those before.
SLEEP, SLEEP_BEFORE = 400, 450
# So long after the night it is noon.
SINCE_NIGHT: Final = timedelta(hours=5)


def goals(now: datetime, anna: str, jan: str, norwegian: str) -> list[Json]:
    """Return the goals: G03 Norwegian (Anna's), G05 Savings (of all) and G09 Run (Jan's).

    Args:
        now: When it is.
        anna: The id of Anna's twin.
        jan: The id of Jan's twin.
        norwegian: How Savings names the goal that it waits for.
    """

    def day(after: int) -> str:
        return (now + timedelta(days=after)).date().isoformat()

    roadmap = [
        {"name": "Choose a course", "state": "done", "due": day(-43)},
        {"name": "Book the exam", "due": day(16)},
        {"name": "Write an essay", "due": day(4)},
    ]
    return [
        {
            "goal_code": "G03",
            "name": "Norwegian",
            "owner_person_id": anna,
            "status": "active",
            "start_date": day(-74),
            "target_date": day(106),
            "progress_metrics": [
                {"name": "Roadmap", "kind": "checklist", "items": roadmap},
                {"name": "Words", "kind": "accumulate", "target": 3000, "current": 100},
            ],
        },
        {
            "goal_code": "G05",
            "name": "Savings",
            "status": "active",
            "start_date": day(-74),
            "target_date": day(290),
            "dependencies": [norwegian],
            "progress_metrics": [
                {
                    "name": "Saved",
                    "kind": "accumulate",
                    "unit": "PLN",
                    "target": 1000,
                    "current": 300,
                }
            ],
        },
        {"goal_code": "G09", "name": "Run", "owner_person_id": jan, "status": "active"},
    ]


def nights(now: datetime) -> list[tuple[datetime, float]]:
    """Return Anna's sleep in minutes with its end, the oldest night first."""
    return [
        (
            now - timedelta(days=days) - SINCE_NIGHT,
            SLEEP if days < NIGHTS // 2 else SLEEP_BEFORE,
        )
        for days in reversed(range(NIGHTS))
    ]


def zone_with_noon(now: datetime) -> str:
    """Return a time zone in which it is between twelve and one o'clock: no day ends meanwhile."""
    ahead = 12 - now.astimezone(UTC).hour
    # The sign in these names is the other way round.
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def configuration(zone: str) -> str:
    """Return the text of configuration.yaml, with the switches and sliders of the house."""
    config = yaml.safe_load(SMALL_CONFIGURATION.format(name=HOME, allowed="[]"))
    config["homeassistant"]["time_zone"] = zone
    switches = [
        name
        for device in DEVICES
        for name in (*device.detects.values(), device.plug, device.whereabouts)
        if name
    ]
    sliders = [
        name
        for device in DEVICES
        for name in (*device.moved.values(), *(vital.helper for vital in device.vitals))
    ]
    config |= {
        # Whoever has a user cannot be written here.
        "person": None,
        "input_boolean": dict.fromkeys(switches),
        "input_number": {name: {"min": 0, "max": 30000, "step": 0.1} for name in sliders},
    }
    text: str = yaml.safe_dump(config, allow_unicode=True)
    return text


async def furnish(client: Client, now: datetime, password: str) -> None:
    """Build the house and fill the twins, until everything is judged.

    Args:
        client: An administrator who is none of the residents.
        now: When it is.
        password: With which `anna`, `jan` (ordinary users, each linked to a person) and `guest`
            (who may only read) log in.
    """
    await build_house(client)
    await client.action("input_boolean.turn_on", entity_id=f"input_boolean.{LEAK}")
    for name in ("Anna", "Jan"):
        await client.command(
            "person/create",
            name=name,
            user_id=await create_user(client, name, password, "system-users"),
            device_trackers=[f"device_tracker.{name.lower()}_s_phone"],
        )
    await create_user(client, "Guest", password, "system-read-only")
    await client.configure(
        "digital_twin", {"name": HOME, "residents": ["person.anna", "person.jan"]}
    )
    await client.set_options("digital_twin", "thresholds", startup_grace=0)
    query = {"expression": "persons[].{name: name, id: person_id}"}
    found = (await client.rest("POST", "digital_twin/query", query))["result"]
    ids = {person["name"]: person["id"] for person in found}
    for goal in goals(now, ids["Anna"], ids["Jan"], "G03"):
        await client.rest("POST", "digital_twin/goals", goal)
    readings: list[Json] = [
        {"metric": "sleep_duration", "value": value, "unit": "min", "measured_at": end.isoformat()}
        for end, value in nights(now)
    ]
    readings.append({"metric": "weight", "value": WEIGHT, "unit": "kg"})
    await client.rest(
        "POST",
        f"digital_twin/persons/{ids['Anna']}/readings",
        [{**reading, "source": "watch"} for reading in readings],
    )
    await _wait_until_judged(client)


async def _wait_until_judged(client: Client) -> None:
    """Wait until the home has noticed the leak and who is in. Raises `TimeoutError`."""
    expected = {"operational_status": "Alert", "occupancy_status": "Occupied"}
    query = {"expression": f"homes[0].{{{', '.join(f'{key}: {key}' for key in expected)}}}"}
    async with asyncio.timeout(30):
        while (await client.rest("POST", "digital_twin/query", query))["result"] != expected:
            await asyncio.sleep(0.2)
