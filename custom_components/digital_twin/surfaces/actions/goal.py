"""The actions about a goal."""

from typing import cast

from ...engine.documents import Document
from ...twin.goals.goal import GOAL
from ...twin.household.references import Twin, references_to
from ...twin.records.object_reader import ObjectReader
from ...twin.records.parsers import truth
from .request import Request

NAMED_BY = "goal"


async def async_create_goal(request: Request) -> Document:
    """Create a goal; answer with its document."""
    values = request.finder.values(request.data)
    request.access.require_create(GOAL.name, values)
    goal = await request.registry.async_create(GOAL, values)
    return request.document(GOAL.name, goal.goal_id)


async def async_update_goal(request: Request) -> Document:
    """Change the fields of a goal; answer with the document."""
    goal = request.finder.chosen(GOAL, request.data, NAMED_BY)
    patch = request.finder.values(request.data, NAMED_BY)
    request.access.require_write(goal, NAMED_BY)
    request.access.require_values(patch)
    await request.registry.async_update(GOAL, goal.goal_id, patch)
    return request.document(GOAL.name, goal.goal_id)


async def async_update_goal_progress(request: Request) -> Document:
    """Bring one key result of a goal forward; answer with the goal's document."""
    goal = request.finder.chosen(GOAL, request.data, NAMED_BY)
    request.access.require_write(goal, NAMED_BY)
    update = {name: value for name, value in request.data.items() if name != NAMED_BY}
    await request.runtime.goals_folder.async_update_progress(goal.goal_id, update)
    return request.document(GOAL.name, goal.goal_id)


async def async_delete_goal(request: Request) -> Document:
    """Delete a goal; answer with its id and with what no longer refers to it."""
    goal = request.finder.chosen(GOAL, request.data, NAMED_BY)
    form = ObjectReader(request.data, request.registry.context())
    form.only((NAMED_BY, "force"))
    force = form.optional("force", truth, absent=False)
    form.raise_faults()
    request.access.require_write(goal, NAMED_BY)
    if force:
        _require_users(request, goal.goal_id)
    lost = await request.registry.async_delete(GOAL, goal.goal_id, force=force)
    return {"goal_id": goal.goal_id, "unlinked": [reference._asdict() for reference in lost]}


def _require_users(request: Request, goal_id: str) -> None:
    """A forced delete also writes the goals that depend on this one."""
    for reference in references_to(request.registry.world, goal_id):
        user = request.registry.records(reference.kind)[reference.twin_id]
        request.access.require_write(cast("Twin", user), "force")
