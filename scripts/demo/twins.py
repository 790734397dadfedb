"""Fills the twins of the demo home through the config flow, actions and the import of files."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from statistics import fmean

from .batteries import remember_batteries
from .client import Client, Json
from .custom_components.demo_home.diary import ANNA, JAN
from .furnish import GOALS, HOME, IMPORTS, ZONE
from .goals import plans
from .goals_past import fill_goals, learn_norwegian
from .people import Reading, readings
from .readings import import_readings, write_file

DASHBOARD = "digital-twin"
# Of a pulse so many days make a value that chance does not move.
_DAYS = 7


async def fill(client: Client, folder: Path, now: datetime) -> None:
    """Add the integration with persons, goals, and two years of readings.

    Args:
        client: The first user, Anna.
        folder: The configuration folder, with the folder of goals in it.
        now: The time (aware) at which the past ends.
    """
    areas = await client.command("config/area_registry/list")
    garden = next(area["area_id"] for area in areas if area["name"] == "Garden")
    await client.configure(
        "digital_twin",
        {
            "name": HOME,
            "residents": ["person.anna", "person.jan"],
            "outdoor_areas": [garden],
        },
    )
    await _measure_energy(client)
    # So that effects are visible at once.
    await client.set_options("digital_twin", "thresholds", startup_grace=0, offline_grace=1)
    await remember_batteries(client, folder, now)
    await _describe_home(client, await device(client, "Home", HOME))
    people = {name: await device(client, "Person", name) for name in ("Anna", "Jan")}
    await _describe_people(client, people["Anna"], people["Jan"])
    today = now.astimezone(ZONE).date()
    past = {"Anna": readings(ANNA, now, ZONE), "Jan": readings(JAN, now, ZONE)}
    daily = Daily(past["Anna"], today)
    await fill_goals(client, people, plans(today, daily), today)
    for name, known in past.items():
        path = folder / IMPORTS / f"{name.lower()}.csv"
        write_file(path, known)
        await import_readings(client, people[name], path)
    await _link(client, people["Anna"])
    await client.set_options(
        "digital_twin", "goals_folder", goals_folder=str(folder / GOALS), goals_write_back=True
    )
    await client.action("digital_twin.sync_goals")
    await learn_norwegian(client, today)


class Daily:
    """Metrics of somebody by day, as means of a week."""

    def __init__(self, known: list[Reading], today: date) -> None:
        self._values: dict[tuple[str, int], float] = {
            (each.metric, (today - each.at.date()).days): each.value for each in known
        }

    def __call__(self, metric: str, ago: int) -> float:
        """Return a metric so many days ago."""
        days = range(ago, ago + _DAYS)
        known = (self._values.get((metric, day)) for day in days)
        return round(fmean(value for value in known if value is not None), 1)


async def make_dashboard(client: Client) -> None:
    """Make the dashboard of the integration, unless there is one at its address.

    Only the demo home is given one; at home it is added by who wants it.
    """
    known: list[Mapping[str, str]] = await client.command("lovelace/dashboards/list")
    if any(each["url_path"] == DASHBOARD for each in known):
        return
    await client.command(
        "lovelace/dashboards/create",
        url_path=DASHBOARD,
        title="Digital Twin",
        icon="mdi:home-heart",
        mode="storage",
        require_admin=False,
        show_in_sidebar=True,
    )
    await client.command(
        "lovelace/config/save",
        url_path=DASHBOARD,
        config={"strategy": {"type": f"custom:{DASHBOARD}"}},
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
    await client.action(
        "digital_twin.update_home",
        home=home,
        address={"street": "ul. Lipowa 7", "postal_code": "00-001", "city": "Warszawa"},
    )


async def _measure_energy(client: Client) -> None:
    """Tell Home Assistant's energy settings about the meter."""
    grid = {
        "type": "grid",
        "stat_energy_from": "sensor.energy_meter_energy",
        "stat_rate": "sensor.energy_meter_power",
        "cost_adjustment_day": 0,
    }
    await client.command("energy/save_prefs", energy_sources=[grid])


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
    # Jan's scale concerns nobody else in the house.
    await client.action(
        "digital_twin.set_consent",
        person=jan,
        metrics=["weight"],
        household="band",
        assistants="trend",
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
