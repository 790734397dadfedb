"""What is compared: this integration and three ways that Home Assistant has to build a mean."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .house import entry

type Contender = Callable[[HomeAssistant, list[str]], Awaitable[bool]]


async def _twin(hass: HomeAssistant, _sensors: list[str]) -> bool:
    first_home = {"persons": {}, "homes": {str(uuid4()): {"name": "House", "zone": "zone.home"}}}
    return await _add(hass, entry("digital_twin", data={"first_home": first_home}))


async def _group(hass: HomeAssistant, sensors: list[str]) -> bool:
    options = {"name": "Mean", "type": "mean", "entities": sensors, "hide_members": False}
    return await _add(hass, entry("group", options={"group_type": "sensor", **options}))


async def _min_max(hass: HomeAssistant, sensors: list[str]) -> bool:
    options = {"name": "Mean", "type": "mean", "entity_ids": sensors, "round_digits": 2}
    return await _add(hass, entry("min_max", options=options))


async def _template(hass: HomeAssistant, sensors: list[str]) -> bool:
    mean = f"{{{{ expand({sensors}) | map(attribute='state') | map('float') | average }}}}"
    config = {"template": [{"sensor": [{"name": "Mean", "state": mean}]}]}
    return await async_setup_component(hass, "template", config)


async def _add(hass: HomeAssistant, new: ConfigEntry) -> bool:
    await hass.config_entries.async_add(new)
    await hass.async_block_till_done()
    return new.state is ConfigEntryState.LOADED


CONTENDERS: dict[str, Contender] = {
    "digital_twin": _twin,
    "group": _group,
    "min_max": _min_max,
    "template": _template,
}
