"""Repair issues of homes: faults that a person can mend. They are removed once it is mended."""

from collections.abc import Callable, Mapping
import re
from types import MappingProxyType
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ...const import DOMAIN
from ...twin.home.home import Home
from ...twin.home.operational import CauseKind, HomeCause
from ..core.feed import ADDED, REMOVED, ChangeFeed, Topic
from .observer import HomeObserver
from .view import HomeView

# Causes of similar kinds share one issue: thirty silent devices are one thing to look at.
ISSUES: Final[Mapping[CauseKind, str]] = MappingProxyType(
    {
        CauseKind.CRITICAL_DEVICE_OFFLINE: "devices_offline",
        CauseKind.MANY_DEVICES_OFFLINE: "devices_offline",
        CauseKind.DEVICE_OFFLINE: "devices_offline",
        CauseKind.INTEGRATION_FAILED: "integrations_failed",
        CauseKind.LOW_BATTERY: "low_batteries",
        CauseKind.STALE_SENSOR: "stale_sensors",
    }
)
MAX_NAMES: Final = 10
_PUNCTUATION: Final = re.compile(r"[!-/:-@\[-`{-~]")


class HomeIssues:
    """Creates and deletes the issues of the actionable causes of all homes."""

    def __init__(
        self,
        hass: HomeAssistant,
        feed: ChangeFeed,
        observer: HomeObserver,
        homes: Callable[[], Mapping[str, Home]],
    ) -> None:
        self._hass = hass
        self._feed = feed
        self._observer = observer
        self._homes = homes
        self._subscriptions: dict[str, CALLBACK_TYPE] = {}
        self._issue_ids: set[str] = set()

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Follow all homes; the returned function stops it and deletes the issues."""
        end = self._feed.subscribe(
            [Topic("home", None, name) for name in (ADDED, REMOVED, "name")], self._follow
        )
        self._follow()

        @callback
        def stop() -> None:
            end()
            for unsubscribe in self._subscriptions.values():
                unsubscribe()
            self._subscriptions.clear()
            self._publish({})

        return stop

    @callback
    def _follow(self, _changes: object = ()) -> None:
        homes = self._homes()
        for home_id in self._subscriptions.keys() - homes.keys():
            self._subscriptions.pop(home_id)()
        for home_id in homes.keys() - self._subscriptions.keys():
            self._subscriptions[home_id] = self._feed.subscribe(
                Topic("home", home_id, "actionable"), self._update
            )
        self._update()

    @callback
    def _update(self, _changes: object = ()) -> None:
        wanted: dict[str, tuple[str, Home, list[str]]] = {}
        for home in self._homes().values():
            view = self._observer.views.get(home.home_id)
            if view is None:
                continue
            for cause in view.actionable:
                key = ISSUES[cause.kind]
                issue = wanted.setdefault(f"{key}_{home.home_id}", (key, home, []))
                issue[2].extend(_names(view, cause))
        self._publish(wanted)

    def _publish(self, wanted: Mapping[str, tuple[str, Home, list[str]]]) -> None:
        for issue_id in self._issue_ids - wanted.keys():
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        self._issue_ids = {*wanted}
        for issue_id, (key, home, names) in wanted.items():
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                issue_id,
                is_fixable=False,
                severity=ir.IssueSeverity.WARNING,
                translation_key=key,
                translation_placeholders={
                    "home": home.name,
                    "count": str(len(names)),
                    "names": _markdown_list(names),
                },
            )


def _names(view: HomeView, cause: HomeCause) -> list[str]:
    if cause.kind is not CauseKind.MANY_DEVICES_OFFLINE:
        return [cause.name]
    return [device.name for ref in cause.affects if (device := view.device(ref))]


def _markdown_list(names: list[str]) -> str:
    """Return the first names as a markdown list.

    Devices report their names themselves, so markdown in them is escaped.
    """
    more = ["- …"] if len(names) > MAX_NAMES else []
    escaped = (_PUNCTUATION.sub(r"\\\g<0>", " ".join(name.split())) for name in names[:MAX_NAMES])
    return "\n".join([*(f"- {name}" for name in escaped), *more])
