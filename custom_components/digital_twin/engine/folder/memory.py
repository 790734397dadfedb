"""What the files said last time: only with it can a change of a file be told from one of a person.

Kept in a file of its own beside the records, written after them: if it is lost or older than the
records, both sides seem to have changed, and nothing is overwritten.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from homeassistant.core import HomeAssistant

from ...const import DOMAIN
from ..core.store import CheckedFile
from .file_document import GoalDocument

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class RememberedGoal:
    """Where a goal came from, and what its files said of it."""

    source: str
    doc_id: str | None
    before: GoalDocument


class Memory:
    """What is remembered of each goal that came from the folder, by its id."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Keep the store; nothing is read yet."""
        self._store = CheckedFile(
            hass, VERSION, f"{DOMAIN}.vault", private=True, atomic_writes=True
        )
        self.goals: dict[str, RememberedGoal] = {}

    async def async_load(self) -> None:
        """Read the file; what cannot be read is forgotten."""
        data = await self._store.async_load() or {}
        goals = data.get("goals")
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
