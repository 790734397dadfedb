"""Builds the house in a fresh Home Assistant: floors, rooms, devices, people."""

from datetime import date
import json
from pathlib import Path
import shutil
from zoneinfo import ZoneInfo

from .client import Client, Json
from .custom_components.demo_home.house import DEVICES, FLOORS, FURNISHED_ON, ROOMS
from .goals_folder import write_goals
from .server import INTEGRATION, prepare

HERE = Path(__file__).parent
# As in configuration.yaml.
ZONE = ZoneInfo("Europe/Warsaw")
HOME = "Lipowa 7"
GOALS = "goals"
IMPORTS = "imports"
SLIDERS = {
    "living_room_temperature": 21.4,
    "watch_pulse": 61,
    "watch_counter": 6400,
    "scale_reading": 63.4,
}
# A motion sensor of Home Assistant's own demo is always on; outdoors it keeps no home occupied.
DEMO_ROOMS = {"Movement Backyard": "Garden"}
_THIS_MACHINE = ("127.0.0.1/32", "::1/128")
_RESIDENTS_HELPERS = ("input_boolean.anna_at_home", "input_boolean.jan_at_home")
_PLUG = "input_boolean.office_air_monitor_plugged_in"


def configure(folder: Path) -> None:
    """Write the configuration of the demo home into a folder."""
    goals, imports = folder / GOALS, folder / IMPORTS
    imports.mkdir(parents=True, exist_ok=True)
    write_goals(goals, date.today())  # noqa: DTZ011 - the demo home is where its user is
    configuration = (HERE / "configuration.yaml").read_text(encoding="utf-8")
    # JSON is YAML.
    for name, value in (
        ("GOALS_FOLDER", str(goals)),
        ("IMPORTS_FOLDER", str(imports)),
        ("AUTH_PROVIDERS", _auth_providers(folder)),
    ):
        configuration = configuration.replace(name, json.dumps(value))
    prepare(folder, configuration, (INTEGRATION, HERE / "custom_components" / "demo_home"))
    shutil.copy(HERE / "try-it.yaml", folder)
    # What the automation editor writes; it is kept.
    (folder / "automations.yaml").touch()


def _auth_providers(folder: Path) -> list[Json]:
    """Return how people log in: the owner, if there is one, without a password on this machine.

    Everybody else needs one, and so does the owner from elsewhere.
    """
    passwords: list[Json] = [{"type": "homeassistant"}]
    users = folder / ".storage" / "auth"
    if not users.exists():
        return passwords
    known = json.loads(users.read_text(encoding="utf-8"))["data"]["users"]
    owner = next((user["id"] for user in known if user["is_owner"]), None)
    if owner is None:
        return passwords
    return [
        {
            "type": "trusted_networks",
            "trusted_networks": [*_THIS_MACHINE],
            "trusted_users": {network: [owner] for network in _THIS_MACHINE},
            "allow_bypass_login": True,
        },
        *passwords,
    ]


async def furnish(client: Client, password: str, today: date | None = None) -> None:
    """Build everything that is there without the twin.

    Args:
        client: The first user, Anna.
        password: The password of the second, Jan, who is no administrator.
        today: The day since which the house lives; without one it stands still.
    """
    await build_house(client, today)
    await _people(client, password)


async def build_house(client: Client, today: date | None = None) -> None:
    """Build the house with its floors, rooms and devices, in which everybody is at home."""
    await client.configure("demo_home", {FURNISHED_ON: today.isoformat()} if today else {})
    await _rooms(client)
    await _devices(client)
    for slider, value in SLIDERS.items():
        await client.action(
            "input_number.set_value", entity_id=f"input_number.{slider}", value=value
        )
    await client.action("input_boolean.turn_on", entity_id=[*_RESIDENTS_HELPERS, _PLUG])


async def _rooms(client: Client) -> None:
    floors = {}
    for name, level in FLOORS.items():
        floor = await client.command("config/floor_registry/create", name=name, level=level)
        floors[name] = floor["floor_id"]
    # Onboarding has made some of the rooms, with capitals of its own.
    known = {area["name"].casefold(): area["area_id"] for area in await _areas(client)}
    for room in ROOMS:
        fields = {"name": room.name, "icon": room.icon}
        if room.floor:
            fields["floor_id"] = floors[room.floor]
        if area_id := known.get(room.name.casefold()):
            await client.command("config/area_registry/update", area_id=area_id, **fields)
        else:
            await client.command("config/area_registry/create", **fields)


async def _areas(client: Client) -> list[dict[str, str]]:
    areas: list[dict[str, str]] = await client.command("config/area_registry/list")
    return areas


async def _devices(client: Client) -> None:
    areas = {area["name"]: area["area_id"] for area in await _areas(client)}
    rooms = {device.name: device.room for device in DEVICES} | DEMO_ROOMS
    for device in await client.command("config/device_registry/list"):
        if room := rooms.get(device["name"]):
            await client.command(
                "config/device_registry/update", device_id=device["id"], area_id=areas[room]
            )


async def create_user(client: Client, name: str, password: str, group: str) -> str:
    """Create a user who logs in with the name in small letters; return the id.

    Args:
        client: An administrator.
        name: What the user is called.
        password: What they log in with.
        group: Which rights they have, such as `system-users` or `system-read-only`.
    """
    made = await client.command("config/auth/create", name=name, group_ids=[group])
    user_id: str = made["user"]["id"]
    await create_login(client, user_id, name.lower(), password)
    return user_id


async def create_login(client: Client, user_id: str, username: str, password: str) -> None:
    """Let a user log in with a name and a password."""
    await client.command(
        "config/auth_provider/homeassistant/create",
        user_id=user_id,
        username=username,
        password=password,
    )


async def _people(client: Client, password: str) -> None:
    jan = await create_user(client, "Jan", password, "system-users")
    persons = await client.command("person/list")
    anna = next(person for person in persons["storage"] if person["name"] == "Anna")
    await client.command(
        "person/update",
        person_id=anna["id"],
        name="Anna",
        user_id=anna["user_id"],
        device_trackers=["device_tracker.anna_s_phone"],
    )
    await client.command(
        "person/create",
        name="Jan",
        user_id=jan,
        device_trackers=["device_tracker.jan_s_phone"],
    )
