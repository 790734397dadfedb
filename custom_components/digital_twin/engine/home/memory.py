"""What homes remember over a restart.

The facts of a home are derived from states and registries, but a restart resets the times in them:
a device that has been unavailable for a week would be offline since a minute ago. Restoring the
states of our entities cannot help: most of these times are in no entity, and entities can be
disabled. So the times, and the few facts that no state holds (battery history, maintenance,
energy totals), are kept in one small file. Losing it loses only these.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
import logging
from typing import Any

from homeassistant.core import HomeAssistant, callback

from ...const import DOMAIN
from ...twin.enums import OccupancyStatus
from ...twin.home.batteries import LAST_DAY, Sample, remember
from ...twin.home.conditions import usable
from ..core.files import DamagedFileError, StoredFile

_LOGGER = logging.getLogger(__name__)

STORAGE_NAME = "home_memory"
STORAGE_KEY = f"{DOMAIN}.{STORAGE_NAME}"
# Seconds; a crash may lose the times of the last minute.
SAVE_DELAY = 60


@dataclass(slots=True)
class EnergyMemory:
    """The energy of one home, in kWh.

    `total`: the highest total so far, None before the first. `readings`: the last reading by meter
    (entity id, sign). The sum of the signed readings and `offset` is the present total.
    """

    total: float | None = None
    offset: float = 0.0
    readings: dict[tuple[str, int], float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the memory as it is stored."""
        return {
            "total": self.total,
            "offset": self.offset,
            "readings": [[*meter, reading] for meter, reading in self.readings.items()],
        }

    @classmethod
    def from_dict(cls, stored: object) -> EnergyMemory:
        """Read a stored memory; one that is incomplete or unreadable begins anew."""
        match stored:
            case {
                "total": int() | float() as total,
                "offset": int() | float() as offset,
                "readings": [*readings],
            } if usable(total) and usable(offset):
                return cls(total, offset, dict(filter(None, map(_reading, readings))))
        return cls()


@dataclass(slots=True)
class HomeMemory:
    """The memory of one home; moments are in UTC.

    `silent`: since when devices have been unavailable. `opened`: since when causes have been open,
    by key. `gone`: when residents left. `noticed`: when presence sensors last went off.
    `occupancy`: the last status and since when. `paused`: until when devices are in maintenance.
    `batteries`: the levels of devices by day. `energy`: the state of its energy total.
    """

    silent: dict[str, datetime] = field(default_factory=dict)
    opened: dict[str, datetime] = field(default_factory=dict)
    gone: dict[str, datetime] = field(default_factory=dict)
    noticed: dict[str, datetime] = field(default_factory=dict)
    occupancy: tuple[OccupancyStatus, datetime] | None = None
    paused: dict[str, datetime] = field(default_factory=dict)
    batteries: dict[str, tuple[Sample, ...]] = field(default_factory=dict)
    energy: EnergyMemory = field(default_factory=EnergyMemory)

    def as_dict(self) -> dict[str, Any]:
        """Return the memory as it is stored."""
        return {
            "silent": _texts(self.silent),
            "opened": _texts(self.opened),
            "gone": _texts(self.gone),
            "noticed": _texts(self.noticed),
            "occupancy": self.occupancy and [self.occupancy[0], self.occupancy[1].isoformat()],
            "paused": _texts(self.paused),
            "batteries": {ref: list(samples) for ref, samples in self.batteries.items()},
            "energy": self.energy.as_dict(),
        }

    @classmethod
    def from_dict(cls, stored: object) -> HomeMemory:
        """Read a stored memory; unreadable parts are dropped."""
        parts = _mapping(stored)
        return cls(
            silent=_moments(parts.get("silent")),
            opened=_moments(parts.get("opened")),
            gone=_moments(parts.get("gone")),
            noticed=_moments(parts.get("noticed")),
            occupancy=_occupancy(parts.get("occupancy")),
            paused={
                # Deadlines are rounded up to seconds; `datetime.max` would overflow.
                ref: until.replace(microsecond=0)
                for ref, until in _moments(parts.get("paused")).items()
            },
            batteries={
                ref: samples
                for ref, history in _mapping(parts.get("batteries")).items()
                if (samples := _samples(history))
            },
            energy=EnergyMemory.from_dict(parts.get("energy")),
        )


def _mapping(stored: object) -> Mapping[str, object]:
    return stored if isinstance(stored, Mapping) else {}


def _texts(moments: Mapping[str, datetime]) -> dict[str, str]:
    return {ref: moment.isoformat() for ref, moment in moments.items()}


def _moment(stored: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(stored) if isinstance(stored, str) else None
        # A local time without an offset cannot be compared with the others.
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except ValueError, OverflowError:
        return None


def _moments(stored: object) -> dict[str, datetime]:
    return {ref: moment for ref, text in _mapping(stored).items() if (moment := _moment(text))}


def _occupancy(stored: object) -> tuple[OccupancyStatus, datetime] | None:
    match stored:
        case [str(status), since] if status in OccupancyStatus and (moment := _moment(since)):
            return OccupancyStatus(status), moment
    return None


def _samples(stored: object) -> tuple[Sample, ...]:
    if not isinstance(stored, list):
        return ()
    found: tuple[Sample, ...] = ()
    for sample in stored:
        match sample:
            case [int(day), int() | float() as level] if 0 < day <= LAST_DAY:
                # Keeps the days in order, each once.
                found = remember(found, day, level)
    return found


def _reading(stored: object) -> tuple[tuple[str, int], float] | None:
    match stored:
        case [str(entity_id), 1 | -1 as sign, int() | float() as reading] if usable(reading):
            return (entity_id, sign), reading
    return None


class MemoryStore:
    """The memories of all homes, in one file."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._file = _file(hass)
        self._pending = False
        self.homes: dict[str, HomeMemory] = {}

    async def async_load(self) -> None:
        """Read the file; a damaged one counts as empty."""
        try:
            stored = _mapping(await self._file.async_load())
        except DamagedFileError:
            _LOGGER.warning("%s cannot be read and begins anew", STORAGE_KEY)
            stored = {}
        self.homes = {
            home_id: HomeMemory.from_dict(memory)
            for home_id, memory in _mapping(stored.get("homes")).items()
        }

    def of(self, home_id: str) -> HomeMemory:
        """Return the memory of a home, an empty one for a new home."""
        return self.homes.setdefault(home_id, HomeMemory())

    @callback
    def retire(self, home_id: str) -> None:
        """Keep only those facts of a deleted home that are still true if it is restored."""
        if known := self.homes.get(home_id):
            self.homes[home_id] = HomeMemory(
                paused=known.paused, batteries=known.batteries, energy=known.energy
            )
            self.schedule()

    @callback
    def forget_unless(self, wanted: Callable[[str], bool]) -> None:
        """Drop the memory of homes that are not wanted any more."""
        kept = {home_id: memory for home_id, memory in self.homes.items() if wanted(home_id)}
        if len(kept) < len(self.homes):
            self.homes = kept
            self.schedule()

    @callback
    def schedule(self) -> None:
        """Save within a minute; a scheduled save is not put off."""
        if not self._pending:
            self._pending = True
            self._file.async_delay_save(self._data, SAVE_DELAY)

    async def async_save(self) -> None:
        """Save now; raises `StoreFailedError` when the file cannot be written."""
        await self._file.async_save_checked(self._data())

    def _data(self) -> dict[str, Any]:
        self._pending = False
        return {"homes": {home_id: memory.as_dict() for home_id, memory in self.homes.items()}}


def _file(hass: HomeAssistant) -> StoredFile:
    return StoredFile(hass, STORAGE_NAME)


async def async_remove_memory(hass: HomeAssistant) -> None:
    """Delete the file."""
    await _file(hass).async_remove()
