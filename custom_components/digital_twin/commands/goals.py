"""Commands for goals and the goals folder."""

from collections.abc import Callable, Mapping
from typing import Final

from ..engine.documents import Document, goal_document
from ..engine.folder import CONF_GOALS_FOLDER, SyncReport
from ..twin.goals.goal import GOAL, Goal
from ..twin.goals.key_results import render_key_results
from ..twin.goals.references import Reference
from ..twin.goals.todo_list import KeyResults
from .access import Actor
from .twins import async_create_document, async_delete, async_update_chosen

GOAL_FIELD: Final = "goal"
PROGRESS_METRICS: Final = "progress_metrics"


async def async_create_goal(actor: Actor, data: Mapping[str, object]) -> Document:
    """Create a goal, active from today unless said otherwise; return its document."""
    return await async_create_document(actor, GOAL.name, data)


async def async_update_goal(actor: Actor, data: Mapping[str, object]) -> Document:
    """Change fields of a goal; return its document."""
    return await async_update_chosen(actor, GOAL, data, GOAL_FIELD)


async def async_update_goal_progress(actor: Actor, data: Mapping[str, object]) -> Document:
    """Update one key result of a goal; return the document of the goal."""
    goal = actor.finder.chosen(GOAL, data, GOAL_FIELD)
    update = {name: value for name, value in data.items() if name != GOAL_FIELD}
    changed = await async_update_progress(actor, goal.goal_id, update, GOAL_FIELD)
    return goal_document(actor.runtime, changed)


async def async_update_progress(
    actor: Actor, goal_id: str, update: Mapping[str, object], field: str
) -> Goal:
    """Update one key result; an item from a file of the goals folder is ticked there first."""
    actor.access.require_write(actor.registry.get(GOAL, goal_id), field)
    return await actor.runtime.goals_folder.async_update_progress(
        goal_id, update, cause=actor.cause
    )


async def async_edit_checklists(
    actor: Actor, goal_id: str, edit: Callable[[KeyResults], KeyResults]
) -> None:
    """Replace the key results of a goal by the result of `edit`."""
    goal = actor.registry.get(GOAL, goal_id)
    actor.access.require_write(goal, PROGRESS_METRICS)
    patch = {PROGRESS_METRICS: render_key_results(edit(goal.progress_metrics))}
    await actor.registry.async_update(GOAL, goal_id, patch, cause=actor.cause)


async def async_delete_goal(
    actor: Actor, data: Mapping[str, object], *, force: bool
) -> tuple[Goal, tuple[Reference, ...]]:
    """Delete a goal; return it and the references to it that were removed."""
    goal = actor.finder.chosen(GOAL, data, GOAL_FIELD)
    return goal, await async_delete(actor, GOAL, goal, GOAL_FIELD, force=force)


async def async_sync_goals(actor: Actor) -> SyncReport:
    """Read the goals folder now. For administrators: it may change anybody's goals."""
    actor.access.require_everything(CONF_GOALS_FOLDER)
    return await actor.runtime.goals_folder.async_sync()
