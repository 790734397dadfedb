"""Applies the intents of a sync to the registry, in few saves."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ...twin.errors import TwinError
from ...twin.goals.goal import GOAL, Goal
from ...twin.goals.references import components
from ...twin.records.revisions import change
from ...twin.values import PlainJson
from ..core.feed import BY_FOLDER
from ..core.registry import TwinRegistry
from .file_document import GoalDocument, RememberedGoal
from .files import FolderFault, refused
from .reconcile import Intent, with_record

# Goals that are changed without a pause for the event loop.
AT_ONCE: Final = 200


class Applier:
    """Applies the intents of one sync; values that a record refuses become faults."""

    def __init__(self, registry: TwinRegistry) -> None:
        self._registry = registry
        self.created: list[str] = []
        self.updated: set[str] = set()
        self.faults: list[FolderFault] = []
        self.remembered: dict[str, RememberedGoal] = {}
        self._together: dict[str, tuple[str, ...]] = {}

    async def async_apply(self, intents: Iterable[Intent]) -> None:
        """Create goals, then change goals; a dependency that closes a cycle is such a change."""
        wanted = tuple(intents)
        new = {intent.goal_id: intent for intent in wanted if intent.record is None}
        # Dependencies are created before their dependents.
        self._together = {
            key: component for component in components(_edges(new)) for key in component
        }
        in_order = [new[key] for key in self._together]
        created = await _async_each(in_order, self._async_create)
        waiting = [intent for intent in (*wanted, *created) if intent and intent.record]
        # G02 -> G03 must come before G01 -> G02: repeat until no code becomes free.
        while waiting:
            left = [one for one in await _async_each(waiting, self._async_change) if one]
            if len(left) == len(waiting) and not await self._async_rotate_codes(left):
                await _async_each(left, self._async_change_without_code)
                return
            waiting = left

    async def _async_create(self, intent: Intent) -> Intent | None:
        """Create a goal; return the intent to add the dependencies that are not there yet."""
        dependencies = _dependencies(intent)
        # The pace follows from the dependencies, so they are created with the goal. A part of a
        # cycle is left out whole: it would give the goal a pace that changes a moment later.
        together, known = self._together[intent.goal_id], self._registry.goals
        present = [key for key in dependencies if key in known and key not in together]
        document: dict[str, PlainJson] = {**intent.patch, "dependencies": [*present]}
        record: Goal | None = None
        while record is None:
            try:
                record = await self._registry.async_create(
                    GOAL, document, twin_id=intent.goal_id, cause=BY_FOLDER
                )
            except TwinError as error:
                if not self._drop(intent, document, error):
                    self.faults += intent.faults
                    return None
        self.created.append(record.goal_code)
        dropped = intent.patch.keys() - document.keys()
        after = {name: value for name, value in intent.after.items() if name not in dropped}
        wanted: GoalDocument = {} if present == dependencies else {"dependencies": [*dependencies]}
        return replace(intent, record=record, after=after, patch=wanted)

    async def _async_change(self, intent: Intent) -> Intent | None:
        """Change a goal; return the intent if another goal still has its code."""
        return await self._async_patch(intent, wait_for_code=True)

    async def _async_change_without_code(self, intent: Intent) -> Intent | None:
        return await self._async_patch(intent, wait_for_code=False)

    async def _async_rotate_codes(self, waiting: Iterable[Intent]) -> bool:
        """Change the codes of goals that wait for each other's; return whether there were any."""
        goals = self._registry.goals
        context = self._registry.context(stored=True)
        renamed = [
            (goals[goal_id], change(GOAL, goals[goal_id], {"goal_code": code}, context))
            for goal_id, code in _rotations(waiting, goals).items()
        ]
        await self._registry.async_replace_all(GOAL, renamed, cause=BY_FOLDER)
        self.updated |= {after.goal_code for _before, after in renamed}
        return bool(renamed)

    async def _async_patch(self, intent: Intent, *, wait_for_code: bool) -> Intent | None:
        intent = self._present(intent)
        record = intent.record
        if record is None:
            return None
        patch = dict(intent.patch)
        while patch:
            try:
                after = change(GOAL, record, patch, self._registry.context(stored=True))
                await self._registry.async_replace(GOAL, record, after, cause=BY_FOLDER)
            except TwinError as error:
                if wait_for_code and any(fault.field == "goal_code" for fault in error.faults):
                    return intent
                if not self._drop(intent, patch, error):
                    break
            else:
                if after is not record and after.goal_code not in self.created:
                    self.updated.add(after.goal_code)
                break
        self._remember(intent, intent.patch.keys() - patch.keys())
        return None

    def _present(self, intent: Intent) -> Intent:
        """Merge again with a record that was changed since the intent was made."""
        present = self._registry.goals.get(intent.goal_id)
        if present is intent.record:
            return intent
        if present is None:
            return replace(intent, record=None)
        return with_record(intent, present, self._registry.persons)

    def _drop(self, intent: Intent, document: dict[str, PlainJson], error: TwinError) -> bool:
        """Remove the refused fields from a document; return whether there were any."""
        before = len(document)
        for fault in error.faults:
            name = fault.field.partition(".")[0].partition("[")[0]
            self.faults.append(refused(*intent.read.where(name), fault))
            document.pop(name, None)
        return len(document) < before

    def _remember(self, intent: Intent, refused_fields: Iterable[str]) -> None:
        """Note the values of the files, except for refused ones: the next sync tries them again."""
        gone = set(refused_fields)
        after = {name: value for name, value in intent.after.items() if name not in gone}
        after |= {name: intent.before[name] for name in gone if name in intent.before}
        self.remembered[intent.goal_id] = RememberedGoal(
            intent.read.source, intent.read.doc_id, after
        )
        self.faults += (*intent.faults, *intent.conflicts)


def _dependencies(intent: Intent) -> list[str]:
    named = intent.patch.get("dependencies")
    return [str(key) for key in named] if isinstance(named, list) else []


def _edges(new: Mapping[str, Intent]) -> dict[str, list[str]]:
    """Return the dependencies between the new goals."""
    return {
        goal_id: [key for key in _dependencies(intent) if key in new]
        for goal_id, intent in new.items()
    }


def _rotations(waiting: Iterable[Intent], goals: Mapping[str, Goal]) -> dict[str, str]:
    """Return the wanted codes by goal id where each code is held by another of these goals."""
    wanted = {intent.goal_id: str(intent.patch["goal_code"]) for intent in waiting}
    holders = {goal.goal_code.casefold(): goal_id for goal_id, goal in goals.items()}
    while blocked := [
        key for key, code in wanted.items() if holders.get(code.casefold()) not in wanted
    ]:
        for goal_id in blocked:
            del wanted[goal_id]
    return wanted


async def _async_each(
    intents: Sequence[Intent], act: Callable[[Intent], Awaitable[Intent | None]]
) -> list[Intent | None]:
    """Act on all intents concurrently, so that they share saves."""
    tasks: list[asyncio.Task[Intent | None]] = []
    for position, intent in enumerate(intents, 1):
        tasks.append(asyncio.ensure_future(act(intent)))
        if position % AT_ONCE == 0:
            await asyncio.sleep(0)
    return list(await asyncio.gather(*tasks))
