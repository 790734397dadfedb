"""The requests of docs/api.md get the answers that stand below them."""

import json
from pathlib import Path
import re
from typing import Any, Final

from tests.common import ANNA

from .conftest import API, Api

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "api.md"
BLOCK: Final = re.compile(r"```(http|json|markdown)\n(.*?)\n```", re.DOTALL)
BLOCKS: Final = BLOCK.findall(DOCUMENT.read_text(encoding="utf-8"))


def _request(text: str) -> tuple[str, str, dict[str, Any]]:
    """Return method, path and the rest of a request as it stands in the document."""
    head, _, body = text.partition("\n\n")
    line, *headers = head.splitlines()
    method, path = line.split()
    request: dict[str, Any] = {"headers": dict(each.split(": ") for each in headers)}
    return method, path.removeprefix(API), request | ({"data": body} if body else {})


async def test_each_request_gets_the_answer_that_stands_below_it(api: Api) -> None:
    milestones = [{"name": "Half way", "date": "2026-04-01"}]
    await api.ok("PATCH", "/goals/G01", json={"milestones": milestones})
    compared = requests = 0
    for number, (kind, text) in enumerate(BLOCKS):
        if kind != "http":
            continue
        requests += 1
        method, path, request = _request(text)
        answer = await api.call("admin", method, path, **request)
        expected_kind, expected = (*BLOCKS[number + 1 :], ("http", ""))[0]
        if expected_kind == "json":
            assert await answer.json() == json.loads(expected)
            compared += 1
        elif expected_kind == "markdown":
            assert (await answer.text()).splitlines() == expected.splitlines()
            compared += 1
        else:
            assert answer.ok
    assert (requests, compared) == (10, 6)
    assert (await api.ok("GET", "/goals/G01"))["status"] == "On Hold"
    assert (await api.ok("GET", f"/persons/{ANNA}"))["health_metrics"]["weight"]["value"] == 71.4
