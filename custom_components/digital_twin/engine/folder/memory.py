"""Stores the documents of the last sync, by which changes in files and in records are told apart.

They are written after the records. If they are lost or older, both sides seem to have changed, and
nothing is overwritten.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from homeassistant.core import HomeAssistant

from ..core.files import StoredFile
from .file_document import GoalDocument

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class RememberedGoal:
    """The source of a goal, its id in the front matter, and its document of the last sync."""

    source: str
    doc_id: str | None
    before: GoalDocument


class Memory:
    """The goals that came from the folder, by goal id."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._store = StoredFile(hass, "vault")
        self.goals: dict[str, RememberedGoal] = {}

    async def async_load(self) -> None:
        """Read the file; invalid entries are dropped."""
        data = await self._store.async_load()
        goals = data.get("goals") if isinstance(data, dict) else None
        for goal_id, item in goals.items() if isinstance(goals, dict) else ():
            match item:
                case {"source": str(source), "doc_id": str() | None as doc_id, "said": dict(said)}:
                    self.goals[goal_id] = RememberedGoal(source, doc_id, said)

    async def async_update(
        self, changed: dict[str, RememberedGoal], obsolete: Iterable[str] = ()
    ) -> None:
        """Replace the entries of some goals and drop others; on disk when it returns."""
        goals = self.goals | changed
        for goal_id in obsolete:
            goals.pop(goal_id, None)
        if goals == self.goals:
            return
        self.goals = goals
        await self._store.async_save(
            {
                "goals": {
                    goal_id: {"source": item.source, "doc_id": item.doc_id, "said": item.before}
                    for goal_id, item in goals.items()
                }
            }
        )

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()
