"""Everything that runs by itself for the health of people."""

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..core.feed import ChangeFeed
from ..core.registry import TwinRegistry
from .day_clock import DayClock
from .exporter import StatisticsExporter
from .linked import LinkedSources


class HealthObserver:
    """Follows linked entities, ends days, and writes statistics."""

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed) -> None:
        """Put the parts together; nothing runs yet."""
        self._exporter = StatisticsExporter(hass, registry, feed)
        self._clock = DayClock(hass, registry, feed, self._exporter.days_over)
        self._linked = LinkedSources(hass, registry, feed)

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Run until the returned function is called."""
        stops = [
            self._exporter.async_start(),
            self._clock.async_start(),
            self._linked.async_start(),
        ]

        @callback
        def stop() -> None:
            for each in reversed(stops):
                each()

        return stop
