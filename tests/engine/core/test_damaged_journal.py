"""Whatever happens to a segment of the journal costs only what is damaged."""

from datetime import datetime
from pathlib import Path
import random
from typing import Any, Final

from homeassistant.core import HomeAssistant
import pytest

from custom_components.digital_twin.engine.core import journal as journal_module
from custom_components.digital_twin.engine.core.feed import ChangeFeed
from custom_components.digital_twin.engine.core.journal import Header, Journal, Line
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.twin.goals.goal import GOAL

GOALS: Final = 20
PLACES: Final = 50
NOW: Final = "2026-03-01T00:00:00+00:00"
ANNA: Final = "11111111-1111-4111-8111-111111111111"

type Segments = dict[Path, bytes]


def restore(segments: Segments) -> None:
    for path in [*min(segments).parent.iterdir()]:
        path.unlink()
    for path, data in segments.items():
        path.write_bytes(data)


def codes_at(data: bytes, start: int, end: int) -> set[str]:
    """Return the codes of the goals whose lines a range of a segment touches."""
    first = data.rfind(b"\n", 0, start) + 1
    last = data.find(b"\n", max(end - 1, start))
    # Without the newline after it, the next line is part of this one.
    last = data.find(b"\n", last + 1) if start <= last < end else last
    touched = data[first : last + 1 if last >= 0 else len(data)]
    return {code for code in map("G{:02}".format, range(GOALS)) if code.encode() in touched}


async def load(hass: HomeAssistant) -> TwinRegistry:
    registry = TwinRegistry(hass, ChangeFeed())
    await registry.async_load()
    return registry


def codes(registry: TwinRegistry) -> set[str]:
    return {goal.goal_code for goal in registry.goals.values()}


@pytest.fixture
async def segments(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> Segments:
    """Keep goals in several segments, one in each line, and in no storage file."""
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 4000)
    registry = await load(hass)
    for number in range(GOALS):
        await registry.async_create(GOAL, {"goal_code": f"G{number:02}", "name": "Goal"})
    files = {
        path: path.read_bytes()
        for path in sorted(Path(hass.config.path(".storage", "digital_twin")).iterdir())  # noqa: ASYNC240  # a test
    }
    assert len(files) > 2
    return files


@pytest.mark.parametrize("cut", [True, False], ids=["truncated", "corrupted"])
async def test_a_damaged_segment_costs_only_the_damaged_lines(
    hass: HomeAssistant, hass_storage: dict[str, Any], segments: Segments, cut: bool
) -> None:
    rng = random.Random(1)  # noqa: S311  # chosen at random, not secret
    everything = {f"G{number:02}" for number in range(GOALS)}
    for _ in range(PLACES):
        hass_storage.clear()
        restore(segments)
        path = rng.choice([*segments])
        whole = segments[path]
        start = rng.randrange(len(whole))
        if cut:
            path.write_bytes(whole[:start])
            lost = codes_at(whole, start, len(whole))
        else:
            end = min(start + rng.choice((1, 1, 5, 50)), len(whole))
            path.write_bytes(whole[:start] + rng.randbytes(end - start) + whole[end:])
            lost = codes_at(whole, start, end)
        registry = await load(hass)
        found = codes(registry)
        assert everything - lost <= found <= everything
        is_told = registry.damaged_changes or registry.damaged("goal")
        # A line without its newline looks like one that was being written.
        ends_early = not path.read_bytes().endswith(b"\n")
        assert ends_early or len(registry.goals) == GOALS or is_told
        # What changes now is safe all the same.
        added = await registry.async_create(GOAL, {"goal_code": "NEW", "name": "New"})
        again = await load(hass)
        assert codes(again) == {*found, added.goal_code}


@pytest.mark.parametrize(
    "strange",
    [
        {"files": {"goals": "x"}, "bases": {}, "previous": [0, 0]},
        {"files": {}, "bases": {"goals": [1]}, "previous": [0, 0]},
        {"files": {}, "bases": {"goals": 1}, "previous": [0, 0]},
        {"files": {}, "bases": {}, "previous": [0]},
        [],
    ],
)
async def test_a_header_that_is_none_does_not_end_the_search(
    hass: HomeAssistant, segments: Segments, strange: object
) -> None:
    newest = max(segments)
    header = journal_module._encoded({"journal": 1, "strange": strange})
    if isinstance(strange, dict):
        header = journal_module._encoded({"journal": 1, **strange})
    newest.write_bytes(header + segments[newest].split(b"\n", 1)[1])
    assert len((await load(hass)).goals) == GOALS


async def test_the_end_of_a_segment_that_is_inside_a_line_does_not_count(
    hass: HomeAssistant, segments: Segments
) -> None:
    newest, before = max(segments), sorted(segments)[-2]
    size = len(segments[before])
    newest.write_bytes(segments[newest].replace(b",%d]" % size, b",%d]" % (size - 50), 1))
    assert len((await load(hass)).goals) == GOALS


@pytest.mark.parametrize(
    "operation",
    [
        7,
        {},
        {"kind": "robot", "id": "x"},
        {"kind": [], "id": "x"},
        {"op": "put", "kind": "goal", "id": "x", "delta": [{"p": 7}]},
        {"op": "put", "kind": "goal", "id": "x", "delta": [{"p": []}]},
        {"op": "put", "kind": "goal", "id": "x", "delta": [{"p": ["a", 1], "b": [], "a": []}]},
        {"op": "delete", "kind": "goal", "id": "x"},
        {"op": "day", "kind": None, "id": ANNA, "metric": "weight", "day": 1, "delta": 5},
        {"op": "day", "id": ANNA, "metric": "weight", "day": 1, "delta": [{"p": [], "a": [1]}]},
        {"op": "day", "id": ANNA},
    ],
    ids=str,
)
async def test_an_operation_that_fits_nothing_is_counted_and_left_out(
    hass: HomeAssistant, segments: Segments, operation: object
) -> None:
    newest = max(segments)
    line = {"seq": 999, "at": NOW, "operations": [operation]}
    newest.write_bytes(segments[newest] + journal_module._encoded(line))
    registry = await load(hass)
    assert (len(registry.goals), registry.damaged_changes) == (GOALS, 1)
    assert registry.seq == 999


def _line(seq: int, who: str) -> Line:
    return {"seq": seq, "at": NOW, "operations": [{"id": who}]}


def test_forgetting_people_keeps_what_is_older_than_a_header_that_cannot_be_read(
    tmp_path: Path,
) -> None:
    for seq in (1, 2):
        journal = Journal(tmp_path)
        journal.read_since(lambda _header: False)
        journal.append([_line(seq, "goal"), _line(seq + 10, ANNA)], Header())
    newest = max(tmp_path.iterdir())
    newest.write_bytes(b"rubbish\n" + newest.read_bytes().split(b"\n", 1)[1])
    Journal(tmp_path).rewrite(
        [ANNA], lambda line: None if line["operations"][0]["id"] == ANNA else line
    )
    read = Journal(tmp_path).read_since(lambda _header: False)
    assert [line["seq"] for segment in read for line in segment.lines] == [1, 2]


def test_a_header_that_cannot_be_read_does_not_keep_old_segments_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 1)
    monkeypatch.setattr(journal_module, "KEPT_BYTES", 1)
    journal = Journal(tmp_path)
    for seq in range(1, 5):
        journal.append([_line(seq, "goal")], Header(files={"goals": seq - 1}))
    second = sorted(tmp_path.iterdir())[1]
    second.write_bytes(b"rubbish\n" + second.read_bytes().split(b"\n", 1)[1])
    journal.prune(datetime.fromisoformat(NOW), {"goals": 1})
    assert len(list(tmp_path.iterdir())) == 4
    journal.prune(datetime.fromisoformat(NOW), {"goals": 4})
    assert len(list(tmp_path.iterdir())) == 1
