"""Ticks: the items of checklists that change their state in Home Assistant and in their files."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from ...twin.enums import ItemState
from ...twin.goal import Goal
from ...twin.values import PlainJson
from .checklists import Place
from .memory import Remembered
from .said import Places, objects


class Tick(NamedTuple):
    """An item of a checklist, where it stands, and the state that it is to have."""

    checklist: str
    item: str
    place: Place
    state: ItemState


def find_tick(places: Places, before: Goal, after: Goal) -> Tick | None:
    """Return the item that changes its state between two revisions, if a file has it."""
    states = _states(before)
    for key, state in _states(after).items():
        if key in places and states.get(key) is not state:
            return Tick(*key, places[key], state)
    return None


def ticked(remembered: Remembered, tick: Tick) -> Remembered:
    """Return what the files of a goal say once an item is ticked there."""
    key_results: list[PlainJson] = []
    for one in objects(remembered.before, "progress_metrics"):
        items = [_with_state(item, tick) for item in objects(one, "items")]
        key_results.append({**one, "items": items} if one["key"] == tick.checklist else one)
    return replace(remembered, before={**remembered.before, "progress_metrics": key_results})


def _with_state(item: dict[str, PlainJson], tick: Tick) -> PlainJson:
    return {**item, "state": tick.state.value} if item["id"] == tick.item else item


def _states(goal: Goal) -> Mapping[tuple[str, str], ItemState]:
    return {
        (key_result.key, item.id): item.state
        for key_result in goal.progress_metrics
        for item in key_result.items
    }
