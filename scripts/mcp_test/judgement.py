"""What must be true of the tools and of their answers, whoever asks."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
import json
import re
from typing import Final

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.llm import MOST_BYTES, TOOLS
from scripts.demo.client import Json

MOST_DESCRIBED: Final = 4096
NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
# A sentence, not a key or a class.
WORDS: Final = re.compile(r"\w+ \w+ \w+")


def own(tools: Iterable[Json]) -> list[Json]:
    """Return the tools that are this integration's, under whatever prefix."""
    return [tool for tool in tools if f"{DOMAIN}__" in tool["name"]]


def described_bytes(tools: Iterable[Json]) -> int:
    """Return how many bytes of JSON a client gets of this integration's tools."""
    return sum(
        len(json.dumps(tool, ensure_ascii=False, separators=(",", ":")).encode())
        for tool in own(tools)
    )


def problems_of_tools(tools: Sequence[Json]) -> Iterator[str]:
    """Name what is wrong with the tools that are listed."""
    listed = Counter(tool["name"] for tool in own(tools))
    wanted = Counter(f"{DOMAIN}__{spec.name}" for spec in TOOLS)
    if listed != wanted:
        yield f"listed are {dict(listed)} instead of one of each {sorted(wanted)}"
    writes = {f"{DOMAIN}__{spec.name}": spec.writes for spec in TOOLS}
    for tool in own(tools):
        name = tool["name"]
        if not tool.get("title") or not tool.get("description"):
            yield f"{name} has no title or no description"
        annotations = {
            "readOnlyHint": not writes.get(name),
            "destructiveHint": False,
            "idempotentHint": not writes.get(name),
            "openWorldHint": False,
        }
        if tool.get("annotations") != annotations:
            yield f"{name} has the annotations {tool.get('annotations')}"
        if any("description" not in field for field in tool["inputSchema"]["properties"].values()):
            yield f"{name} has a field without a description"
    if (size := described_bytes(tools)) > MOST_DESCRIBED:
        yield f"the tools are described in {size} bytes, more than {MOST_DESCRIBED}"


def problems_of_answer(text: str) -> Iterator[str]:
    """Name what is wrong with an answer, whatever it says."""
    if (size := len(text.encode())) > MOST_BYTES:
        yield f"the answer has {size} bytes, more than {MOST_BYTES}"


def problems_of_privacy(data: Mapping[str, object], secrets: Iterable[float]) -> Iterator[str]:
    """Name the values in an answer that its reader may not know."""
    said = {float(number) for number in NUMBER.findall(str(data))}
    if told := said & set(secrets):
        yield f"the answer tells {sorted(told)}"


def problems_of_refusal(data: Mapping[str, object], secrets: Iterable[float]) -> Iterator[str]:
    """Name what is wrong with a refusal: it has words, and none of the values."""
    if [*data] != ["error"] or not WORDS.search(str(data["error"])):
        yield f"a refusal is no sentence: {data}"
    yield from problems_of_privacy(data, secrets)
