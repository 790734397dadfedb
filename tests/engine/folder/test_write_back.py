"""Ticking an item changes one byte of one file, and only of the file that was read."""

from collections.abc import Callable
import os
from pathlib import Path
import stat
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.folder import GoalsFolder
from custom_components.digital_twin.engine.folder.checklists import CheckboxPlace, write_checkbox
from custom_components.digital_twin.engine.folder.files import Source, digest_of, read
from custom_components.digital_twin.engine.folder.goals import ReadGoal, read_goal
from custom_components.digital_twin.engine.folder.reading import scan
from custom_components.digital_twin.twin.enums import ItemState
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.goals.goal import GOAL, Goal

from .conftest import Folder, async_open, by_code, goal_file

FILE = "G01_Run/README.md"
TEXT = (
    goal_file("G01: Run", "## Purpose\nWhy [ ] not\n## Roadmap\n- [ ] Shoes \u2705\n  * [/] Route")
    .replace("\n", "\r\n")
    .encode()
)
STATES = {" ": ItemState.TODO, "/": ItemState.DOING, "x": ItemState.DONE, "X": ItemState.DONE}


def differences(before: bytes, after: bytes) -> list[tuple[int, bytes, bytes]]:
    assert len(before) == len(after)
    return [
        (at, before[at : at + 1], after[at : at + 1])
        for at in range(len(before))
        if before[at] != after[at]
    ]


@pytest.fixture
async def synced(hass: HomeAssistant, registry: TwinRegistry, folder: Folder) -> GoalsFolder:
    folder.write(FILE, TEXT)
    synced = await async_open(hass, registry, folder.path, write_back=True)
    await synced.async_sync()
    return synced


@pytest.fixture
def goal(synced: GoalsFolder, registry: TwinRegistry) -> Goal:
    return by_code(registry)["G01"]


def states(goal: Goal) -> list[str]:
    return [item.state.value for item in goal.progress_metrics[0].items]


def tick(item: str, state: str = "done") -> dict[str, object]:
    return {"key_result": "roadmap", "item": item, "state": state}


async def test_ticking_starting_and_unticking_change_one_byte_each(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, goal: Goal
) -> None:
    at = TEXT.index(b"[ ] Shoes") + 1
    before = TEXT
    for state, old, new in (("done", b" ", b"x"), ("doing", b"x", b"/"), ("todo", b"/", b" ")):
        after = await synced.async_update_progress(goal.goal_id, tick("Shoes", state))
        raw = (folder.path / FILE).read_bytes()
        assert differences(before, raw) == [(at, old, new)]
        assert states(after) == [state, "doing"]
        before = raw


async def test_what_was_ticked_is_no_news_to_the_next_sync(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, registry: TwinRegistry, goal: Goal
) -> None:
    after = await synced.async_update_progress(goal.goal_id, tick("Route"))
    assert (await synced.async_sync()).updated == ()
    again = await async_open(hass, registry, folder.path)
    assert (await again.async_sync()).updated == ()
    assert registry.goals[goal.goal_id] is after
    folder.replace(FILE, "[x] Route", "[ ] Route")
    assert (await again.async_sync()).updated == ("G01",)
    assert states(registry.goals[goal.goal_id]) == ["todo", "todo"]


async def test_without_write_back_no_file_is_touched(
    folder: Folder, synced: GoalsFolder, goal: Goal
) -> None:
    synced.async_configure(str(folder.path), write_back=False)
    assert states(await synced.async_update_progress(goal.goal_id, tick("Shoes"))) == [
        "done",
        "doing",
    ]
    assert (folder.path / FILE).read_bytes() == TEXT


async def test_what_no_file_has_is_ticked_all_the_same(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, goal: Goal
) -> None:
    metrics: Any = GOAL.fields["progress_metrics"].render(goal.progress_metrics)
    metrics[0]["items"].append("Mine")
    metrics.append({"name": "Distance", "kind": "accumulate", "target": 100})
    await registry.async_update(GOAL, goal.goal_id, {"progress_metrics": metrics})
    after = await synced.async_update_progress(goal.goal_id, tick("Mine"))
    assert states(after) == ["todo", "doing", "done"]
    update = {"key_result": "Distance", "increment": 5}
    assert (await synced.async_update_progress(goal.goal_id, update)).progress_metrics[
        1
    ].current == 5
    assert (folder.path / FILE).read_bytes() == TEXT


async def test_a_file_that_changed_is_read_afresh_and_not_touched(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, goal: Goal
) -> None:
    folder.replace(FILE, "Why", "Because")
    changed = (folder.path / FILE).read_bytes()
    with pytest.raises(TwinError) as caught:
        await synced.async_update_progress(goal.goal_id, tick("Shoes"))
    assert (caught.value.key, caught.value.placeholders) == (
        "file_changed",
        {"field": "item", "file": FILE},
    )
    assert (folder.path / FILE).read_bytes() == changed
    assert "Because" in (registry.goals[goal.goal_id].description or "")
    after = await synced.async_update_progress(goal.goal_id, tick("Shoes"))
    assert states(after) == ["done", "doing"]


async def test_a_file_that_may_not_be_written_is_an_error(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, goal: Goal
) -> None:
    with (
        patch("os.open", side_effect=PermissionError(13, "Permission denied")),
        pytest.raises(TwinError) as caught,
    ):
        await synced.async_update_progress(goal.goal_id, tick("Shoes"))
    assert caught.value.key == "file_not_writable"
    assert caught.value.placeholders["reason"] == "Permission denied"
    assert registry.goals[goal.goal_id] is goal


async def test_the_file_keeps_who_it_is_and_who_may_read_it(
    folder: Folder, synced: GoalsFolder, goal: Goal
) -> None:
    path = folder.path / FILE
    path.chmod(0o640)
    os.link(path, folder.path / "copy.txt")
    before = path.stat()
    # The change of permissions alone makes it no other file.
    await synced.async_update_progress(goal.goal_id, tick("Shoes"))
    after = path.stat()
    assert stat.S_IMODE(after.st_mode) == 0o640
    assert (after.st_ino, after.st_uid, after.st_nlink) == (before.st_ino, before.st_uid, 2)
    assert b"[x] Shoes" in (folder.path / "copy.txt").read_bytes()


async def test_a_tick_right_after_a_restart_is_written(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, registry: TwinRegistry, goal: Goal
) -> None:
    again = await async_open(hass, registry, folder.path, write_back=True)
    after = await again.async_update_progress(goal.goal_id, tick("Shoes"))
    assert states(after) == ["done", "doing"]
    assert folder.text(FILE).count("[x]") == 1


async def test_a_tick_whose_folder_cannot_be_read_yet_is_refused(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, registry: TwinRegistry, goal: Goal
) -> None:
    again = await async_open(hass, registry, folder.path, write_back=True)
    away = folder.path.rename(folder.path.with_name("away"))
    with pytest.raises(TwinError) as caught:
        await again.async_update_progress(goal.goal_id, tick("Shoes"))
    assert caught.value.key == "folder_not_found"
    assert registry.goals[goal.goal_id] is goal
    away.rename(folder.path)
    await again.async_update_progress(goal.goal_id, tick("Shoes"))
    assert folder.text(FILE).count("[x]") == 1


async def test_a_folder_that_is_slow_holds_up_only_what_is_written_into_it(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, goal: Goal
) -> None:
    metrics: Any = GOAL.fields["progress_metrics"].render(goal.progress_metrics)
    metrics.append({"name": "Distance", "kind": "accumulate", "target": 100})
    await registry.async_update(GOAL, goal.goal_id, {"progress_metrics": metrics})
    mine = {"goal_code": "MINE", "name": "Mine", "progress_metrics": metrics[:1]}
    other = await registry.async_create(GOAL, mine)
    async with synced._lock:
        update = {"key_result": "Distance", "increment": 5}
        after = await synced.async_update_progress(goal.goal_id, update)
        assert after.progress_metrics[1].current == 5
        assert states(await synced.async_update_progress(other.goal_id, tick("Shoes")))[0] == "done"
        synced.async_configure(str(folder.path), write_back=False)
        assert states(await synced.async_update_progress(goal.goal_id, tick("Shoes")))[0] == "done"


async def test_two_ticks_at_once_are_both_written(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, goal: Goal
) -> None:
    tasks = [
        hass.async_create_task(synced.async_update_progress(goal.goal_id, tick(item)))
        for item in ("Shoes", "Route")
    ]
    await tasks[0]
    assert states(await tasks[1]) == ["done", "done"]
    assert folder.text(FILE).count("[x]") == 2


# The file itself, without Home Assistant.


def place_of(folder: Path, file: str) -> tuple[ReadGoal, list[CheckboxPlace]]:
    sources = scan(folder).sources
    source = next(source for source in sources if file in source.files)
    goal = read_goal(Source(source.name, source.files), [read(folder, file)])
    assert goal is not None
    return goal, [item.place for item in goal.items["roadmap"]]


def become_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(path.read_bytes() + b" "),
        lambda path: path.write_bytes(path.read_bytes().replace(b"[ ]", b"[x]")),
        lambda path: path.write_bytes(b""),
        become_a_pipe,
    ],
)
def test_no_other_file_is_written(folder: Folder, spoil: Callable[[Path], object]) -> None:
    path = folder.write("G01.md", "# G01: x\n- [ ] a\n")
    goal, places = place_of(folder.path, "G01.md")
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(TwinError) as caught:
        write_checkbox(folder.path, places[0], goal.digests["G01.md"], ItemState.DONE)
    assert caught.value.key in ("file_changed", "file_not_writable")
    assert before is None or path.read_bytes() == before


def test_a_file_that_became_a_link_out_of_the_folder_is_not_followed(
    folder: Folder, tmp_path: Path
) -> None:
    raw = b"# G01: x\n- [ ] a\n"
    outside = tmp_path / "outside.md"
    outside.write_bytes(raw)
    (folder.path / "G01.md").symlink_to(outside)
    with pytest.raises(TwinError) as caught:
        write_checkbox(folder.path, CheckboxPlace("G01.md", 2, 12), digest_of(raw), ItemState.DONE)
    assert caught.value.key == "file_changed"
    assert outside.read_bytes() == raw


@pytest.mark.parametrize(
    ("offset", "key"),
    [
        (None, "checkbox_not_writable"),
        (0, "file_changed"),
        (3, "file_changed"),
        (10_000, "file_changed"),
    ],
)
def test_a_place_without_brackets_is_not_written(
    folder: Folder, offset: int | None, key: str
) -> None:
    raw = b"# G01: x\n- [ ] a\n"
    path = folder.write("G01.md", raw)
    with pytest.raises(TwinError) as caught:
        write_checkbox(
            folder.path, CheckboxPlace("G01.md", 2, offset), digest_of(raw), ItemState.DONE
        )
    assert caught.value.key == key
    assert path.read_bytes() == raw


def test_a_file_that_is_replaced_in_the_same_moment_counts_as_changed(folder: Folder) -> None:
    raw = b"# G01: x\n- [ ] a\n"
    path = folder.write("G01.md", raw)
    saved = folder.write("G01.md.tmp", b"# G01: x\n- [ ] a\n- [ ] b\n")
    with (
        patch("os.fsync", side_effect=lambda _descriptor: saved.rename(path)),
        pytest.raises(TwinError) as caught,
    ):
        write_checkbox(folder.path, CheckboxPlace("G01.md", 2, 12), digest_of(raw), ItemState.DONE)
    assert caught.value.key == "file_changed"
    assert path.read_bytes() == b"# G01: x\n- [ ] a\n- [ ] b\n"


def test_a_mark_that_says_the_same_already_stays(folder: Folder) -> None:
    raw = b"# G01: x\n- [X] a\n"
    path = folder.write("G01.md", raw)
    assert write_checkbox(
        folder.path, CheckboxPlace("G01.md", 2, 12), digest_of(raw), ItemState.DONE
    )
    assert path.read_bytes() == raw


WORDS = st.text("ab\u017c\u2705 []x/#`>|-*\u00a0", max_size=10)
LINES = st.one_of(
    st.builds(
        "{}{} [{}] {}".format,
        st.sampled_from(["", "  ", "\t", "> ", "    "]),
        st.sampled_from(["-", "*", "+", "1.", "22)"]),
        st.sampled_from(list(" /xX-?")),
        WORDS,
    ),
    WORDS,
    st.sampled_from(["", "```", "## Roadmap", "## Q1", "---", "| a | b |", "|-|-|"]),
)


@settings(max_examples=1500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(LINES, max_size=12),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.sampled_from(ItemState),
    st.booleans(),
)
def test_of_any_file_exactly_one_byte_changes(
    folder: Folder, lines: list[str], end: str, bom: bool, state: ItemState, touched: bool
) -> None:
    text = end.join(["# G01: x", "", *lines, "- [ ] last"])
    raw = (b"\xef\xbb\xbf" if bom else b"") + text.encode()
    path = folder.write("G01.md", raw)
    goal, places = place_of(folder.path, "G01.md")
    if touched:
        raw += b"\n"
        path.write_bytes(raw)
    for number, place in enumerate(places):
        item = goal.items["roadmap"][number]
        if touched or place.offset is None:
            with pytest.raises(TwinError, match=r"file_changed|checkbox_not_writable"):
                write_checkbox(folder.path, place, goal.digests["G01.md"], state)
            assert path.read_bytes() == raw
            continue
        write_checkbox(folder.path, place, goal.digests["G01.md"], state)
        after = path.read_bytes()
        changed = differences(raw, after)
        assert len(changed) == (item.state is not state)
        again, _places = place_of(folder.path, "G01.md")
        found = again.items["roadmap"]
        assert [each.name for each in found] == [each.name for each in goal.items["roadmap"]]
        assert found[number].state is state
        assert all(
            new.state is old.state
            for at, (new, old) in enumerate(zip(found, goal.items["roadmap"], strict=True))
            if at != number
        )
        path.write_bytes(raw)
