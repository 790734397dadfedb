"""Fills the twins of the demo home through the config flow and actions."""

from datetime import date
from pathlib import Path

from .client import Client, Json
from .goals import fill_goals
from .readings import fill_readings


async def fill(client: Client, goals: Path) -> None:
    """Add the integration with persons, goals and weeks of readings.

    Args:
        client: The first user, Anna.
        goals: The folder in which some goals are written in markdown.
    """
    await client.configure(
        "digital_twin", {"name": "Lipowa 7", "residents": ["person.anna", "person.jan"]}
    )
    # So that effects are visible at once.
    await client.set_options("digital_twin", "thresholds", startup_grace=0, offline_grace=1)
    await _describe_home(client, await device(client, "Home", "Lipowa 7"))
    anna, jan = await device(client, "Person", "Anna"), await device(client, "Person", "Jan")
    await _describe_people(client, anna, jan)
    await fill_goals(client, anna, jan, date.today())  # noqa: DTZ011 - as in furnish
    await fill_readings(client, anna, jan)
    await _link(client, anna)
    await client.set_options(
        "digital_twin", "goals_folder", goals_folder=str(goals), goals_write_back=True
    )


async def device(client: Client, model: str, name: str) -> str:
    """Get the id of a twin's device by the kind and name of the twin."""
    devices: list[Json] = await client.command("config/device_registry/list")
    kinds = (model, model.lower())
    named = [
        known
        for known in devices
        if (known["model"] in kinds or known["model_id"] in kinds) and name in known["name"]
    ]
    found: str = min(named, key=lambda known: len(known["name"]))["id"]
    return found


async def _describe_home(client: Client, home: str) -> None:
    areas = await client.command("config/area_registry/list")
    garden = next(area["area_id"] for area in areas if area["name"] == "Garden")
    await client.action(
        "digital_twin.update_home",
        home=home,
        address={"street": "ul. Lipowa 7", "postal_code": "00-001", "city": "Warszawa"},
        scope={"outdoor_areas": [garden]},
    )


async def _describe_people(client: Client, anna: str, jan: str) -> None:
    await client.action(
        "digital_twin.update_person",
        person=anna,
        date_of_birth="1988-04-12",
        gender="female",
        contact_email="anna@example.com",
        activity_level="active",
        quick_entries=[
            {"name": "Glass of water", "metrics": {"hydration": {"value": 250, "unit": "mL"}}},
            {
                "name": "Coffee",
                "metrics": {
                    "caffeine": {"value": 100, "unit": "mg"},
                    "hydration": {"value": 250, "unit": "mL"},
                },
            },
        ],
    )
    await client.action(
        "digital_twin.update_person",
        person=jan,
        date_of_birth="1985-11-30",
        gender="male",
        contact_email="jan@example.com",
        activity_level="light",
    )


async def _link(client: Client, anna: str) -> None:
    """Link Anna's metrics to her watch and the scale."""
    await client.action(
        "digital_twin.update_person",
        person=anna,
        metric_sources={
            "weight": ["sensor.bathroom_scale_weight"],
            "resting_heart_rate": ["sensor.anna_s_watch_resting_heart_rate"],
            "steps": ["sensor.anna_s_watch_steps"],
        },
    )
