"""Digital Twin: one living model of a household's homes, people and goals."""

import logging
from typing import Final

from homeassistant.const import EVENT_COMPONENT_LOADED, Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.typing import ConfigType
from homeassistant.setup import ATTR_COMPONENT, EventComponentLoaded

from .const import DOMAIN
from .engine.core.feed import ChangeFeed
from .engine.core.registry import TwinRegistry
from .engine.folder import async_forget_goals_folder
from .engine.health.statistics import async_clear_statistics, async_forget_entities
from .engine.home import async_remove_memory
from .engine.issues import async_forget_issues
from .engine.runtime import DigitalTwinConfigEntry, Runtime
from .services import async_setup_services
from .surfaces.dashboard import async_setup_dashboard
from .surfaces.errors import set_up_errors
from .surfaces.exports import async_setup_exports
from .surfaces.rest import async_setup_rest
from .surfaces.websocket import async_setup_websocket, async_subscriptions

_LOGGER = logging.getLogger(__name__)

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
CONVERSATION: Final = "conversation"
PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.TODO,
)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register actions, APIs and dashboard; they answer with an error while nothing is loaded."""
    async_setup_services(hass)
    async_setup_rest(hass)
    async_setup_exports(hass)
    async_setup_websocket(hass)
    await async_setup_dashboard(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: DigitalTwinConfigEntry) -> bool:
    """Load the twins, observe the house and show both."""
    with set_up_errors():
        entry.runtime_data = await Runtime.async_load(hass, entry)
        await entry.runtime_data.async_start(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entry.runtime_data.async_follow(hass, entry)
    entry.async_on_unload(async_subscriptions(hass).async_follow(entry.runtime_data))
    entry.async_on_unload(entry.add_update_listener(_async_options_updated))
    _async_follow_conversation(hass, entry)
    return True


@callback
def _async_follow_conversation(hass: HomeAssistant, entry: DigitalTwinConfigEntry) -> None:
    """Have sentences understood once there is a conversation component, now or later."""

    async def async_start() -> None:
        try:
            # Its recogniser is installed with the component only.
            sentences = await async_import_module(hass, f"{__package__}.surfaces.sentences")
            stop = await sentences.async_start_sentences(hass, entry.runtime_data)
        except AttributeError, ImportError, TypeError:
            # The component promises nobody that its triggers stay as they are.
            _LOGGER.exception("Sentences are not understood by this version of Home Assistant")
        else:
            entry.async_on_unload(stop)

    @callback
    def start() -> None:
        # The end of the entry ends it, too, if it is still waiting.
        entry.async_create_background_task(hass, async_start(), "digital_twin sentences")

    @callback
    def loaded(event: Event[EventComponentLoaded]) -> None:
        if event.data[ATTR_COMPONENT] == CONVERSATION:
            start()

    if CONVERSATION in hass.config.components:
        start()
    else:
        entry.async_on_unload(hass.bus.async_listen(EVENT_COMPONENT_LOADED, loaded))


async def _async_options_updated(_hass: HomeAssistant, entry: DigitalTwinConfigEntry) -> None:
    entry.runtime_data.async_configure(entry.options)


async def async_unload_entry(hass: HomeAssistant, entry: DigitalTwinConfigEntry) -> bool:
    """Stop showing the twins; the rest ends with what was registered for the unload."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, _entry: DigitalTwinConfigEntry) -> None:
    """Delete the files, statistics, recorded health values and issues of the integration."""
    async_forget_issues(hass)
    async_subscriptions(hass).async_remove_all()
    await async_clear_statistics(hass)
    await async_forget_entities(hass)
    await TwinRegistry(hass, ChangeFeed()).async_remove()
    await async_remove_memory(hass)
    await async_forget_goals_folder(hass)
