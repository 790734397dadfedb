"""Repair issues: about the twins themselves, and faults of homes that a person can mend."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
import re
from types import MappingProxyType
from typing import Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..twin.home.home import Home
from ..twin.home.operational import CauseKind, HomeCause
from .contexts import PROPOSED_CONTEXT
from .core.feed import ADDED, REMOVED, ChangeFeed, Topic
from .core.files import async_delete_issues, async_name_file
from .core.registry import KINDS, TwinRegistry
from .folder import FolderFault, GoalsFolder
from .health.linked import LOST_SOURCE
from .health.sources import metric_label
from .home.observer import HomeObserver
from .home.view import HomeView

DAMAGED_RECORD: Final = "damaged_record"
MISSING_RECORD: Final = "missing_record"
LOST_REFERENCES: Final = "lost_references"
GOALS_FOLDER_FAULTS: Final = "goals_folder_faults"
# Most places that the issue about the goals folder lists.
MAX_PLACES: Final = 10
DAMAGED_HISTORY: Final = "damaged_history"
DAMAGED_JOURNAL: Final = "damaged_journal"


@callback
def async_review_issues(hass: HomeAssistant, registry: TwinRegistry) -> None:
    """Replace all issues by those about the records, histories and offers of this start."""
    async_forget_issues(hass)
    async_offer_returns(hass, registry)
    async_review_histories(hass, registry)
    if registry.damaged_changes:
        async_name_file(
            hass,
            DAMAGED_JOURNAL,
            "lines",
            count=str(registry.damaged_changes),
            file=f".storage/{DOMAIN}/",
        )
    for kind in KINDS:
        for position, damaged in enumerate(registry.damaged(kind), start=1):
            async_name_file(
                hass,
                DAMAGED_RECORD,
                f"{kind}_{position}",
                name=damaged.label,
                reason=damaged.reason,
                file=f".storage/{DOMAIN}.{kind}s",
            )


@callback
def async_review_histories(hass: HomeAssistant, registry: TwinRegistry) -> None:
    """Create an issue for each person with a daily history that could not be read."""
    for person_id, metrics in registry.damaged_histories.items():
        if (person := registry.persons.get(person_id)) is None:
            continue
        names = (metric_label(hass, key, registry.catalogue.get(key)) for key in metrics)
        async_name_file(
            hass,
            DAMAGED_HISTORY,
            person_id,
            name=person.name,
            metrics=", ".join(names),
            file=f".storage/{DOMAIN}.history.{person_id}",
        )


@callback
def async_offer_returns(hass: HomeAssistant, registry: TwinRegistry) -> None:
    """Create an issue for each deleted twin that others refer to, and delete the other offers.

    The issues are made again at each start: persistent ones would put names into the diagnostics.
    """
    offers = {f"{LOST_REFERENCES}_{lost.twin_id}": lost for lost in registry.deletions.offers}
    async_delete_issues(hass, LOST_REFERENCES, except_for=offers)
    for issue_id, lost in offers.items():
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            data={"kind": lost.kind, "twin_id": lost.twin_id},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=LOST_REFERENCES,
            translation_placeholders={"name": lost.name, "users": ", ".join(lost.referrers)},
        )


@callback
def async_forget_issues(hass: HomeAssistant) -> None:
    """Delete every issue about the twins and the goals folder."""
    async_delete_issues(
        hass,
        DAMAGED_HISTORY,
        DAMAGED_JOURNAL,
        DAMAGED_RECORD,
        GOALS_FOLDER_FAULTS,
        LOST_REFERENCES,
        LOST_SOURCE,
        MISSING_RECORD,
        PROPOSED_CONTEXT,
    )


@callback
def async_review_missing(hass: HomeAssistant, lost: Iterable[ConfigSubentry]) -> None:
    """Create an issue for each subentry whose record is missing in its file, and delete others."""
    present = {f"{MISSING_RECORD}_{subentry.unique_id}": subentry for subentry in lost}
    async_delete_issues(hass, MISSING_RECORD, except_for=present)
    for subentry in present.values():
        async_name_file(
            hass,
            MISSING_RECORD,
            str(subentry.unique_id),
            name=subentry.title,
            file=f".storage/{DOMAIN}.{subentry.subentry_type}s",
        )


@callback
def async_follow_goals_folder(hass: HomeAssistant, folder: GoalsFolder) -> CALLBACK_TYPE:
    """Keep the issue about the goals folder up to date; return what ends that and deletes it."""
    unsubscribe = folder.add_listener(
        lambda: async_review_goals_folder(hass, folder.lasting_faults)
    )

    @callback
    def stop() -> None:
        unsubscribe()
        async_review_goals_folder(hass, ())

    return stop


@callback
def async_review_goals_folder(hass: HomeAssistant, faults: Collection[FolderFault]) -> None:
    """Create one issue that lists the places of all faults, or delete it if there are none.

    The values at these places may be about health, so the issue does not quote them.
    """
    places = [f"- `{place}`" for place in dict.fromkeys(fault.place for fault in faults)]
    if not places:
        ir.async_delete_issue(hass, DOMAIN, GOALS_FOLDER_FAULTS)
        return
    more = [f"- … (+{len(places) - MAX_PLACES})"] if len(places) > MAX_PLACES else []
    ir.async_create_issue(
        hass,
        DOMAIN,
        GOALS_FOLDER_FAULTS,
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=GOALS_FOLDER_FAULTS,
        translation_placeholders={"places": "\n".join(places[:MAX_PLACES] + more)},
    )


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
