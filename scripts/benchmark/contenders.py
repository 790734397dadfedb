"""What is compared: this integration and three ways that Home Assistant has to build a mean."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .house import entry

type Contender = Callable[[HomeAssistant, list[str]], Awaitable[bool]]


async def _twin(hass: HomeAssistant, _sensors: list[str]) -> bool:
    first_home = {"persons": {}, "homes": {str(uuid4()): {"name": "House", "zone": "zone.home"}}}
    twin = entry("digital_twin", {"first_home": first_home}, ConfigEntryState.NOT_LOADED)
    await hass.config_entries.async_add(twin)
    return twin.state is ConfigEntryState.LOADED


async def _group(hass: HomeAssistant, sensors: list[str]) -> bool:
    return await _sensor(
        hass, {"platform": "group", "type": "mean", "name": "Mean", "entities": sensors}
    )


async def _min_max(hass: HomeAssistant, sensors: list[str]) -> bool:
    return await _sensor(
        hass, {"platform": "min_max", "type": "mean", "name": "Mean", "entity_ids": sensors}
    )


async def _template(hass: HomeAssistant, sensors: list[str]) -> bool:
    mean = f"{{{{ expand({sensors}) | map(attribute='state') | map('float') | average }}}}"
    config = {"template": [{"sensor": [{"name": "Mean", "state": mean}]}]}
    return await async_setup_component(hass, "template", config)


async def _sensor(hass: HomeAssistant, config: dict[str, object]) -> bool:
    return await async_setup_component(hass, "sensor", {"sensor": [config]})


CONTENDERS: dict[str, Contender] = {
    "digital_twin": _twin,
    "group": _group,
    "min_max": _min_max,
    "template": _template,
}
