"""Repair issues of homes: faults that a person can mend. They are removed once it is mended."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
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
SILENT_ALERT: Final = "silent_alert"
UNPLACED: Final = "unplaced_thermometers"
HOMES_OVERLAP: Final = "homes_overlap"
MAX_NAMES: Final = 10
_PUNCTUATION: Final = re.compile(r"[!-/:-@\[-`{-~]")


@dataclass(frozen=True, slots=True)
class HomeIssue:
    """An issue of a home with the names of what is at fault; with `data` a flow can mend it."""

    key: str
    home: str
    names: list[str]
    data: dict[str, str | int | float | None] | None = None


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
        self._issues: dict[str, HomeIssue] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Follow all homes; the returned function stops it and deletes the issues."""
        end = self._feed.subscribe(
            [Topic("home", None, name) for name in (ADDED, REMOVED, "name", "scope")], self._follow
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
            topics = [
                Topic("home", home_id, name) for name in ("actionable", "operational", "unplaced")
            ]
            self._subscriptions[home_id] = self._feed.subscribe(topics, self._update)
        self._update()

    @callback
    def _update(self, _changes: object = ()) -> None:
        wanted: dict[str, HomeIssue] = {}
        for home in self._homes().values():
            if view := self._observer.views.get(home.home_id):
                wanted |= _issues(home, view)
        wanted |= _overlap(self._homes().values())
        self._publish(wanted)

    def _publish(self, wanted: Mapping[str, HomeIssue]) -> None:
        for issue_id in self._issues.keys() - wanted.keys():
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        for issue_id, issue in wanted.items():
            if self._issues.get(issue_id) == issue:
                continue
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                issue_id,
                is_fixable=issue.data is not None,
                data=issue.data,
                severity=ir.IssueSeverity.WARNING,
                translation_key=issue.key,
                translation_placeholders={
                    "home": issue.home,
                    "count": str(len(issue.names)),
                    "names": _markdown_list(issue.names),
                },
            )
        self._issues = dict(wanted)


def _overlap(homes: Iterable[Home]) -> dict[str, HomeIssue]:
    """Return an issue if several homes cover everything: each device counts for all of them."""
    whole = [home.name for home in homes if home.scope.is_whole]
    return {HOMES_OVERLAP: HomeIssue(HOMES_OVERLAP, whole[0], whole)} if len(whole) > 1 else {}


def _issues(home: Home, view: HomeView) -> dict[str, HomeIssue]:
    """Return the issues of a home by id."""
    names: dict[str, list[str]] = {}
    for cause in view.actionable:
        names.setdefault(ISSUES[cause.kind], []).extend(_names(view, cause))
    issues = {
        f"{key}_{home.home_id}": HomeIssue(key, home.name, found) for key, found in names.items()
    }
    for cause in view.operational.causes:
        if cause.silent:
            issues[f"{SILENT_ALERT}_{home.home_id}_{cause.key}"] = HomeIssue(
                SILENT_ALERT,
                home.name,
                [cause.name],
                {"home_id": home.home_id, "cause": cause.key},
            )
    if unplaced := view.plan.unplaced:
        issues[f"{UNPLACED}_{home.home_id}"] = HomeIssue(
            UNPLACED,
            home.name,
            [view.entity_name(entity.entity_id) for entity in unplaced],
            {"home_id": home.home_id},
        )
    return issues


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
