"""The checklists of each goal as a to-do list, and what each person has to do today."""

from collections.abc import Callable
from typing import Any, Final, override

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
from .engine.briefings import today_items
from .engine.core.feed import DEFINITIONS
from .engine.runtime import DigitalTwinConfigEntry, Runtime
from .engine.subentries import TwinSubentry
from .surfaces.entities import (
    EntityGroup,
    TwinValueDescription,
    TwinValueEntity,
    async_sync_entities,
    goal_record,
)
from .surfaces.errors import translated_errors
from .surfaces.person_sensors import NEXT_STEP
from .twin.enums import ItemState
from .twin.goals.goal import GOAL, Goal
from .twin.goals.todo_list import (
    KeyResults,
    ListedItem,
    TodayItem,
    checklists,
    listed,
    listed_items,
    split_uid,
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
TODAY: Final = TwinValueDescription[tuple[TodayItem, ...]](
    key="today",
    translation_key="today",
    topics=NEXT_STEP.topics,
    subject_fn=today_items,
    value_fn=lambda items: items,
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
    """Add the list of every goal that has a checklist, and that of each person."""
    parts: dict[str, EntityGroup[TwinValueDescription[Any]]] = {
        "goal": EntityGroup(descriptions_fn=_lists, grows_with=(DEFINITIONS,)),
        "person": EntityGroup(descriptions_fn=lambda _hass, _runtime, _person_id: (TODAY,)),
    }
    async_sync_entities(hass, entry, async_add_entities, _list_of, parts)


def _list_of(
    runtime: Runtime, subentry: TwinSubentry, description: TwinValueDescription[Any]
) -> _TodoList:
    make = TodayTodoList if description is TODAY else GoalTodoList
    return make(runtime, subentry, description)


class _TodoList(TwinValueEntity, TodoListEntity):
    """A list with items of goals, of which each can be ticked and renamed."""

    async def _async_update(self, goal_id: str, uid: str, item: TodoItem) -> None:
        actor = await self._async_actor()
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
                actor,
                goal_id,
                lambda key_results: with_described_item(key_results, uid, name, item.due),
            )

    async def _async_edit(
        self, actor: Actor, goal_id: str, edit: Callable[[KeyResults], KeyResults]
    ) -> None:
        with translated_errors():
            await async_edit_checklists(actor, goal_id, edit)


class GoalTodoList(_TodoList):
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
            self._subentry.twin_id,
            lambda key_results: with_new_item(key_results, item.summary or "", item.due),
        )

    @override
    async def async_update_todo_item(self, item: TodoItem) -> None:
        """Tick or untick an item, rename it, or set the day by which it is to be done."""
        await self._async_update(self._subentry.twin_id, item.uid or "", item)

    @override
    async def async_delete_todo_items(self, uids: list[str]) -> None:
        """Remove items."""
        await self._async_edit(
            await self._async_actor(),
            self._subentry.twin_id,
            lambda key_results: without_items(key_results, uids),
        )

    @override
    async def async_move_todo_item(self, uid: str, previous_uid: str | None = None) -> None:
        """Move an item within its checklist."""
        # Moving is not an action and has no context: the user is that of the connection.
        connection = current_connection.get()
        actor = async_ui_actor(self.hass, self._runtime, connection.user if connection else None)
        await self._async_edit(
            actor,
            self._subentry.twin_id,
            lambda key_results: with_moved_item(key_results, uid, previous_uid),
        )


class TodayTodoList(_TodoList):
    """What a person has to do today: items of their goals, each with its goal as description.

    Ticking and renaming changes the goal. Which items there are follows from the goals.
    """

    entity_description: TwinValueDescription[tuple[TodayItem, ...]]
    _attr_supported_features = TodoListEntityFeature.UPDATE_TODO_ITEM

    @override
    def _show(self, value: tuple[TodayItem, ...]) -> None:
        self._attr_todo_items = [
            TodoItem(
                uid=each.uid,
                summary=each.item.name,
                status=STATUSES[each.item.state],
                due=each.item.due,
                description=f"{each.code} {each.goal_name}",
            )
            for each in value
        ]

    @override
    async def async_update_todo_item(self, item: TodoItem) -> None:
        """Tick, untick or rename an item in its goal."""
        await self._async_update(*split_uid(item.uid or ""), item)
        # The steps of a person are ranked anew seconds later: who ticks does not wait for that.
        if self._async_read():
            self.async_write_ha_state()
