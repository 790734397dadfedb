"""Repair issues about the twins themselves."""

from collections.abc import Collection, Iterable
from typing import Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from .core.files import async_delete_issues, async_name_file
from .core.registry import KINDS, TwinRegistry
from .folder import FolderFault, GoalsFolder
from .health.linked import LOST_SOURCE
from .health.sources import metric_label

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
