"""The repair issue about a missing entity that a metric was read from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ...const import DOMAIN
from ..core.issues import async_delete_issues

LOST_SOURCE: Final = "linked_source_missing"


@dataclass(frozen=True, kw_only=True, slots=True)
class LostSource:
    """A source whose entity is missing; `person`, `name` and `called` are texts for people."""

    person_id: str
    person: str
    metric: str
    name: str
    entity: str
    called: str

    @property
    def issue_id(self) -> str:
        """The id of the issue about this source."""
        return f"{LOST_SOURCE}_{self.person_id}_{self.metric}_{self.entity}"


@callback
def async_review_lost_sources(hass: HomeAssistant, lost: Iterable[LostSource]) -> None:
    """Create an issue for each lost source, and delete the others; the links stay."""
    present = {source.issue_id: source for source in lost}
    async_delete_issues(hass, LOST_SOURCE, except_for=present)
    for issue_id, source in present.items():
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            data={
                "person_id": source.person_id,
                "metric": source.metric,
                "entity": source.entity,
            },
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=LOST_SOURCE,
            translation_placeholders={
                "person": source.person,
                "metric": source.name,
                "entity": source.called,
            },
        )
