"""Integrations that fail to set up."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util

from ...twin.home.operational import IntegrationFact

_FAILED = frozenset(
    {
        ConfigEntryState.SETUP_ERROR,
        ConfigEntryState.SETUP_RETRY,
        ConfigEntryState.MIGRATION_ERROR,
    }
)


class Integrations:
    """Since when which config entries have failed, for all homes."""

    def __init__(self, hass: HomeAssistant, own_entry_id: str) -> None:
        """Start without having looked."""
        self._hass = hass
        self._own_entry_id = own_entry_id
        self._failed: dict[str, datetime] = {}

    def look(self, entry: ConfigEntry, now: datetime) -> bool:
        """Look at an entry that changed; tell whether it failed or recovered by that.

        An entry that tries again has not recovered before it succeeds.
        """
        trying = (
            entry.entry_id in self._failed and entry.state is ConfigEntryState.SETUP_IN_PROGRESS
        )
        failing = (entry.state in _FAILED or trying) and entry.entry_id != self._own_entry_id
        known = self._hass.config_entries.async_get_entry(entry.entry_id) is not None
        if failing and known and entry.disabled_by is None:
            return self._failed.setdefault(entry.entry_id, now) is now
        return self._failed.pop(entry.entry_id, None) is not None

    def look_at_all(self, now: datetime) -> None:
        """Look at every entry."""
        for entry in self._hass.config_entries.async_entries(include_ignore=False):
            self.look(entry, now)

    def facts(self, entries: frozenset[str] | None) -> list[IntegrationFact]:
        """Return what has failed among some entries, or among all for None."""
        return [
            IntegrationFact(entry_id=entry_id, domain=entry.domain, title=entry.title, since=since)
            for entry_id, since in self._failed.items()
            if (entries is None or entry_id in entries)
            and (entry := self._hass.config_entries.async_get_entry(entry_id))
            # One whose code was never loaded is disabled without a word.
            and entry.disabled_by is None
        ]


@callback
def async_track_entries(
    hass: HomeAssistant, integrations: Integrations, changed: Callable[[datetime], None]
) -> CALLBACK_TYPE:
    """Look at each config entry whose state changes; tell when one failed or recovered."""

    @callback
    def entry_changed(_change: ConfigEntryChange, entry: ConfigEntry) -> None:
        now = dt_util.utcnow()
        if integrations.look(entry, now):
            changed(now)

    return async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, entry_changed)
