"""The writers that change people and homes."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import override

from scripts.demo.client import Client

from .writers import MODULUS, Writer


class PersonWriter(Writer):
    """A writer that changes a person."""

    def __init__(self, client: Client, person: str) -> None:
        super().__init__(client)
        self.person = person

    async def values(self, *metrics: str) -> list[float | None]:
        """Return the present values of metrics."""
        readings = (await self.twin(self.person))["health_metrics"]
        return [readings[metric]["value"] if metric in readings else None for metric in metrics]

    async def sum_of_days(self, metric: str) -> float:
        """Return the sum of a daily total over all days: a midnight must not matter."""
        history = await self.act("get_health_history", person=self.person, metric=metric)
        return float(sum(day["value"] for day in history["days"]))


class Levels(PersonWriter):
    """Two levels in one action."""

    @override
    async def write(self, number: int) -> None:
        metrics = dict.fromkeys(("heart_rate", "weight"), _level(number))
        await self.act("update_health_metrics", person=self.person, metrics=metrics)

    @override
    async def found(self) -> object:
        return await self.values("heart_rate", "weight")

    @override
    def expected(self, number: int) -> object:
        return [_level(number)] * 2 if number else [None, None]


class Amounts(PersonWriter):
    """Amounts of one, each measured at a time of its own."""

    metric = "steps"

    @override
    async def prepare(self) -> None:
        self._begin = datetime.now(UTC) - timedelta(hours=1)

    @override
    async def write(self, number: int) -> None:
        measured_at = (self._begin + timedelta(milliseconds=number)).isoformat()
        await self.act(
            "update_health_metrics",
            person=self.person,
            metrics={self.metric: 1},
            measured_at=measured_at,
        )

    @override
    async def found(self) -> object:
        return await self.sum_of_days(self.metric)

    @override
    def expected(self, number: int) -> object:
        return float(number)


class EqualAmounts(Amounts):
    """Two equal amounts at once, without a time of their own: both count."""

    metric = "hydration"

    @override
    async def prepare(self) -> None:
        self._checked = 0
        self._sum = 0.0

    @override
    async def write(self, number: int) -> None:
        amount = self.act("update_health_metrics", person=self.person, metrics={self.metric: 1})
        same = self.act("update_health_metrics", person=self.person, metrics={self.metric: 1})
        for answer in await asyncio.gather(amount, same, return_exceptions=True):
            if isinstance(answer, BaseException):
                raise answer

    @override
    async def check(self) -> list[str]:
        """Compare what was added since the last check: of a pair under way any part may count."""
        problems, self.refused = self.refused, []
        total = await self.sum_of_days(self.metric)
        found, least = total - self._sum, 2 * (self.acknowledged - self._checked)
        most = least + 2 if self.pending else least
        if not least <= found <= most:
            problems.append(f"{self.name}: {found:.0f} of {least} equal amounts")
        self._sum, self._checked, self.pending = total, self.acknowledged, None
        return problems


class LinkedReading(PersonWriter):
    """A reading that moves two goals: one transaction over a person, a history and two goals."""

    @override
    async def prepare(self) -> None:
        key_result = {
            "name": "Fat",
            "kind": "reach",
            "baseline": 74,
            "target": 1,
            "source": {"metric": "body_fat"},
        }
        self._goals = [
            await self.create_goal(
                f"L{number}", owner_person_id=self.person, progress_metrics=[key_result]
            )
            for number in (1, 2)
        ]

    @override
    async def write(self, number: int) -> None:
        metrics = {"body_fat": _share(number)}
        await self.act("update_health_metrics", person=self.person, metrics=metrics)

    @override
    async def found(self) -> object:
        goals = [await self.twin(goal) for goal in self._goals]
        history = await self.act("get_health_history", person=self.person, metric="body_fat")
        days = history["days"]
        return [
            *await self.values("body_fat"),
            *(goal["progress_metrics"][0].get("current") for goal in goals),
            days[-1]["value"] if days else None,
        ]

    @override
    def expected(self, number: int) -> object:
        return [_share(number)] * 4 if number else [None] * 4


class Import(PersonWriter):
    """A file with two metrics."""

    def __init__(self, client: Client, person: str, folder: Path) -> None:
        super().__init__(client, person)
        self._file = folder / "import.csv"

    @override
    async def write(self, number: int) -> None:
        now, value = datetime.now(UTC).isoformat(), _level(number)
        lines = ["metric,value,measured_at"]
        lines += [f"{metric},{value},{now}" for metric in ("muscle_mass", "height")]
        self._file.write_text("\n".join(lines), encoding="utf-8")
        await self.act("import_health_metrics", person=self.person, path=str(self._file))

    @override
    async def found(self) -> object:
        return await self.values("muscle_mass", "height")

    @override
    def expected(self, number: int) -> object:
        return [_level(number)] * 2 if number else [None, None]


class UpdatePerson(PersonWriter):
    """Two fields of a person."""

    @override
    async def write(self, number: int) -> None:
        await self.act(
            "update_person",
            person=self.person,
            contact_email=f"n{number}@example.com",
            preferences={"number": number},
        )

    @override
    async def found(self) -> object:
        person = await self.twin(self.person)
        return [person["contact_email"], person["preferences"].get("number")]

    @override
    def expected(self, number: int) -> object:
        return [f"n{number}@example.com", number] if number else [None, None]


class UpdateHome(Writer):
    """Two parts of the address of a home."""

    def __init__(self, client: Client, home: str) -> None:
        super().__init__(client)
        self._home = home

    @override
    async def write(self, number: int) -> None:
        address = {"street": f"Street {number}", "city": f"City {number}"}
        await self.act("update_home", home=self._home, address=address)

    @override
    async def found(self) -> object:
        address = (await self.twin(self._home))["address"] or {}
        return [address.get("street"), address.get("city")]

    @override
    def expected(self, number: int) -> object:
        return [f"Street {number}", f"City {number}"] if number else [None, None]


class SetMaintenance(Writer):
    """The end of the maintenance of a device."""

    def __init__(self, client: Client, home: str, device: str) -> None:
        super().__init__(client)
        self._home, self._device = home, device
        self._begin = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)

    @override
    async def write(self, number: int) -> None:
        until = self._begin + timedelta(seconds=number)
        await self.act("set_maintenance", device=self._device, until=until.isoformat())

    @override
    async def found(self) -> object:
        return _paused(await self.twin(self._home))

    @override
    def expected(self, number: int) -> object:
        until = self._begin + timedelta(seconds=number)
        return [until.timestamp()] if number else []


def _level(number: int) -> float:
    return 50.0 + number % MODULUS


def _share(number: int) -> float:
    return 10.0 + number % 50


def _paused(part: object) -> list[float]:
    """Find all ends of maintenance in a document, in seconds since 1970."""
    found = []
    if isinstance(part, dict):
        if until := part.get("paused_until"):
            found.append(datetime.fromisoformat(until).timestamp())
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            found += _paused(each)
    return found
