"""The goals of the demo home that are not written in its goals folder."""

from collections.abc import Iterator
from datetime import date

from .client import Client, Json


async def fill_goals(client: Client, anna: str, jan: str, today: date) -> None:
    """Make the goals with actions.

    Args:
        client: An administrator.
        anna: The id of the device of Anna's twin.
        jan: The same of Jan's.
        today: The plans lie around this day.
    """
    for goal in _goals(anna, jan, today.year):
        await client.action("digital_twin.create_goal", **goal)
    devices: list[Json] = await client.command("config/device_registry/list")
    goals = {device["name"]: device["id"] for device in devices if device["model"] == "Goal"}
    await client.action(
        "digital_twin.update_goal",
        goal=goals["Half marathon"],
        dependencies=[goals["Lower resting pulse"]],
    )


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
