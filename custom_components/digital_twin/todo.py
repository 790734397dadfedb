"""The checklists of each goal as a to-do list."""

from collections.abc import Callable
from typing import Final, override

from homeassistant.components.todo import (
    TodoItem,
    TodoItemStatus,
    TodoListEntity,
    TodoListEntityFeature,
)
from homeassistant.components.websocket_api import current_connection
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .commands.access import Actor, async_ui_actor
from .commands.twins import async_edit_checklists, async_update_progress
from .engine.core.feed import DEFINITIONS
from .engine.runtime import DigitalTwinConfigEntry, Runtime
from .surfaces.entities import (
    EntityGroup,
    TwinValueDescription,
    TwinValueEntity,
    async_sync_entities,
    goal_record,
)
from .surfaces.errors import translated_errors
from .twin.enums import ItemState
from .twin.goals.goal import GOAL, Goal
from .twin.goals.todo_list import (
    KeyResults,
    ListedItem,
    checklists,
    listed,
    listed_items,
    with_described_item,
    with_moved_item,
    with_new_item,
    without_items,
)

PARALLEL_UPDATES = 0

FIELD: Final = "progress_metrics"
# Home Assistant has no status for items in progress.
STATUSES: Final = {
    ItemState.TODO: TodoItemStatus.NEEDS_ACTION,
    ItemState.DOING: TodoItemStatus.NEEDS_ACTION,
    ItemState.DONE: TodoItemStatus.COMPLETED,
}


CHECKLIST: Final = TwinValueDescription[Goal](
    key="checklist",
    translation_key="checklist",
    topics=(DEFINITIONS,),
    subject_fn=goal_record,
    value_fn=lambda goal: listed_items(goal.progress_metrics),
)


def _lists(
    _hass: HomeAssistant, runtime: Runtime, goal_id: str
) -> tuple[TwinValueDescription[Goal], ...]:
    goal = goal_record(runtime, goal_id)
    return (CHECKLIST,) if goal and checklists(goal.progress_metrics) else ()


async def async_setup_entry(
    hass: HomeAssistant,
    entry: DigitalTwinConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the list of every goal that has a checklist."""
    parts = {"goal": EntityGroup(descriptions_fn=_lists, grows_with=(DEFINITIONS,))}
    async_sync_entities(hass, entry, async_add_entities, GoalTodoList, parts)


class GoalTodoList(TwinValueEntity, TodoListEntity):
    """All checklists of a goal, one after the other.

    Where there are several, each item says in its description to which it belongs. New items go
    to the end, and an item stays in its checklist when it is moved. Ticking goes through the goals
    folder, which may tick the item in its file; every other change is made to the goal alone.
    """

    entity_description: TwinValueDescription[Goal]
    _attr_supported_features = (
        TodoListEntityFeature.CREATE_TODO_ITEM
        | TodoListEntityFeature.UPDATE_TODO_ITEM
        | TodoListEntityFeature.DELETE_TODO_ITEM
        | TodoListEntityFeature.MOVE_TODO_ITEM
        | TodoListEntityFeature.SET_DUE_DATE_ON_ITEM
    )

    @override
    def _show(self, value: tuple[ListedItem, ...]) -> None:
        several = len({each.checklist for each in value}) > 1
        self._attr_todo_items = [
            TodoItem(
                uid=each.uid,
                summary=each.item.name,
                status=STATUSES[each.item.state],
                due=each.item.due,
                description=each.checklist_name if several else None,
            )
            for each in value
        ]

    @override
    async def async_create_todo_item(self, item: TodoItem) -> None:
        """Add an item at the end."""
        await self._async_edit(
            await self._async_actor(),
            lambda key_results: with_new_item(key_results, item.summary or "", item.due),
        )

    @override
    async def async_update_todo_item(self, item: TodoItem) -> None:
        """Tick or untick an item, rename it, or set the day by which it is to be done."""
        uid, goal_id, actor = item.uid or "", self._subentry.twin_id, await self._async_actor()
        with translated_errors():
            before = listed(actor.registry.get(GOAL, goal_id).progress_metrics, uid)
            if item.status not in (None, STATUSES[before.item.state]):
                done = item.status == TodoItemStatus.COMPLETED
                update = {
                    "key_result": before.checklist,
                    "item": before.item.id,
                    "state": (ItemState.DONE if done else ItemState.TODO).value,
                }
                await async_update_progress(actor, goal_id, update, FIELD)
        name = item.summary or before.item.name
        if (name, item.due) != (before.item.name, before.item.due):
            await self._async_edit(
                actor, lambda key_results: with_described_item(key_results, uid, name, item.due)
            )

    @override
    async def async_delete_todo_items(self, uids: list[str]) -> None:
        """Remove items."""
        await self._async_edit(
            await self._async_actor(), lambda key_results: without_items(key_results, uids)
        )

    @override
    async def async_move_todo_item(self, uid: str, previous_uid: str | None = None) -> None:
        """Move an item within its checklist."""
        # Moving is not an action and has no context: the user is that of the connection.
        connection = current_connection.get()
        actor = async_ui_actor(self.hass, self._runtime, connection.user if connection else None)
        await self._async_edit(
            actor, lambda key_results: with_moved_item(key_results, uid, previous_uid)
        )

    async def _async_edit(self, actor: Actor, edit: Callable[[KeyResults], KeyResults]) -> None:
        with translated_errors():
            await async_edit_checklists(actor, self._subentry.twin_id, edit)
