"""The integration in Home Assistant's system information: versions, numbers and its storage.

It is made to be copied into a report. It contains no name, id, path or value of anybody.
"""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.loader import async_get_loaded_integration
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .engine.core.files import MAJOR_VERSION, MINOR_VERSION, Disk, journal_folder
from .engine.core.journal import VERSION as JOURNAL_VERSION, Journal
from .engine.core.registry import KINDS, TwinRegistry
from .engine.folder import GoalsFolder
from .engine.runtime import DigitalTwinConfigEntry, Runtime

MANAGE_URL: Final = f"/config/integrations/integration/{DOMAIN}"
OK: Final = "ok"
PROBE: Final = "probe.tmp"
MEBIBYTE: Final = 1024 * 1024

# What Home Assistant shows as it is, as a local time, or (a coroutine) once it is there.
type Info = dict[str, Any]


@callback
def async_register(_hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Offer the information to Home Assistant."""
    register.async_register_info(async_info, MANAGE_URL)


async def async_info(hass: HomeAssistant) -> Info:
    """Return the information; what the disk has to be asked for are coroutines."""
    info: Info = {
        "version": str(async_get_loaded_integration(hass, DOMAIN).version),
        "storage_format": f"{MAJOR_VERSION}.{MINOR_VERSION}",
        "journal_format": str(JOURNAL_VERSION),
    }
    entries: list[DigitalTwinConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    for entry in entries:
        info |= _set_up(entry)
        info["storage"] = _async_storage(hass)
        if entry.state is ConfigEntryState.LOADED:
            info |= _twins(entry.runtime_data) | {
                "journal_size": _async_journal_size(hass),
                "journal_days": _async_journal_days(hass),
            }
    return info


def _set_up(entry: DigitalTwinConfigEntry) -> Info:
    if entry.state is ConfigEntryState.LOADED:
        return {"set_up": OK}
    # The text of an error may contain names; its key does not.
    return {"set_up": _failed(entry.error_reason_translation_key or entry.state.value)}


def _twins(runtime: Runtime) -> Info:
    registry = runtime.registry
    return {
        **{f"{kind}s": len(registry.records(kind)) for kind in KINDS},
        "unreadable": _unreadable(registry),
        **_goals_folder(runtime.goals_folder),
    }


def _unreadable(registry: TwinRegistry) -> int:
    """Count the records, histories and changes that are on disk and cannot be read."""
    records = sum(len(registry.damaged(kind)) for kind in KINDS)
    return records + sum(map(len, registry.damaged_histories.values())) + registry.damaged_changes


def _goals_folder(folder: GoalsFolder) -> Info:
    """Return when the goals folder was last read, or why it cannot be; nothing without one."""
    if folder.report is None:
        return {}
    faults = folder.report.faults
    if folder.read_at is None:
        return {"goals_folder": _failed(faults[0].key)}
    return {"goals_folder": folder.read_at, "goals_folder_faults": len(faults)}


async def _async_storage(hass: HomeAssistant) -> str | Info:
    """Tell whether a file can be written where the journal is."""
    try:
        await hass.async_add_executor_job(_write_probe, journal_folder(hass))
    except OSError as error:
        return _refused(error)
    return OK


def _write_probe(folder: Path) -> None:
    disk = Disk()
    try:
        disk.append(folder / PROBE, b"\n")
    finally:
        disk.remove(folder / PROBE)


async def _async_journal_size(hass: HomeAssistant) -> str | Info:
    try:
        size, _ = await _async_journal(hass)
    except OSError as error:
        return _refused(error)
    return f"{size / MEBIBYTE:.2f} MiB"


async def _async_journal_days(hass: HomeAssistant) -> int | Info:
    """Return for how many days changes are known, the day of the first change included."""
    try:
        _, since = await _async_journal(hass)
    except OSError as error:
        return _refused(error)
    return 0 if since is None else (dt_util.now().date() - dt_util.as_local(since).date()).days + 1


async def _async_journal(hass: HomeAssistant) -> tuple[int, datetime | None]:
    return await hass.async_add_executor_job(Journal(journal_folder(hass)).extent)


def _refused(error: OSError) -> Info:
    """Say what the disk says, without the path."""
    return _failed(error.strerror or type(error).__name__)


def _failed(error: str) -> Info:
    return {"type": "failed", "error": error}
