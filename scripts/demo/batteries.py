"""Gives the home the memory of its batteries that it would have after months."""

from collections.abc import Iterable
from datetime import datetime, timedelta
import json
from pathlib import Path
from typing import Final

from custom_components.digital_twin.twin.home.batteries import Sample, remember
from custom_components.digital_twin.twin.home.operational import CauseKind, cause_key

from .client import Client, Json
from .custom_components.demo_home.house import DEVICES, DOMAIN
from .custom_components.demo_home.life import BATTERY, House
from .furnish import ZONE

MEMORY: Final = Path(".storage") / "digital_twin.home_memory"
# Days of which the levels are known, and percent at which a battery is low.
KNOWN_DAYS: Final = 120
LOW: Final = 15


async def remember_batteries(client: Client, folder: Path, now: datetime) -> None:
    """Write the levels of the last months into the memory of the only home.

    The integration is stopped meanwhile: it reads its memory when it starts.
    """
    (entry,) = await client.command("config_entries/get", domain="digital_twin")
    devices = await client.command("config/device_registry/list")
    await _disable(client, entry["entry_id"], "user")
    file = folder / MEMORY
    stored: Json = json.loads(file.read_text(encoding="utf-8"))
    (home,) = stored["data"]["homes"].values()
    _remember(home, devices, now)
    file.write_text(json.dumps(stored), encoding="utf-8")
    await _disable(client, entry["entry_id"], None)


async def _disable(client: Client, entry_id: str, by: str | None) -> None:
    await client.command("config_entries/disable", entry_id=entry_id, disabled_by=by)


def _remember(home: Json, devices: Iterable[Json], now: datetime) -> None:
    ids = {
        key: device["id"]
        for device in devices
        for domain, key in device["identifiers"]
        if domain == DOMAIN
    }
    house = House(now.astimezone(ZONE).date(), ZONE)
    for key in (device.key for device in DEVICES if device.drain):
        levels = battery_levels(house, key, now)
        home["batteries"][ids[key]] = levels
        low = [day for day, level in levels if level <= LOW]
        if low:
            since = now - timedelta(days=now.astimezone(ZONE).toordinal() - low[0])
            home["opened"][cause_key(CauseKind.LOW_BATTERY, ids[key])] = since.isoformat()


def battery_levels(house: House, key: str, now: datetime) -> tuple[Sample, ...]:
    """Return the levels of a battery by day, as a home remembers them."""
    samples: tuple[Sample, ...] = ()
    for ago in range(KNOWN_DAYS, -1, -1):
        when = now - timedelta(days=ago)
        level = house.batteries(when)[key, BATTERY]
        if not samples or level != samples[-1][1]:
            samples = remember(samples, when.astimezone(ZONE).toordinal(), level)
    return samples
