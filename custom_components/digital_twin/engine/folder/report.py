"""What a sync of the goals folder found and did."""

from dataclasses import dataclass, replace

from ...twin.values import PlainJson
from .faults import FolderFault


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncReport:
    """What came, what changed and what could not be read.

    The goals are named by their codes: `missing` ones came from the folder and are no longer
    there (they stay), `left_out` ones were deleted in Home Assistant (they stay away).
    """

    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: int = 0
    missing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    faults: tuple[FolderFault, ...] = ()
    duration_ms: int = 0

    @property
    def goals(self) -> int:
        """How many goals the folder has."""
        return len(self.created) + len(self.updated) + self.unchanged

    def repeated(self) -> SyncReport:
        """Return the report of the same folder when nothing had to be done."""
        return replace(self, created=(), updated=(), unchanged=self.goals)

    def document(self) -> dict[str, PlainJson]:
        """Write the report as the response of an action."""
        return {
            "created": list(self.created),
            "updated": list(self.updated),
            "unchanged": self.unchanged,
            "missing": list(self.missing),
            "left_out": list(self.left_out),
            "faults": [fault.document() for fault in self.faults],
            "duration_ms": self.duration_ms,
        }
