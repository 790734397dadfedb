"""What all the tests before have left in the log."""

import re

from scripts.demo.client import Client
from scripts.demo.server import Server

SERIOUS = re.compile(r"^\S+ \S+ (WARNING|ERROR|CRITICAL) .*digital_twin", re.MULTILINE)
# What Home Assistant says about every custom integration.
CUSTOM = "has not been tested by Home Assistant"


async def test_the_log_is_clean(server: Server, client: Client) -> None:
    logged = await client.command("system_log/list")
    assert [line for line in logged if "digital_twin" in f"{line['name']}{line['message']}"] == []
    output = (server.folder / "output.log").read_text(encoding="utf-8").splitlines()
    assert [line for line in output if SERIOUS.match(line) and CUSTOM not in line] == []
