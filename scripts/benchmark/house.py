"""A Home Assistant in this process, with a house full of temperature sensors."""

from compileall import compile_dir
from pathlib import Path
from types import MappingProxyType

from homeassistant import bootstrap, config_entries, loader
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
)

INTEGRATION = Path(__file__).parents[2] / "custom_components" / "digital_twin"
FLOORS = 3
AREAS = 30
ENTITIES_PER_DEVICE = 10
ATTRIBUTES = {"device_class": "temperature", "unit_of_measurement": "°C"}


async def start(folder: Path, configuration: dict[str, object] | None = None) -> HomeAssistant:
    """Start Home Assistant's core with this integration installed.

    Its files are compiled, as at every start but the first.
    """
    custom = folder / "custom_components"
    custom.mkdir()
    (custom / INTEGRATION.name).symlink_to(INTEGRATION, target_is_directory=True)
    compile_dir(custom / INTEGRATION.name, quiet=2)
    hass = HomeAssistant(str(folder))
    hass.config.skip_pip = True
    loader.async_setup(hass)
    if not await bootstrap.async_from_config_dict(configuration or {}, hass):
        raise SystemExit("Home Assistant did not start")
    hass.set_state(CoreState.running)
    return hass


def entry(
    domain: str,
    state: ConfigEntryState = ConfigEntryState.NOT_LOADED,
    *,
    data: dict[str, object] | None = None,
    options: dict[str, object] | None = None,
) -> ConfigEntry:
    """Make a config entry without a form."""
    return ConfigEntry(
        data=data or {},
        discovery_keys=MappingProxyType({}),
        domain=domain,
        minor_version=1,
        options=options or {},
        source=config_entries.SOURCE_USER,
        state=state,
        subentries_data=[],
        title=domain,
        unique_id=domain,
        version=1,
    )


async def furnish(hass: HomeAssistant, sensors: int) -> list[str]:
    """Put sensors into devices, devices into areas and areas onto floors; return the sensors."""
    maker = entry("bench", ConfigEntryState.LOADED)
    # Its code does not exist; only the registries need to know it.
    hass.config_entries._entries[maker.entry_id] = maker  # noqa: SLF001
    floors = [fr.async_get(hass).async_create(f"Floor {number}") for number in range(FLOORS)]
    areas = [
        ar.async_get(hass).async_create(f"Area {number}", floor_id=floors[number % FLOORS].floor_id)
        for number in range(min(AREAS, max(1, sensors // 20)))
    ]
    devices, entities = dr.async_get(hass), er.async_get(hass)
    found = []
    device_id = ""
    for number in range(sensors):
        if number % ENTITIES_PER_DEVICE == 0:
            device = devices.async_get_or_create(
                config_entry_id=maker.entry_id,
                identifiers={("bench", str(number))},
                name=f"Device {number}",
            )
            device_id = device.id
            area = areas[(number // ENTITIES_PER_DEVICE) % len(areas)]
            devices.async_update_device(device_id, area_id=area.id)
        sensor = entities.async_get_or_create(
            "sensor",
            "bench",
            str(number),
            config_entry=maker,
            device_id=device_id,
            original_device_class="temperature",
            original_name=f"Sensor {number}",
            unit_of_measurement="°C",
        )
        hass.states.async_set(sensor.entity_id, "20.0", ATTRIBUTES)
        found.append(sensor.entity_id)
    await hass.async_block_till_done()
    return found
