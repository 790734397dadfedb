"""The checklists of each goal as a to-do list."""

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

from .commands.access import async_access_of_user
from .engine.runtime import DigitalTwinConfigEntry, Runtime
from .surfaces.entities.base import TwinValueEntity
from .surfaces.entities.descriptions import TwinValueDescription, goal_record
from .surfaces.entities.entity_sync import EntityGroup, async_sync_entities
from .surfaces.errors import translated_errors
from .twin.enums import ItemState
from .twin.goals.goal import GOAL, Goal
from .twin.goals.key_results import render_key_results
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
# What is in progress is still to be done.
STATUSES: Final = {
    ItemState.TODO: TodoItemStatus.NEEDS_ACTION,
    ItemState.DOING: TodoItemStatus.NEEDS_ACTION,
    ItemState.DONE: TodoItemStatus.COMPLETED,
}


CHECKLIST: Final = TwinValueDescription[Goal](
    key="checklist",
    translation_key="checklist",
    topics=(FIELD,),
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
    parts = {"goal": EntityGroup(descriptions_fn=_lists, grows_with=(FIELD,))}
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
        with translated_errors():
            goal = await self._async_writable(GOAL, FIELD)
            await self._async_edit(
                with_new_item(goal.progress_metrics, item.summary or "", item.due)
            )

    @override
    async def async_update_todo_item(self, item: TodoItem) -> None:
        """Tick or untick an item, rename it, or set the day by which it is to be done."""
        uid = item.uid or ""
        with translated_errors():
            goal = await self._async_writable(GOAL, FIELD)
            before = listed(goal.progress_metrics, uid)
            name = item.summary or before.item.name
            if item.status not in (None, STATUSES[before.item.state]):
                done = item.status == TodoItemStatus.COMPLETED
                await self._async_set(before, ItemState.DONE if done else ItemState.TODO)
            if (name, item.due) != (before.item.name, before.item.due):
                # Somebody else may have changed the goal meanwhile.
                goal = self._runtime.registry.get(GOAL, goal.goal_id)
                await self._async_edit(
                    with_described_item(goal.progress_metrics, uid, name, item.due)
                )

    @override
    async def async_delete_todo_items(self, uids: list[str]) -> None:
        """Remove items."""
        with translated_errors():
            goal = await self._async_writable(GOAL, FIELD)
            await self._async_edit(without_items(goal.progress_metrics, uids))

    @override
    async def async_move_todo_item(self, uid: str, previous_uid: str | None = None) -> None:
        """Move an item within its checklist."""
        registry = self._runtime.registry
        # Moving is no action and has no context, only the connection that it comes from.
        connection = current_connection.get()
        access = async_access_of_user(self.hass, registry, connection.user if connection else None)
        with translated_errors():
            goal = registry.get(GOAL, self._subentry.twin_id)
            access.require_write(goal, FIELD)
            await self._async_edit(with_moved_item(goal.progress_metrics, uid, previous_uid))

    async def _async_set(self, place: ListedItem, state: ItemState) -> None:
        await self._runtime.goals_folder.async_update_progress(
            self._subentry.twin_id,
            {"key_result": place.checklist, "item": place.item.id, "state": state.value},
        )

    async def _async_edit(self, key_results: KeyResults) -> None:
        patch = {FIELD: render_key_results(key_results)}
        await self._runtime.registry.async_update(GOAL, self._subentry.twin_id, patch)
