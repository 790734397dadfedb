"""The writers of the kill test: each changes something of its own, again and again.

The n-th write of a writer has effects that follow from n alone. So what may be found after a kill
is known: the effects of the last acknowledged write, or of the one that was under way, in every
place that it changes.
"""

from abc import ABC, abstractmethod
import asyncio

from scripts.demo.client import CallError, Client, ConnectionLostError, Json

MODULUS = 100


class Writer(ABC):
    """One kind of write; `acknowledged` and `pending` are numbers of writes."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.acknowledged = 0
        self.pending: int | None = None
        self.refused: list[str] = []

    @property
    def name(self) -> str:
        """The name of the writer in the report."""
        return type(self).__name__

    async def prepare(self) -> None:  # noqa: B027 - most writers need nothing of their own
        """Create what is written to."""

    @abstractmethod
    async def write(self, number: int) -> None:
        """Make the write of a number, and return when it is acknowledged."""

    @abstractmethod
    async def found(self) -> object:
        """Read all places that the writes change."""

    @abstractmethod
    def expected(self, number: int) -> object:
        """Return what `found` returns after the write of a number."""

    async def keep_writing(self) -> int:
        """Write until the connection is lost; return how many writes were acknowledged."""
        count = 0
        while True:
            self.pending = number = self.acknowledged + 1
            try:
                await self.write(number)
            except ConnectionLostError:
                return count
            except CallError as error:
                self.refused.append(f"{self.name} was refused write {number}: {error}")
                return count
            self.acknowledged, self.pending = number, None
            count += 1

    def allowed(self) -> dict[int, object]:
        """Return what may be found, by the number of the last write that it holds."""
        numbers = {self.acknowledged, self.pending or self.acknowledged}
        return {number: self.expected(number) for number in sorted(numbers)}

    async def check(self) -> list[str]:
        """Compare, and go on from what was found."""
        problems, self.refused = self.refused, []
        found, allowed = await self.found(), self.allowed()
        kept = [number for number, expected in allowed.items() if expected == found]
        if not kept:
            choices = " or ".join(str(expected) for expected in allowed.values())
            problems.append(f"{self.name}: found {found}, expected {choices}")
        self.acknowledged, self.pending = max(kept or allowed), None
        return problems

    async def twin(self, twin: str) -> Json:
        """Return the document of a twin."""
        return await self.client.action("digital_twin.get_twin", response=True, twin=twin)

    async def create_goal(self, code: str, **fields: object) -> str:
        """Create a goal and return its id."""
        goal = await self.act("create_goal", goal_code=code, **({"name": code} | fields))
        return str(goal["goal_id"])

    async def act(self, action: str, **data: object) -> Json:
        """Perform an action of the integration and return its response."""
        return await self.client.action(f"digital_twin.{action}", response=True, **data)

    async def entity(self, goal_id: str, domain: str) -> str:
        """Return the entity of a domain that a goal has; wait until it is there."""
        while True:
            devices: list[Json] = await self.client.command("config/device_registry/list")
            ids = {one["id"] for one in devices if ["digital_twin", goal_id] in one["identifiers"]}
            entities: list[Json] = await self.client.command("config/entity_registry/list")
            for entity in entities:
                entity_id = str(entity["entity_id"])
                if entity["device_id"] in ids and entity_id.startswith(f"{domain}."):
                    return entity_id
            await asyncio.sleep(0.2)
