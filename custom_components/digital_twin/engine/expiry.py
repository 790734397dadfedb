"""Forgets deleted twins when the time is over in which they can be brought back."""

from datetime import datetime

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.helpers.start import async_at_started

from .core.files import StoreFailedError
from .core.feed import REMOVED, ChangeFeed, Topic
from .core.registry import KINDS, TwinRegistry
from .health.statistics import async_clear_statistics
from .issues import async_offer_returns


class Expiry:
    """One timer, set to the next deleted twin whose time is over."""

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed) -> None:
        """Keep what is needed; no timer runs yet."""
        self._hass = hass
        self._registry = registry
        self._feed = feed
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Forget from now on; return what ends that."""
        removed = [Topic(kind, None, REMOVED) for kind in KINDS]
        ends = [
            self._feed.subscribe(removed, self._set),
            async_at_started(self._hass, self._set),
        ]

        @callback
        def stop() -> None:
            for end in ends:
                end()
            self._drop()

        return stop

    @callback
    def _set(self, _hass: HomeAssistant | None = None) -> None:
        self._drop()
        if (moment := self._registry.deletions.next_expiry) is not None:
            self._cancel = async_track_point_in_utc_time(self._hass, self._async_due, moment)

    def _drop(self) -> None:
        if self._cancel:
            self._cancel()
            self._cancel = None

    async def _async_due(self, _now: datetime) -> None:
        self._cancel = None
        try:
            people = await self._registry.deletions.async_expire()
        except StoreFailedError:
            # The store has logged why. It is tried again with the next twin, or after a start.
            return
        await async_clear_statistics(self._hass, people)
        async_offer_returns(self._hass, self._registry)
        self._set()
