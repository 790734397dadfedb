"""The checklists of a goal as one to-do list, and its changes; and the items of today.

Functions that change it return all key results of the goal. Errors are a `TwinError` at `item`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from operator import attrgetter
from typing import NamedTuple
from urllib.parse import quote

from ..enums import GoalStatus, ItemState, KeyResultKind
from ..errors import TwinError, refuse
from ..records.naming import unique_slug
from .goal import Goal
from .key_result_parts import ChecklistItem
from .key_results import KeyResult

MAX_LISTED = 20
# So many items are to do on one day, at most.
MOST_TODAY = 7
# Nobody is to work on the goals with these statuses.
RESTING = (GoalStatus.ON_HOLD, GoalStatus.COMPLETED, GoalStatus.ARCHIVED)

type KeyResults = tuple[KeyResult, ...]


class ListedItem(NamedTuple):
    """An item of the list; `uid` is unique in the list and independent of names."""

    uid: str
    checklist: str
    checklist_name: str
    item: ChecklistItem


class TodayItem(NamedTuple):
    """An item of a goal; `uid` is unique among those of all goals, see `split_uid`."""

    goal_id: str
    code: str
    goal_name: str
    listed: ListedItem

    @property
    def uid(self) -> str:
        """The ids of the goal and of the item in its list."""
        return f"{self.goal_id}/{self.listed.uid}"

    @property
    def item(self) -> ChecklistItem:
        """The item itself."""
        return self.listed.item


def split_uid(uid: str) -> tuple[str, str]:
    """Return the id of the goal and the uid in its list of an item of today."""
    goal_id, _, own = uid.partition("/")
    return goal_id, own


def checklists(key_results: KeyResults) -> list[KeyResult]:
    """Return the checklists of a goal."""
    return [one for one in key_results if one.kind is KeyResultKind.CHECKLIST]


def listed_items(key_results: KeyResults) -> tuple[ListedItem, ...]:
    """Return the items of all checklists."""
    return tuple(
        # The first slash separates the parts, whatever characters the keys have.
        ListedItem(f"{prefix}/{item.id}", one.key, one.name, item)
        for one in checklists(key_results)
        for prefix in (quote(one.key, safe=""),)
        for item in one.items
    )


def listed(key_results: KeyResults, uid: str) -> ListedItem:
    """Return an item; raises `unknown_item`."""
    items = listed_items(key_results)
    found = next((each for each in items if each.uid == uid), None)
    if found is None:
        raise unknown(uid, items)
    return found


def items_of_today(
    goals: Iterable[Goal], ranking: Sequence[str], today: date
) -> tuple[TodayItem, ...]:
    """Return what is to do today, at most 7 items, and then what was done today.

    To do is first what is due today or overdue, by its day; then of each goal in the order of
    `ranking` (ids of goals) the first item that is neither done nor due. A goal that is On Hold,
    Completed or Archived has no items today. Equal items are ordered by the code of their goal,
    its id and their place in it, so the order of `goals` does not matter.
    """
    active = [goal for goal in goals if goal.status not in RESTING]
    active.sort(key=lambda goal: (goal.goal_code.casefold(), goal.goal_id))
    items = [
        TodayItem(goal.goal_id, goal.goal_code, goal.name, each)
        for goal in active
        for each in listed_items(goal.progress_metrics)
    ]
    to_do = [each for each in items if each.item.state is not ItemState.DONE]
    due = [each for each in to_do if each.item.due and each.item.due <= today]
    due.sort(key=attrgetter("item.due"))
    # The first of each goal is the last that is set.
    later = {
        each.goal_id: each
        for each in reversed(to_do)
        if each.item.due is None or each.item.due > today
    }
    following = [later[goal_id] for goal_id in ranking if goal_id in later]
    done = [each for each in items if each.item.state is ItemState.DONE and each.item.done == today]
    return (*[*due, *following][:MOST_TODAY], *done)


def unknown(uid: str, items: Iterable[ListedItem]) -> TwinError:
    """Return the error of an item that is not in the list."""
    names = [each.item.name for each in items][:MAX_LISTED]
    return refuse("unknown_item", "item", value=uid, allowed=names or "-")


def with_new_item(key_results: KeyResults, name: str, due: date | None) -> KeyResults:
    """Add an item at the end of the first checklist.

    In a goal of the folder that is the roadmap, followed by the definition of done. Raises
    `unknown_item` for a goal without a checklist.
    """
    first = next(iter(checklists(key_results)), None)
    if first is None:
        raise unknown(name, ())
    item_id = unique_slug(name, {item.id for item in first.items}, "item")
    return _with_items(
        key_results, first.key, (*first.items, ChecklistItem(id=item_id, name=name, due=due))
    )


def with_described_item(
    key_results: KeyResults, uid: str, name: str, due: date | None
) -> KeyResults:
    """Set the name and the due day of an item; raises `unknown_item`."""
    place = listed(key_results, uid)
    items = (
        replace(each.item, name=name, due=due) if each == place else each.item
        for each in listed_items(key_results)
        if each.checklist == place.checklist
    )
    return _with_items(key_results, place.checklist, items)


def without_items(key_results: KeyResults, uids: Iterable[str]) -> KeyResults:
    """Remove items; raises `unknown_item`."""
    present = listed_items(key_results)
    known = {each.uid for each in present}
    removed: set[str] = set()
    for uid in uids:
        if uid not in known or uid in removed:
            raise unknown(uid, (each for each in present if each.uid not in removed))
        removed.add(uid)
    left: dict[str, list[ChecklistItem]] = defaultdict(list)
    for each in present:
        if each.uid not in removed:
            left[each.checklist].append(each.item)
    return tuple(
        one if len(one.items) == len(left[one.key]) else replace(one, items=tuple(left[one.key]))
        for one in key_results
    )


def with_moved_item(key_results: KeyResults, uid: str, after: str | None) -> KeyResults:
    """Move an item behind another one, or to the top.

    Raises `unknown_item`, and `other_checklist` for a place in another checklist, where the item
    would have another weight.
    """
    place = listed(key_results, uid)
    behind = None if after is None else listed(key_results, after)
    if behind == place:
        return key_results
    present = listed_items(key_results)
    order = [each for each in present if each != place]
    order.insert(0 if behind is None else order.index(behind) + 1, place)
    if [each.checklist for each in order] != [each.checklist for each in present]:
        raise refuse("other_checklist", "item", value=place.item.name)
    items = (each.item for each in order if each.checklist == place.checklist)
    return _with_items(key_results, place.checklist, items)


def _with_items(
    key_results: KeyResults, checklist: str, items: Iterable[ChecklistItem]
) -> KeyResults:
    after = tuple(items)
    return tuple(replace(one, items=after) if one.key == checklist else one for one in key_results)
