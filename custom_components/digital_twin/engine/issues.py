"""Repair issues about the twins themselves."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from .registry import KINDS, TwinRegistry
from .vault import VaultFault

DAMAGED_RECORD: Final = "damaged_record"
MISSING_RECORD: Final = "missing_record"
LOST_REFERENCES: Final = "lost_references"
GOALS_FOLDER_FAULTS: Final = "goals_folder_faults"
# So many places are named in the one issue about the goals folder.
MAX_PLACES: Final = 10


@dataclass(frozen=True, slots=True)
class LostReferences:
    """That a twin was deleted while others referred to it."""

    kind: str
    twin_id: str
    name: str
    users: tuple[str, ...]


@callback
def async_report_lost_references(hass: HomeAssistant, lost: LostReferences) -> None:
    """Offer to bring back a twin that others referred to."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{LOST_REFERENCES}_{lost.twin_id}",
        data={"kind": lost.kind, "twin_id": lost.twin_id},
        is_fixable=True,
        is_persistent=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=LOST_REFERENCES,
        translation_placeholders={"name": lost.name, "users": ", ".join(lost.users)},
    )


@callback
def async_review_issues(hass: HomeAssistant, registry: TwinRegistry) -> None:
    """Forget the issues that no longer hold, and name every record that could not be read."""
    for issue in _own_issues(hass):
        lost = issue.data or {}
        if issue.translation_key != LOST_REFERENCES or not registry.is_deleted(
            str(lost.get("kind")), str(lost.get("twin_id"))
        ):
            ir.async_delete_issue(hass, DOMAIN, issue.issue_id)
    for kind in KINDS:
        for position, damaged in enumerate(registry.damaged(kind), start=1):
            ir.async_create_issue(
                hass,
                DOMAIN,
                f"{DAMAGED_RECORD}_{kind}_{position}",
                is_fixable=False,
                severity=ir.IssueSeverity.ERROR,
                translation_key=DAMAGED_RECORD,
                translation_placeholders={
                    "name": damaged.label,
                    "reason": damaged.reason,
                    "file": f".storage/{DOMAIN}.{kind}s",
                },
            )


@callback
def async_forget_lost_references(hass: HomeAssistant, twin_id: str) -> None:
    """Forget the offer to bring back a twin: it is there."""
    ir.async_delete_issue(hass, DOMAIN, f"{LOST_REFERENCES}_{twin_id}")


@callback
def async_forget_issues(hass: HomeAssistant) -> None:
    """Forget every issue: the integration is removed."""
    for issue in _own_issues(hass):
        ir.async_delete_issue(hass, DOMAIN, issue.issue_id)


def _own_issues(hass: HomeAssistant) -> list[ir.IssueEntry]:
    return [issue for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN]


@callback
def async_report_missing(hass: HomeAssistant, kind: str, twin_id: str, name: str) -> None:
    """Name a twin that is in the UI but no longer in its file."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{MISSING_RECORD}_{twin_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=MISSING_RECORD,
        translation_placeholders={"name": name, "file": f".storage/{DOMAIN}.{kind}s"},
    )


@callback
def async_review_goals_folder(hass: HomeAssistant, faults: Collection[VaultFault]) -> None:
    """Name the places in the goals folder that cannot be read, in one issue while there are any.

    What stands there may be about health and is left to the files and to who asks for a sync.
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
