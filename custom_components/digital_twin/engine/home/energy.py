"""The energy meters of the home, named in Home Assistant's Energy settings, and their total."""

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from math import fsum
from typing import Any
from weakref import WeakMethod

from homeassistant.components.energy.data import EnergyManager, async_get_manager
from homeassistant.core import HomeAssistant, valid_entity_id

from ...twin.home.environment import Aggregate
from .memory import EnergyMemory
from .plan import Meters

ENERGY_DOMAIN = "energy"
# A meter that falls below this share of its last reading began anew; a smaller fall is a
# correction. This is the rule of Home Assistant's statistics.
RESET_SHARE = 0.9
# kWh that may be lost in a crash: a save each time the total has grown by this much.
SAVE_STEP = 1.0
# Energy that flows into the house counts +1, energy that flows out or into a battery -1.
_COUNTERS = {
    "grid": (("stat_energy_from", 1), ("stat_energy_to", -1)),
    "solar": (("stat_energy_from", 1),),
    "battery": (("stat_energy_from", 1), ("stat_energy_to", -1)),
}


def meters(sources: Iterable[Mapping[str, Any]]) -> dict[str, Meters]:
    """Return the meters of the consumption of the house, by quantity, from the Energy settings.

    A quantity is absent if one of its sources has no meter, or one that is not an entity: a sum
    without it would be wrong.
    """
    electric = [source for source in sources if source["type"] in _COUNTERS]
    counters = [
        [(source[key], sign) for key, sign in _COUNTERS[source["type"]] if source.get(key)]
        for source in electric
    ]
    rates = [[(source["stat_rate"], 1)] if source.get("stat_rate") else [] for source in electric]
    return {
        quantity: tuple(chain.from_iterable(found))
        for quantity, found in (("energy", counters), ("power", rates))
        if found
        and all(found)
        and all(valid_entity_id(entity_id) for entity_id, _ in chain.from_iterable(found))
    }


class EnergyTotal:
    """The energy that a home has consumed (kWh): a sum of the increases of its meters.

    It begins with the sum of their readings, but not below zero, and never falls. A meter that
    begins anew or is unavailable keeps its contribution; one that is added later contributes what
    it counts from then on.
    """

    def __init__(self, memory: EnergyMemory, remember: Callable[[], None]) -> None:
        self._memory = memory
        self._remember = remember
        self._saved = memory.total or 0.0
        # Of meters that have just fallen: their reading before, and what that added to the offset.
        self._fallen: dict[tuple[str, int], tuple[float, float]] = {}

    def replan(self, meters: Meters) -> None:
        """Keep the contribution of meters that were removed from the settings."""
        memory = self._memory
        for meter in memory.readings.keys() - {*meters}:
            memory.offset += meter[1] * memory.readings.pop(meter)
            self._remember()

    def update(self, values: Mapping[tuple[str, int], float | None]) -> Aggregate | None:
        """Process the present values of all meters; None before each was read once.

        Minimum and maximum are those of the last readings, signed.
        """
        memory = self._memory
        for meter, value in values.items():
            if value is not None and value != memory.readings.get(meter):
                self._read(meter, value)
        signed = [meter[1] * reading for meter, reading in memory.readings.items()]
        if memory.total is None:
            if len(signed) < len(values):
                return None
            memory.offset = max(0.0, -fsum(signed))
            memory.total = 0.0
            self._remember()
        memory.total = max(memory.total, memory.offset + fsum(signed))
        if memory.total - self._saved >= SAVE_STEP:
            self._saved = memory.total
            self._remember()
        return Aggregate(
            memory.total,
            min(signed, default=memory.total),
            max(signed, default=memory.total),
            len(signed),
        )

    def _read(self, meter: tuple[str, int], value: float) -> None:
        memory, sign = self._memory, meter[1]
        last = memory.readings.get(meter)
        before, added = self._fallen.pop(meter, (last or 0.0, 0.0))
        if last is None:
            if memory.total is not None:
                memory.offset -= sign * value
                self._remember()
        elif 0 <= value < last * RESET_SHARE:
            memory.offset += sign * last
            self._fallen[meter] = before, added + last
            self._remember()
        elif added and value >= before:
            # A single wrong reading, such as zero: the meter did not begin anew.
            memory.offset -= sign * added
            self._remember()
        memory.readings[meter] = value


class EnergySettings:
    """Follows the Energy settings, if the energy integration is set up."""

    def __init__(self, hass: HomeAssistant, changed: Callable[[], None]) -> None:
        self._hass = hass
        self._changed = changed
        self._manager: EnergyManager | None = None

    async def async_start(self) -> None:
        """Begin to follow; has no effect unless the integration has been set up by now."""
        if self._manager or ENERGY_DOMAIN not in self._hass.config.components:
            return
        self._manager = await async_get_manager(self._hass)
        # The manager lives as long as Home Assistant and has no way to unsubscribe.
        method = WeakMethod(self._async_updated)

        async def updated() -> None:
            if follow := method():
                await follow()

        self._manager.async_listen_updates(updated)
        self._changed()

    async def _async_updated(self) -> None:
        self._changed()

    def meters(self) -> dict[str, Meters]:
        """Return the meters by quantity, none while the settings are unknown."""
        if self._manager is None or self._manager.data is None:
            return {}
        return meters(self._manager.data["energy_sources"])
