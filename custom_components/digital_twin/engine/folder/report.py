"""The report of a sync, and the faults in the files that it lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ...twin.errors import Fault, shown
from ...twin.values import PlainJson


@dataclass(frozen=True, slots=True)
class FolderFault:
    """One thing in a file that could not be used as it is written.

    `file` is relative to the goals folder, with `/`; `line` begins at 1 and is None for the file
    as a whole. `key` is a translation key and `placeholders` are its texts.
    """

    file: str
    line: int | None
    key: str
    placeholders: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The file, with the line where there is one: `G03/README.md:2`."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    @property
    def kind(self) -> tuple[str, str]:
        """The file and the key, which do not change when lines move."""
        return self.file, self.key

    def document(self) -> dict[str, PlainJson]:
        """Return the fault as a part of the report."""
        return {
            "file": self.file,
            "line": self.line,
            "problem": self.key,
            "placeholders": dict(self.placeholders),
        }


def found(file: str, line: int | None, key: str, **placeholders: object) -> FolderFault:
    """Make a fault; each placeholder becomes a text of readable length."""
    return FolderFault(
        file, line, key, {name: shown(value) for name, value in placeholders.items()}
    )


def refused(file: str, line: int | None, fault: Fault) -> FolderFault:
    """Make the fault of a value that a record refuses."""
    return FolderFault(file, line, fault.key, fault.placeholders)


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncReport:
    """The result of a sync; goals are named by their codes.

    `missing` goals came from the folder and are no longer in it; they are kept. `left_out` goals
    are in the folder but were deleted in Home Assistant; they are not created again.
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
        """The number of goals in the folder."""
        return len(self.created) + len(self.updated) + self.unchanged

    def repeated(self) -> SyncReport:
        """Return the report of a sync that found no change since this one."""
        return replace(self, created=(), updated=(), unchanged=self.goals)

    def document(self) -> dict[str, PlainJson]:
        """Return the report as the response of an action."""
        return {
            "created": list(self.created),
            "updated": list(self.updated),
            "unchanged": self.unchanged,
            "missing": list(self.missing),
            "left_out": list(self.left_out),
            "faults": [fault.document() for fault in self.faults],
            "duration_ms": self.duration_ms,
        }
