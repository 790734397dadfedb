"""The meters of the home, as named in Home Assistant's Energy settings."""

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any
from weakref import WeakMethod

from homeassistant.components.energy.data import EnergyManager, async_get_manager
from homeassistant.core import HomeAssistant, valid_entity_id

from .plan import Meters

ENERGY_DOMAIN = "energy"
# What flows into the house counts up, what flows out of it or into a battery counts down.
_COUNTERS = {
    "grid": (("stat_energy_from", 1), ("stat_energy_to", -1)),
    "solar": (("stat_energy_from", 1),),
    "battery": (("stat_energy_from", 1), ("stat_energy_to", -1)),
}


def meters(sources: Iterable[Mapping[str, Any]]) -> dict[str, Meters]:
    """Return the meters of what the house uses, by quantity, from the sources of the settings.

    A quantity is absent if one of its sources has no meter, or one that is no entity: a sum
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


class EnergySettings:
    """Follows the Energy settings, where the energy integration is set up."""

    def __init__(self, hass: HomeAssistant, changed: Callable[[], None]) -> None:
        """Remember whom to tell; nothing is read before `async_start`."""
        self._hass = hass
        self._changed = changed
        self._manager: EnergyManager | None = None

    async def async_start(self) -> None:
        """Begin to follow; the integration must have been set up by now if it ever is."""
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
        """Return the meters by quantity, none while nothing is known."""
        if self._manager is None or self._manager.data is None:
            return {}
        return meters(self._manager.data["energy_sources"])
