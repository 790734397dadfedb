"""Starts and stops the observers of health."""

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..core.feed import ChangeFeed
from ..core.registry import TwinRegistry
from .day_clock import DayClock
from .exporter import StatisticsExporter
from .linked import LinkedSources


class HealthObserver:
    """Runs the exporter, the day clock and the linked sources together."""

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed) -> None:
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
