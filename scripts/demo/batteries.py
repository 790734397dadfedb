"""Gives the home the memory of its batteries that it would have after months."""

from datetime import datetime, timedelta
import json
from pathlib import Path
from typing import Any, Final

from custom_components.digital_twin.twin.home.inventory import Sample, remember
from custom_components.digital_twin.twin.home.operational import CauseKind, cause_key

from .client import Client, Json
from .custom_components.demo_home.house import DEVICES
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
    devices: list[Json] = await client.command("config/device_registry/list")
    ids = {known["name"]: known["id"] for known in devices}
    await _disable(client, entry["entry_id"], "user")
    file = folder / MEMORY
    stored: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    (home,) = stored["data"]["homes"].values()
    house = House(now.astimezone(ZONE).date(), ZONE)
    for each in DEVICES:
        if not each.drain:
            continue
        levels = battery_levels(house, each.key, now)
        home["batteries"][ids[each.name]] = [[*sample] for sample in levels]
        low = [day for day, level in levels if level <= LOW]
        if low:
            since = now - timedelta(days=now.astimezone(ZONE).toordinal() - low[0])
            key = cause_key(CauseKind.LOW_BATTERY, ids[each.name])
            home["opened"][key] = since.isoformat()
    file.write_text(json.dumps(stored), encoding="utf-8")
    await _disable(client, entry["entry_id"], None)


def battery_levels(house: House, key: str, now: datetime) -> tuple[Sample, ...]:
    """Return the levels of a battery by day, as a home remembers them."""
    samples: tuple[Sample, ...] = ()
    for ago in range(KNOWN_DAYS, -1, -1):
        when = now - timedelta(days=ago)
        level = house.batteries(when)[key, BATTERY]
        if not samples or level != samples[-1][1]:
            samples = remember(samples, when.astimezone(ZONE).toordinal(), level)
    return samples


async def _disable(client: Client, entry_id: str, by: str | None) -> None:
    await client.command("config_entries/disable", entry_id=entry_id, disabled_by=by)
