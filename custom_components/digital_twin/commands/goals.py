"""Commands for goals and the goals folder."""

from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Final, cast

from ..engine.documents import Document, goal_document
from ..engine.folder import CONF_GOALS_FOLDER, SyncReport
from ..twin.enums import GoalStatus
from ..twin.goals.goal import GOAL, Goal
from ..twin.goals.key_results import render_key_results
from ..twin.goals.references import Reference, Twin, references_to
from ..twin.goals.todo_list import KeyResults
from .access import Actor
from .twins import async_create, async_update_chosen

GOAL_FIELD: Final = "goal"
PROGRESS_METRICS: Final = "progress_metrics"


async def async_create_goal(actor: Actor, data: Mapping[str, object]) -> Document:
    """Create a goal, active from today unless said otherwise; return its document."""
    values = {**new_goal(actor, data), **actor.finder.values(data)}
    goal = await async_create(actor, GOAL, values)
    return goal_document(actor.runtime, goal)


def new_goal(actor: Actor, data: Mapping[str, object]) -> dict[str, object]:
    """Return what a new goal has where `data` says nothing: code, status and start date.

    An active goal starts today, unless its target date has passed.
    """
    codes = (goal.goal_code for goal in actor.registry.goals.values())
    defaults: dict[str, object] = {"goal_code": free_code(codes), "status": GoalStatus.ACTIVE}
    today = actor.registry.context().today.isoformat()
    is_active = str(data.get("status") or "active").casefold() == "active"
    if is_active and str(data.get("target_date") or today) >= today:
        defaults["start_date"] = today
    return defaults


def free_code(taken: Iterable[str]) -> str:
    """Return the first code from G01 on that no goal has."""
    used = {code.casefold() for code in taken}
    return next(code for number in count(1) if (code := f"G{number:02}").casefold() not in used)


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
    actor.access.require_write(goal, GOAL_FIELD)
    if force:
        # A forced delete also writes the goals that depend on this one.
        for reference in references_to(actor.registry.world, goal.goal_id):
            referrer = actor.registry.records(reference.kind)[reference.twin_id]
            actor.access.require_write(cast("Twin", referrer), "force")
    references = await actor.registry.async_delete(
        GOAL, goal.goal_id, force=force, cause=actor.cause
    )
    return goal, references


async def async_sync_goals(actor: Actor) -> SyncReport:
    """Read the goals folder now. For administrators: it may change anybody's goals."""
    actor.access.require_everything(CONF_GOALS_FOLDER)
    return await actor.runtime.goals_folder.async_sync()
