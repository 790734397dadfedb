"""Fills the twins of the demo home, through the form and the actions that everybody has."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
import math

from .client import Client, Json

DAYS = 35
# The names of the twins' devices are those of the twins; the model tells the kind.
HOME, PERSON, GOAL = "Home", "Person", "Goal"

type Readings = dict[str, float | dict[str, float | str]]


async def fill(client: Client) -> None:
    """Add the integration, tell it who lives here, what they want, and weeks of readings."""
    await client.configure(
        "digital_twin", {"name": "Lipowa 7", "residents": ["person.anna", "person.jan"]}
    )
    # Whoever tries something wants to see what comes of it.
    await client.set_options("digital_twin", "thresholds", startup_grace=0, offline_grace=1)
    home = await device(client, HOME, "Lipowa 7")
    areas = await client.command("config/area_registry/list")
    garden = next(area["area_id"] for area in areas if area["name"] == "Garden")
    await client.action(
        "digital_twin.update_home",
        home=home,
        address={"street": "ul. Lipowa 7", "postal_code": "00-001", "city": "Warszawa"},
        scope={"outdoor_areas": [garden]},
    )
    anna = await device(client, PERSON, "Anna")
    jan = await device(client, PERSON, "Jan")
    await client.action(
        "digital_twin.update_person",
        person=anna,
        date_of_birth="1988-04-12",
        gender="female",
        contact_email="anna@example.com",
        activity_level="active",
    )
    await client.action(
        "digital_twin.update_person",
        person=jan,
        date_of_birth="1985-11-30",
        gender="male",
        contact_email="jan@example.com",
        activity_level="light",
    )
    today = datetime.now(UTC).date()
    for goal in _goals(anna, jan, today.year):
        await client.action("digital_twin.create_goal", **goal)
    await client.action(
        "digital_twin.update_goal",
        goal=await device(client, GOAL, "Half marathon"),
        dependencies=[await device(client, GOAL, "Lower resting pulse")],
    )
    for days_ago in range(DAYS, -1, -1):
        measured_at = datetime.now(UTC) - timedelta(days=days_ago, minutes=10)
        for person, metrics in ((anna, _anna(days_ago)), (jan, _jan(days_ago))):
            await client.action(
                "digital_twin.update_health_metrics",
                person=person,
                metrics=metrics,
                measured_at=measured_at.isoformat(),
                source="Demo home",
            )


async def device(client: Client, model: str, name: str) -> str:
    """Get the id of a twin's device by the kind and name of the twin."""
    devices: list[Json] = await client.command("config/device_registry/list")
    found: str = next(
        known["id"]
        for known in devices
        if known["model"] == model and (known["name"] == name or name in known["name"])
    )
    return found


def _goals(anna: str, jan: str, year: int) -> Iterator[Json]:
    yield {
        "goal_code": "G01",
        "name": "Lower resting pulse",
        "description": "Three easy runs a week until the pulse in the morning is below 58.",
        "owner_person_id": anna,
        "status": "active",
        "start_date": f"{year}-01-08",
        "target_date": f"{year}-12-20",
        "progress_metrics": [
            {
                "name": "Resting pulse",
                "kind": "reach",
                "unit": "bpm",
                "baseline": 68,
                "target": 58,
                "weight": 2,
                "source": {"metric": "resting_heart_rate"},
            },
            {
                "name": "Preparation",
                "kind": "checklist",
                "items": [
                    {"name": "Buy running shoes", "state": "done"},
                    {"name": "Find a running partner", "state": "doing"},
                    {"name": "Book a check-up", "state": "todo"},
                ],
            },
        ],
    }
    yield {
        "goal_code": "G02",
        "name": "Half marathon",
        "description": "Run it, and enjoy it.",
        "owner_person_id": anna,
        "status": "planning",
        "start_date": f"{year}-09-01",
        "target_date": f"{year + 1}-05-10",
        "progress_metrics": [
            {"name": "Longest run", "unit": "km", "baseline": 5, "target": 21.1, "current": 9.5}
        ],
    }
    yield {
        "goal_code": "G03",
        "name": "Emergency fund",
        "owner_person_id": jan,
        "status": "active",
        "start_date": f"{year}-02-01",
        "target_date": f"{year + 1}-01-31",
        "progress_metrics": [
            {
                "name": "Savings",
                "kind": "accumulate",
                "unit": "PLN",
                "baseline": 0,
                "target": 20000,
                "current": 12400,
            }
        ],
    }
    yield {
        "goal_code": "G04",
        "name": "Quiet house",
        "description": "A goal of the whole household: nobody owns it.",
        "status": "on_hold",
        "progress_metrics": [
            {"name": "Seal the windows", "kind": "boolean", "target": True, "current": False}
        ],
    }


def _anna(days_ago: int) -> Readings:
    """Somebody who gets fitter: a trend, with the ups and downs of a week."""
    past = DAYS - days_ago
    wave = math.sin(past * 2 * math.pi / 7)
    return {
        "weight": round(64.8 - 0.04 * past + 0.3 * wave, 1),
        "resting_heart_rate": round(66 - 0.13 * past + wave),
        "heart_rate_variability": round(48 + 0.2 * past - 3 * wave),
        "sleep_duration": {"value": round(7.2 + 0.5 * wave, 2), "unit": "h"},
        "systolic_blood_pressure": round(121 + 2 * wave),
        "diastolic_blood_pressure": round(78 + wave),
    }


def _jan(days_ago: int) -> Readings:
    """Somebody whose weight stays what it is."""
    wave = math.sin(days_ago * 2 * math.pi / 7)
    return {
        "weight": round(83.2 + 0.4 * wave, 1),
        "resting_heart_rate": round(71 + 2 * wave),
        "sleep_score": round(74 + 6 * wave),
    }
