"""Repair issues about what somebody can mend in a home; they come and go by themselves."""

from collections.abc import Callable, Mapping
import re
from types import MappingProxyType
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ...const import DOMAIN
from ...twin.home.home import Home
from ...twin.home.operational import Cause, CauseKind
from ..core.feed import ADDED, REMOVED, ChangeFeed, Topic
from . import HomeObserver, HomeView

# One issue for all that is alike: thirty silent devices are one thing to look at.
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
NAMED: Final = 10
_PUNCTUATION: Final = re.compile(r"[!-/:-@\[-`{-~]")


class HomeIssues:
    """Shows the causes that a person can act on, once they have been open for an hour."""

    def __init__(
        self,
        hass: HomeAssistant,
        feed: ChangeFeed,
        observer: HomeObserver,
        homes: Callable[[], Mapping[str, Home]],
    ) -> None:
        """Keep what is needed; nothing is shown yet."""
        self._hass = hass
        self._feed = feed
        self._observer = observer
        self._homes = homes
        self._followed: dict[str, CALLBACK_TYPE] = {}
        self._shown: set[str] = set()

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Follow all homes; return what ends it and takes the issues away."""
        end = self._feed.subscribe(
            [Topic("home", None, name) for name in (ADDED, REMOVED, "name")], self._follow
        )
        self._follow()

        @callback
        def stop() -> None:
            end()
            for unsubscribe in self._followed.values():
                unsubscribe()
            self._followed.clear()
            self._show({})

        return stop

    @callback
    def _follow(self) -> None:
        homes = self._homes()
        for home_id in self._followed.keys() - homes.keys():
            self._followed.pop(home_id)()
        for home_id in homes.keys() - self._followed.keys():
            self._followed[home_id] = self._feed.subscribe(
                Topic("home", home_id, "actionable"), self._review
            )
        self._review()

    @callback
    def _review(self) -> None:
        wanted: dict[str, tuple[str, Home, list[str]]] = {}
        for home in self._homes().values():
            view = self._observer.views.get(home.home_id)
            if view is None:
                continue
            for cause in view.actionable:
                key = ISSUES[cause.kind]
                issue = wanted.setdefault(f"{key}_{home.home_id}", (key, home, []))
                issue[2].extend(_names(view, cause))
        self._show(wanted)

    def _show(self, wanted: Mapping[str, tuple[str, Home, list[str]]]) -> None:
        for issue_id in self._shown - wanted.keys():
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        self._shown = {*wanted}
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
                    "names": _listed(names),
                },
            )


def _names(view: HomeView, cause: Cause) -> list[str]:
    if cause.kind is not CauseKind.MANY_DEVICES_OFFLINE:
        return [cause.name]
    return [device.name for ref in cause.affects if (device := view.device(ref))]


def _listed(names: list[str]) -> str:
    """Name the first ones in a markdown list.

    Many names come from the devices themselves, and may be links as well as names.
    """
    more = ["- …"] if len(names) > NAMED else []
    plain = (_PUNCTUATION.sub(r"\\\g<0>", " ".join(name.split())) for name in names[:NAMED])
    return "\n".join([*(f"- {name}" for name in plain), *more])
