"""Calls the REST API of a real Home Assistant with requests made from its own description.

The twins of a small household are there at the beginning; requests create, change and delete
others. Any answer outside of the description, and any error in the log, is a failure.
Started by scripts/schemathesis.
"""

import argparse
import asyncio
from pathlib import Path
import re
import sys
import tempfile
from typing import IO

from scripts.demo.client import Client
from scripts.demo.server import SMALL_CONFIGURATION, Server, free_port, logged_errors, prepare

PHASES = "examples,coverage,fuzzing,stateful"
# Wrong tokens are failed logins: Home Assistant tells the user about each of them, and may ban the
# address.
EXCLUDED = "ignored_auth"
CASES = re.compile(r"([\d,]+) generated")
ENOUGH = 10_000
EXAMPLES, QUICK_EXAMPLES = 400, 10
LOGGED = 60


async def _furnish(client: Client) -> None:
    await client.connect()
    await client.wait_until_running()
    await client.configure(
        "digital_twin", {"name": "Lipowa 7", "residents": ["person.anna", "person.jan"]}
    )
    query = {"expression": "persons[0].person_id"}
    anna = (await client.rest("POST", "digital_twin/query", query))["result"]
    run = {"name": "Run", "goal_code": "G01", "owner_person_id": anna, "target_date": "2030-06-30"}
    await client.rest("POST", "digital_twin/goals", run)
    await client.rest("POST", "digital_twin/goals", {"name": "Read", "dependencies": ["G01"]})
    reading = {"metric": "weight", "value": 71.5, "source": "scale"}
    await client.rest("POST", f"digital_twin/persons/{anna}/readings", reading)


async def _run(schemathesis: str, url: str, token: str, options: argparse.Namespace) -> str:
    """Run Schemathesis with its output in the terminal; return the output."""
    process = await asyncio.create_subprocess_exec(
        schemathesis,
        "--config-file",
        str(Path(__file__).parent / "schemathesis.toml"),
        "run",
        f"{url}/api/digital_twin/openapi.json",
        "--header",
        f"Authorization: Bearer {token}",
        "--checks",
        "all",
        "--exclude-checks",
        EXCLUDED,
        "--phases",
        PHASES,
        "--max-examples",
        str(QUICK_EXAMPLES if options.quick else EXAMPLES),
        "--seed",
        str(options.seed),
        "--continue-on-failure",
        "--generation-database",
        "none",
        *options.more,
        # It keeps what it needs to repeat a failure in the folder where it runs.
        cwd=options.folder,
        stdout=asyncio.subprocess.PIPE,
    )
    lines = []
    assert process.stdout is not None  # noqa: S101  # it is a pipe
    async for line in process.stdout:
        lines.append(line.decode(errors="replace"))
        print(lines[-1], end="", flush=True)
    if await process.wait():
        raise SystemExit("schemathesis: it found something")
    return "".join(lines)


async def _test(folder: Path, output: IO[bytes], options: argparse.Namespace) -> None:
    server = Server(folder, free_port(), output)
    await server.start()
    client = await Client.onboard(server, "Anna", "anna", "anna")
    try:
        await _furnish(client)
        said = await _run(options.schemathesis, server.url, client.tokens["access_token"], options)
    finally:
        await client.close()
        await server.stop()
    found = CASES.search(said)
    cases = int(found[1].replace(",", "")) if found else 0
    if cases < ENOUGH and not options.quick:
        raise SystemExit(f"schemathesis: {cases} requests are fewer than {ENOUGH}")


def main() -> None:
    """Run the test; a failure ends the process with a message and the log of Home Assistant."""
    parser = argparse.ArgumentParser(prog="scripts/schemathesis")
    parser.add_argument("schemathesis", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    options, options_more = parser.parse_known_args()
    options.more = options_more
    with tempfile.TemporaryDirectory(prefix="digital-twin-api-test-") as name:
        options.folder = folder = Path(name)
        prepare(folder, SMALL_CONFIGURATION.format(name="API test", allowed="[]"))
        log = folder / "output.log"
        try:
            with log.open("wb") as output:
                asyncio.run(_test(folder, output, options))
        finally:
            errors = logged_errors(log)
            print(*errors[:LOGGED], sep="\n", file=sys.stderr)
        if errors:
            raise SystemExit("schemathesis: Home Assistant logged errors")


if __name__ == "__main__":
    main()
