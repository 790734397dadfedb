"""The writers that change goals."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, override

from scripts.demo.client import CallError, Client, ConnectionLostError, Json

from .writers import MODULUS, Writer

# Steps of a checklist; when all are done, the next writes undo them.
STEPS = 20
STATUSES = ("planning", "active", "on_hold")


class GoalWriter(Writer):
    """A writer that changes a goal of its own."""

    code = ""
    key_result: ClassVar[Json | None] = None

    @override
    async def prepare(self) -> None:
        fields = {"progress_metrics": [self.key_result]} if self.key_result else {}
        self.goal = await self.create_goal(self.code, **fields)

    async def parts(self) -> Json:
        """Return the first key result of the goal."""
        found: Json = (await self.twin(self.goal))["progress_metrics"][0]
        return found


class ProgressValue(GoalWriter):
    """The value of a key result, set by the action."""

    code = "V"
    key_result: ClassVar[Json | None] = {
        "name": "Value",
        "baseline": -1,
        "target": 1_000_000,
        "current": 0,
    }

    @override
    async def write(self, number: int) -> None:
        await self.act("update_goal_progress", goal=self.goal, key_result="Value", value=number)

    @override
    async def found(self) -> object:
        return (await self.parts())["current"]

    @override
    def expected(self, number: int) -> object:
        return float(number)


class ProgressIncrement(ProgressValue):
    """The value of a key result, incremented by the action."""

    code = "I"

    @override
    async def write(self, number: int) -> None:
        await self.act("update_goal_progress", goal=self.goal, key_result="Value", increment=1)


class ProgressItem(GoalWriter):
    """Items of a checklist, set by the action."""

    code = "C"
    key_result: ClassVar[Json | None] = {
        "name": "Steps",
        "kind": "checklist",
        "items": [{"name": f"Step {number}", "state": "todo"} for number in range(STEPS)],
    }

    @override
    async def write(self, number: int) -> None:
        await self.act(
            "update_goal_progress",
            goal=self.goal,
            key_result="Steps",
            item=f"Step {(number - 1) % STEPS}",
            state=_state_written(number),
        )

    @override
    async def found(self) -> object:
        return [item["state"] for item in (await self.parts())["items"]]

    @override
    def expected(self, number: int) -> object:
        if number == 0:
            return ["todo"] * STEPS
        written = (number - 1) % STEPS + 1
        now = _state_written(number)
        before = "todo" if now == "done" else "done"
        return [now] * written + [before] * (STEPS - written)


class TodoTick(ProgressItem):
    """Items of a checklist, ticked in the to-do list."""

    code = "T"

    @override
    async def prepare(self) -> None:
        await super().prepare()
        self._list = await self.entity(self.goal, "todo")

    @override
    async def write(self, number: int) -> None:
        status = "completed" if _state_written(number) == "done" else "needs_action"
        await self.client.action(
            "todo.update_item",
            entity_id=self._list,
            item=f"Step {(number - 1) % STEPS}",
            status=status,
        )


class SelectAndNumber(GoalWriter):
    """The status of a goal by its select entity, then a value by its number entity."""

    code = "S"
    key_result: ClassVar[Json | None] = {
        "name": "Amount",
        "baseline": -1,
        "target": 1_000_000,
        "current": 0,
    }

    @override
    async def prepare(self) -> None:
        await super().prepare()
        self._select = await self.entity(self.goal, "select")
        self._number = await self.entity(self.goal, "number")

    @override
    async def write(self, number: int) -> None:
        half, is_number = divmod(number, 2)
        if is_number:
            await self.client.action("number.set_value", entity_id=self._number, value=half + 1)
        else:
            option = STATUSES[half % len(STATUSES)]
            await self.client.action("select.select_option", entity_id=self._select, option=option)

    @override
    async def found(self) -> object:
        goal = await self.twin(self.goal)
        return [goal["status"].casefold().replace(" ", "_"), goal["progress_metrics"][0]["current"]]

    @override
    def expected(self, number: int) -> object:
        return [STATUSES[number // 2 % len(STATUSES)], float((number + 1) // 2)]


class UpdateGoal(GoalWriter):
    """Two fields of a goal."""

    code = "U"

    @override
    async def write(self, number: int) -> None:
        day = _day(number)
        await self.act("update_goal", goal=self.goal, description=f"{number}", target_date=day)

    @override
    async def found(self) -> object:
        goal = await self.twin(self.goal)
        return [goal["description"], goal["target_date"]]

    @override
    def expected(self, number: int) -> object:
        return [f"{number}", _day(number)] if number else [None, None]


class Rename(GoalWriter):
    """The title of a subentry, and then a field of its goal.

    Home Assistant acknowledges a title before it saves it. It counts as acknowledged when the goal
    has the name and a later write to the goal was acknowledged.
    """

    code = "R"

    @override
    async def prepare(self) -> None:
        await super().prepare()
        entry = (await self.client.command("config_entries/get", domain="digital_twin"))[0]
        self._entry, self._subentry_id = entry["entry_id"], ""
        while (subentry := await self._subentry()) is None:
            await asyncio.sleep(0.2)
        self._subentry_id = subentry["subentry_id"]

    @override
    async def write(self, number: int) -> None:
        await self.client.command(
            "config_entries/subentries/update",
            entry_id=self._entry,
            subentry_id=self._subentry_id,
            title=f"R {number}",
        )
        while (await self.twin(self.goal))["name"] != f"R {number}":
            await asyncio.sleep(0.02)
        await self.act("update_goal", goal=self.goal, description=f"{number}")

    @override
    async def found(self) -> object:
        goal, subentry = await self.twin(self.goal), await self._subentry()
        return [goal["name"], subentry and subentry["title"]]

    @override
    def expected(self, number: int) -> object:
        return [f"R {number}"] * 2 if number else ["R", "R"]

    async def _subentry(self) -> Json | None:
        subentries: list[Json] = await self.client.command(
            "config_entries/subentries/list", entry_id=self._entry
        )
        found = (
            one
            for one in subentries
            if self._subentry_id in ("", one["subentry_id"])
            and one["title"].split()[0] == self.code
        )
        return next(found, None)


class CreateGoal(Writer):
    """New goals."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._checked = 0

    @override
    async def write(self, number: int) -> None:
        await self.create_goal(f"N{number}", description=f"{number}")

    @override
    async def found(self) -> object:
        last = self.pending or self.acknowledged
        numbers = range(self._checked + 1, last + 1)
        return await asyncio.gather(*(self._description(f"N{number}") for number in numbers))

    @override
    def expected(self, number: int) -> object:
        last = self.pending or self.acknowledged
        return [
            f"{each}" if each <= number else None for each in range(self._checked + 1, last + 1)
        ]

    @override
    async def check(self) -> list[str]:
        problems = await super().check()
        # So that the number of goals does not grow with the rounds.
        created = range(self._checked + 1, self.acknowledged + 1)
        await asyncio.gather(*(self.act("delete_goal", goal=f"N{number}") for number in created))
        self._checked = self.acknowledged
        return problems

    async def _description(self, goal: str) -> str | None:
        try:
            found: str = (await self.twin(goal))["description"]
        except ConnectionLostError:
            raise
        except CallError:
            return None
        return found


class DeleteAndRestore(Writer):
    """Deletes a goal that another depends on, and restores it: the reference goes and returns."""

    @override
    async def prepare(self) -> None:
        self._goal = await self.create_goal("D1")
        self._dependent = await self.create_goal("D2", dependencies=[self._goal])

    @override
    async def write(self, number: int) -> None:
        if number % 2:
            await self.act("delete_goal", goal=self._goal, force=True)
        else:
            await self.act("restore_twin", twin=self._goal)

    @override
    async def found(self) -> object:
        references: list[str] = (await self.twin(self._dependent))["dependencies"]
        try:
            await self.twin(self._goal)
        except ConnectionLostError:
            raise
        except CallError:
            return [False, references]
        return [True, references]

    @override
    def expected(self, number: int) -> object:
        return [False, []] if number % 2 else [True, [self._goal]]


class SyncGoals(Writer):
    """A goal of the goals folder, whose file changes before each sync."""

    def __init__(self, client: Client, folder: Path) -> None:
        super().__init__(client)
        self._file = folder / "F_Folder.md"

    @override
    async def write(self, number: int) -> None:
        head = ["---", "type: goal", "---", ""]
        lines = [*head, f"# F01: Folder {number}", "", f"Text {number}", ""]
        self._file.write_text("\n".join(lines), encoding="utf-8")
        await self.act("sync_goals")

    @override
    async def found(self) -> object:
        try:
            goal = await self.twin("F01")
        except ConnectionLostError:
            raise
        except CallError:
            return None
        return [goal["name"], goal["description"]]

    @override
    def expected(self, number: int) -> object:
        return [f"Folder {number}", f"Text {number}"] if number else None


def _day(number: int) -> str:
    return (datetime(2030, 1, 1, tzinfo=UTC) + timedelta(days=number % MODULUS)).date().isoformat()


def _state_written(number: int) -> str:
    """Return the state that a write gives its item: done in the first pass, to do in the next."""
    return "todo" if (number - 1) // STEPS % 2 else "done"
