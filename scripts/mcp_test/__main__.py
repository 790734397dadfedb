"""Lists and calls the tools for language models as a real MCP client does.

A real Home Assistant with a small household serves them through its own integration
`mcp_server`; the client library of MCP connects as four users. Started by scripts/mcp.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
import sys
import tempfile
import time
from typing import IO, Final
from zoneinfo import ZoneInfo

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.llm import TOOLS
from scripts.demo.client import Client, Json
from scripts.demo.furnish import HERE
from scripts.demo.server import INTEGRATION, Server, free_port, logged_errors, prepare

from .assistant import SSE, Answer, Assistant, connected
from .household import HOME, SLEEP, SLEEP_BEFORE, WEIGHT, configuration, furnish, zone_with_noon
from .judgement import (
    described_bytes,
    problems_of_answer,
    problems_of_privacy,
    problems_of_refusal,
    problems_of_tools,
)
from .questions import differences, questions

PASSWORD: Final = "mcp"  # noqa: S105 - of an installation that lives for a minute
# Administrators choose this one for their clients; it serves what the integration is set to.
EVERYTHING: Final = "/api/mcp"
# Open to every user.
ASSIST: Final = "/api/mcp/assist"
# Robin is an administrator and no resident, the guest may only read.
USERS: Final = ("robin", "anna", "jan", "guest")
NEW_WEIGHT: Final = 70.9
IMPOSSIBLE: Final = 4321.0
SECRETS: Final = (WEIGHT, NEW_WEIGHT, SLEEP, SLEEP_BEFORE, 6.67, 7.5, IMPOSSIBLE)
WRITTEN: Final = (
    "{weight: persons[?name=='Anna'] | [0].metrics.weight.value,"
    " progress: goals[?goal_code=='G03'] | [0].progress,"
    " revisions: [persons[].revision, goals[].revision]}"
)
LOGGED: Final = 60

# What of her weight is sent to be refused is none of the values that must not be told.
OTHER_WEIGHT: Final = "65.5"
NEXT_STEP: Final = {"en": "Next step: Norwegian.", "pl": "Następny krok: Norwegian."}

type Call = tuple[str, dict[str, str]]

# Who is answered, besides Anna, and what of the answer must be there. Only an administrator is
# told values of somebody else.
ANSWERED: Final[tuple[tuple[str, Call, dict[str, object]], ...]] = (
    ("robin", ("get_person", {"person": "anna"}), {"metrics.weight.value": WEIGHT}),
    ("jan", ("get_person", {}), {"name": "Jan", "goals.0.code": "G09"}),
    ("jan", ("get_overview", {}), {"people.0.name": "Jan", "people.1": None}),
    ("guest", ("get_home", {}), {"homes.0.status": "Alert"}),
    ("guest", ("get_overview", {}), {"homes.0.name": HOME}),
    ("guest", ("get_goals", {"goal": "G05"}), {"progress": "30%"}),
    ("guest", ("get_changes", {}), {"error": None}),
)
# Who is refused what, and why.
REFUSED: Final[tuple[tuple[str, Call, str], ...]] = (
    ("guest", ("get_person", {"person": "Anna"}), "health of somebody else"),
    ("jan", ("get_person", {"person": "Anna", "metric": "weight"}), "a metric of somebody else"),
    ("jan", ("get_briefing", {"person": "Anna"}), "the briefing of somebody else"),
    ("jan", ("get_changes", {"person": "Anna"}), "what changed of somebody else"),
    ("guest", ("get_person", {}), "without a name nobody is meant"),
    ("robin", ("get_person", {}), "without a name nobody is meant"),
    (
        "guest",
        (
            "record_health_metric",
            {"person": "Anna", "metric": "weight", "value": OTHER_WEIGHT},
        ),
        "a value for somebody else",
    ),
    (
        "jan",
        ("update_goal_progress", {"goal": "G03", "key_result": "words", "value": "999"}),
        "a goal of somebody else",
    ),
    ("anna", ("update_goal_progress", {"goal": "G05", "value": "999"}), "a goal of the household"),
    (
        "anna",
        ("record_health_metric", {"metric": "weight", "value": f"{IMPOSSIBLE:.0f}"}),
        "a value that cannot be",
    ),
    ("anna", ("get_goals", {"target": "G03"}), "an argument that does not exist"),
)


class Report:
    """Counts and prints what was looked at."""

    def __init__(self) -> None:
        self.problems = 0
        self.looked_at = 0
        self.longest = 0

    def add(self, what: str, problems: Iterable[str]) -> None:
        """Print one line, and one for each problem."""
        found = list(problems)
        self.looked_at += 1
        self.problems += len(found)
        print(f"{'FAILED' if found else 'ok':6}  {what}", flush=True)
        for problem in found:
            print(f"          {problem}", flush=True)

    def add_answer(
        self,
        what: str,
        answer: Answer,
        expected: Mapping[str, object],
        problems: Iterable[str] = (),
    ) -> None:
        """Look at an answer, and at the parts that must be in it, beside problems found before."""
        self.longest = max(self.longest, len(answer.text.encode()))
        found = [*problems, *problems_of_answer(answer.text)]
        if answer.is_error:
            found.append(f"refused: {answer.data}")
        self.add(what, [*found, *differences(answer.data, expected)])


class Test:
    """The connections of all users to one Home Assistant."""

    def __init__(self, server: Server, admin: Client, assistants: Mapping[str, Assistant]) -> None:
        self._url = server.url
        self._admin = admin
        self._assistants = assistants
        self._called: set[str] = set()
        self.report = Report()

    async def run(self, today: datetime, token: str) -> None:
        """Look at everything; `token` is an administrator's."""
        await self._list("Streamable HTTP, an ordinary user", self._assistants["anna"])
        for name, path in (("Streamable HTTP", EVERYTHING), ("SSE", SSE)):
            async with connected(self._url, path, token) as assistant:
                await self._list(f"{name} with all that is offered, an administrator", assistant)
        for question in questions(today.date()):
            answer = await self._call("anna", question.tool, question.arguments)
            self.report.add_answer(question.text, answer, question.expected)
        for language, sentence in NEXT_STEP.items():
            arguments = {"person": "Anna", "language": language}
            answer = await self._call("anna", "get_briefing", arguments)
            said = sentence in str(answer.data)
            problems = [] if said else [f"{sentence!r} is not in {answer.data}"]
            self.report.add_answer(f"What matters today? ({language})", answer, {}, problems)
        for who, (tool, arguments), expected in ANSWERED:
            answer = await self._call(who, tool, arguments)
            hidden = () if who == "robin" else SECRETS
            problems = [*problems_of_privacy(answer.data, hidden)]
            self.report.add_answer(f"{who} calls {tool}", answer, expected, problems)
        await self._writes()
        await self._refusals()
        never = {spec.name for spec in TOOLS} - self._called
        self.report.add("every tool has answered", [f"not {name}" for name in never])

    async def _call(self, who: str, tool: str, arguments: Mapping[str, object]) -> Answer:
        answer = await self._assistants[who].call(f"{DOMAIN}__{tool}", arguments)
        if not answer.is_error:
            self._called.add(tool)
        return answer

    async def _list(self, what: str, assistant: Assistant) -> None:
        tools = await assistant.tools()
        size = described_bytes(tools)
        self.report.add(f"{what}: tools in {size:,} bytes", problems_of_tools(tools))

    async def _writes(self) -> None:
        """Write as Anna, and look for it by REST, too."""
        arguments = {"metric": "weight", "value": str(NEW_WEIGHT)}
        answer = await self._call("anna", "record_health_metric", arguments)
        expected = {"recorded": True, "now.value": NEW_WEIGHT}
        self.report.add_answer("I weigh 70.9", answer, expected)
        arguments = {"goal": "norwegian", "item": "book the exam"}
        answer = await self._call("anna", "update_goal_progress", arguments)
        self.report.add_answer("I have booked the exam", answer, {"progress": "35%"})
        written = await self._written()
        expected = {"weight": NEW_WEIGHT, "progress": 35}
        self.report.add("both writes are there by REST, too", differences(written, expected))

    async def _refusals(self) -> None:
        before = await self._written()
        for who, (tool, arguments), what in REFUSED:
            answer = await self._call(who, tool, arguments)
            problems = [f"answered: {answer.data}"]
            if answer.is_error:
                problems = [*problems_of_refusal(answer.data, SECRETS)]
            self.report.add(f"{who} is refused {tool}: {what}", problems)
        after = await self._written()
        self.report.add("a refused write changes nothing", [] if before == after else [str(after)])

    async def _written(self) -> Json:
        """Return what tools may have written, as an administrator sees it by REST."""
        found: Json = await self._admin.rest("POST", f"{DOMAIN}/query", {"expression": WRITTEN})
        written: Json = found["result"]
        return written


@asynccontextmanager
async def served(folder: Path, output: IO[bytes]) -> AsyncIterator[tuple[Server, Client]]:
    """Serve a Home Assistant until the end of the block, with its administrator."""
    server = Server(folder, free_port(), output)
    await server.start()
    try:
        async with await Client.onboard(server, "Robin", "robin", PASSWORD) as client:
            await client.wait_until_running()
            yield server, client
    finally:
        await server.stop()


async def _token(client: Client) -> str:
    """Make a token as people make one for an MCP client: on the page of their profile."""
    made: str = await client.command(
        "auth/long_lived_access_token", client_name="Assistant", lifespan=1
    )
    return made


async def _test(folder: Path, output: IO[bytes], now: datetime) -> Report:
    async with AsyncExitStack() as stack:
        server, robin = await stack.enter_async_context(served(folder, output))
        await furnish(robin, now, PASSWORD)
        await robin.configure("mcp_server", {})
        tokens = {"robin": await _token(robin)}
        for name in USERS[1:]:
            async with await Client.log_in(server, name, PASSWORD) as client:
                tokens[name] = await _token(client)
        assistants = {
            name: await stack.enter_async_context(connected(server.url, ASSIST, token))
            for name, token in tokens.items()
        }
        test = Test(server, robin, assistants)
        await test.run(now, tokens["robin"])
        return test.report


def main() -> int:
    """Run the test, print what was looked at, and return whether something failed."""
    began = time.monotonic()
    zone = zone_with_noon(datetime.now(UTC))
    with tempfile.TemporaryDirectory(prefix="digital-twin-mcp-") as name:
        folder = Path(name)
        components = (INTEGRATION, HERE / "custom_components" / "demo_home")
        prepare(folder, configuration(zone), components)
        log = folder / "output.log"
        try:
            with log.open("wb") as output:
                report = asyncio.run(_test(folder, output, datetime.now(ZoneInfo(zone))))
        finally:
            errors = logged_errors(log)
            print(*errors[:LOGGED], sep="\n", end="\n" if errors else "", file=sys.stderr)
    report.add("Home Assistant has logged no error", errors[:1])
    print(
        f"{report.looked_at} looked at, {report.problems} failed;"
        f" the longest answer has {report.longest:,} bytes; {time.monotonic() - began:.0f} s"
    )
    return bool(report.problems)


if __name__ == "__main__":
    sys.exit(main())
