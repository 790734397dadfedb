"""The time zones in which people live, ready for use in the event loop."""

from contextlib import suppress
from datetime import tzinfo

from homeassistant.util import dt as dt_util


class Zones:
    """Time zones by name; what was not prepared is the zone of the household."""

    def __init__(self) -> None:
        """Know none yet."""
        self._zones: dict[str, tzinfo] = {}

    async def async_prepare(self, *names: object) -> None:
        """Read the data of zones; names that mean nothing are left out."""
        for name in names:
            if isinstance(name, str) and name not in self._zones:
                # To zoneinfo a name is a path, and some are none that could be opened.
                with suppress(ValueError, OSError):
                    if (zone := await dt_util.async_get_time_zone(name)) is not None:
                        self._zones[name] = zone

    def get(self, name: str) -> tzinfo:
        """Return a zone that was prepared."""
        return self._zones.get(name) or dt_util.get_default_time_zone()
