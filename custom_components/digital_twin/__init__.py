"""Digital Twin: one living model of a household's homes, people and goals."""

from typing import Final

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .engine.first_home import FIRST_HOME, async_create_first_home
from .engine.handles import Handles
from .engine.health.observer import HealthObserver
from .engine.health.statistics import async_clear_statistics
from .engine.home import HomeObserver, async_remove_memory
from .engine.home_issues import HomeIssues
from .engine.issues import (
    async_forget_issues,
    async_review_goals_folder,
    async_review_issues,
)
from .engine.publisher import Publisher, Slice
from .engine.registry import TwinRegistry
from .engine.runtime import DigitalTwinConfigEntry, Runtime
from .engine.slices import ADDED, REMOVED
from .engine.standings import Standings
from .engine.vault import CONF_GOALS_FOLDER, CONF_WRITE_BACK, Vault, async_forget_vault
from .errors import newer_files_refused
from .services import async_setup_services
from .twin.household_metrics import METRICS, household_metrics
from .twin.thresholds import Thresholds

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.TODO,
)

# What of the records decides what belongs to a home and who is in it.
HOME_SLICES: Final = tuple(
    Slice(kind, None, name)
    for kind, names in {
        "home": (ADDED, REMOVED, "name", "scope", "zone", "residents"),
        "person": (ADDED, REMOVED, "name", "person_entity", "current_location_id"),
    }.items()
    for name in names
)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register the actions; they answer with an error while no entry is loaded."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: DigitalTwinConfigEntry) -> bool:
    """Load the twins, observe the homes and show both."""
    publisher = Publisher()
    registry = TwinRegistry(hass, publisher)
    registry.async_set_household_metrics(household_metrics(entry.options.get(METRICS)))
    with newer_files_refused():
        await registry.async_load()
    async_review_issues(hass, registry)
    if first_home := entry.data.get(FIRST_HOME):
        await async_create_first_home(registry, first_home)
        remaining = {key: value for key, value in entry.data.items() if key != FIRST_HOME}
        hass.config_entries.async_update_entry(entry, data=remaining)
    observer = HomeObserver(
        hass,
        publisher,
        lambda: registry.homes,
        lambda: registry.persons,
        Thresholds.from_options(entry.options),
        own_entry_id=entry.entry_id,
    )
    with newer_files_refused():
        await observer.async_load()
    handles = Handles(hass, entry, registry, publisher)
    standings = Standings(hass, publisher, registry)
    vault = Vault(hass, registry)
    with newer_files_refused():
        await vault.async_load()
    _configure_vault(vault, entry)
    entry.runtime_data = Runtime(
        publisher=publisher,
        registry=registry,
        observer=observer,
        handles=handles,
        standings=standings,
        vault=vault,
    )
    entry.async_on_unload(standings.async_start())
    await handles.async_reconcile()
    entry.async_on_unload(registry.async_settle)
    entry.async_on_unload(observer.async_save)
    entry.async_on_unload(observer.async_start())
    entry.async_on_unload(HealthObserver(hass, registry, publisher).async_start())
    issues = HomeIssues(hass, publisher, observer, lambda: registry.homes)
    entry.async_on_unload(issues.async_start())
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entry.async_on_unload(publisher.subscribe(HOME_SLICES, observer.async_homes_changed))
    entry.async_on_unload(entry.add_update_listener(_async_options_updated))
    handles.async_start()
    entry.async_on_unload(
        vault.add_listener(lambda: async_review_goals_folder(hass, vault.lasting_faults))
    )
    entry.async_on_unload(vault.async_start())
    return True


async def _async_options_updated(_hass: HomeAssistant, entry: DigitalTwinConfigEntry) -> None:
    runtime = entry.runtime_data
    _configure_vault(runtime.vault, entry)
    runtime.observer.async_set_thresholds(Thresholds.from_options(entry.options))
    runtime.registry.async_set_household_metrics(household_metrics(entry.options.get(METRICS)))


def _configure_vault(vault: Vault, entry: DigitalTwinConfigEntry) -> None:
    vault.async_configure(
        entry.options.get(CONF_GOALS_FOLDER),
        write_back=entry.options.get(CONF_WRITE_BACK, False),
    )


async def async_unload_entry(hass: HomeAssistant, entry: DigitalTwinConfigEntry) -> bool:
    """Stop showing the twins; the rest ends with what was registered for the unload."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, _entry: DigitalTwinConfigEntry) -> None:
    """Delete the files, statistics and issues of the integration."""
    async_forget_issues(hass)
    await async_clear_statistics(hass)
    await TwinRegistry(hass, Publisher()).async_remove()
    await async_remove_memory(hass)
    await async_forget_vault(hass)
