"""What is wrong in the goals folder, named by file and line."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...twin.errors import Fault, shown
from ...twin.values import PlainJson


@dataclass(frozen=True, slots=True)
class FolderFault:
    """One thing that could not be taken as it stands in a file.

    `file` is relative to the goals folder, with `/`; `line` begins at 1 and is None for the file
    as a whole. `key` is a translation key and `placeholders` are the texts that it needs.
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
        """What stays the same while lines move: the file and what is wrong in it."""
        return self.file, self.key

    def document(self) -> dict[str, PlainJson]:
        """Write the fault as it stands in the report of a sync."""
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
    """Make the fault of a value in a file that a record does not take."""
    return FolderFault(file, line, fault.key, fault.placeholders)
