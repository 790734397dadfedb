"""Whatever stands in one file: the importer never raises, never hangs, and loses no other goal."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.digital_twin.engine.folder.file_document import RememberedGoal
from custom_components.digital_twin.engine.folder.reading import FolderReader
from custom_components.digital_twin.engine.folder.reconcile import SyncInput, reconcile
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.goals.goal import GOAL, Goal
from custom_components.digital_twin.twin.records.fields import Context
from custom_components.digital_twin.twin.records.revisions import change, create
from scripts.benchmark.files import HOSTILE

from ...twin.samples import context
from .conftest import Folder

SAMPLE = Path(__file__).parents[2] / "fixtures" / "goals-vault" / "10_GOALS"
TEXTS = [path.read_bytes() for path in sorted(SAMPLE.rglob("*.md"))]
FINE = "---\ntitle: 'G90: Fine'\ntype: goal\nstatus: active\n---\n## Roadmap\n- [ ] a\n- [x] b\n"
PIECES = [
    b"---\n", b'"', b"'", b"\t", b"[ ] ", b"- [x] ", b"- [/] a (Mar 3)\n", b"## Q1\n",
    b"| Metric | Target |\n|-|-|\n| a | > 5 |\n", b"> ", b"```\n", b"<!--", b"\x00", b"\xff", b"\r",
    b"[[", b"](", b"**", b"&#x0;", b"\xe2\x80\xa8", b": ", b"!!python/object:x ", b"&a *a ", b"{{",
    b"## Dependencies\n- G02 G99 S06\n", b"status: Active\n", b"start_date: 2026-13-99\n", b"\\",
    b"# G01: x\n",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Cut, repeat and spoil a file of the sample."""
    raw = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(raw)))
        until = draw(st.integers(at, min(len(raw), at + 60)))
        match draw(st.sampled_from(["cut", "insert", "repeat", "bytes"])):
            case "cut":
                raw = raw[:at] + raw[until:]
            case "insert":
                raw = raw[:at] + draw(st.sampled_from(PIECES)) + raw[at:]
            case "repeat":
                raw = raw[:until] + raw[at:until] * draw(st.integers(1, 5)) + raw[until:]
            case _:
                raw = raw[:at] + draw(st.binary(max_size=4)) + raw[at:]
    return raw


@contextmanager
def only(key: str) -> Iterator[None]:
    """Let no other refusal pass."""
    try:
        yield
    except TwinError as error:
        if error.key != key:
            pytest.fail(str(error))
        raise


def sync(
    folder: Path, goals: dict[str, Goal], memory: dict[str, RememberedGoal], now: Context
) -> tuple[dict[str, Goal], dict[str, RememberedGoal]]:
    """Do what a sync does, without Home Assistant; a refused goal is left as it was."""
    intents = reconcile(
        FolderReader().read(folder), SyncInput(goals=goals, persons={}, memory=memory, context=now)
    )
    after, told = dict(goals), dict(memory)
    for intent in intents.goals:
        # Two dates may have come from different places; all else was judged by the reading.
        with suppress(TwinError), only("dates_reversed"):
            if intent.record is None:
                after[intent.goal_id] = create(GOAL, intent.patch, now, intent.goal_id)
            else:
                after[intent.goal_id] = change(GOAL, intent.record, intent.patch, now)
        read = intent.read
        told[intent.goal_id] = RememberedGoal(read.source, read.doc_id, intent.after)
    return after, told


@settings(max_examples=400, deadline=2000, suppress_health_check=list(HealthCheck))
@given(mutated(), mutated(), st.sampled_from(["README.md", "Roadmap.md", "Metrics.md"]))
def test_a_spoiled_file_costs_no_other_goal(
    folder: Folder, raw: bytes, later: bytes, file: str
) -> None:
    now = context()
    folder.write("G90_Fine/README.md", FINE)
    folder.write("G01_Spoiled/README.md", "# G01: Spoiled\n- [ ] a")
    folder.write(f"G01_Spoiled/{file}", raw)
    folder.write("G02.md", raw)
    goals, memory = sync(folder.path, {}, {}, now)
    names = {goal.goal_code: goal.name for goal in goals.values()}
    assert names["G90"] == "Fine"
    # Nothing changed: nothing to do.
    again, _memory = sync(folder.path, goals, memory, now)
    assert again == goals
    # What comes later is spoiled too.
    folder.write(f"G01_Spoiled/{file}", later)
    after, _memory = sync(folder.path, goals, memory, now)
    assert after.keys() >= goals.keys()


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
def test_what_is_meant_to_hang_the_reading_does_not(folder: Folder, text: str) -> None:
    folder.write("G01.md", f"# G01: x\n{text}" if not text.startswith("---") else text)
    assert sync(folder.path, {}, {}, context())
