"""The folder and the twins are kept in sync, and nothing that a person wrote is overwritten."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_bytes
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.digital_twin.engine.core.feed import Cause, Topic
from custom_components.digital_twin.engine.core.files import StoreFailedError
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.core.store import KEPT_AFTER_DELETE
from custom_components.digital_twin.engine.folder import (
    GoalsFolder,
    SyncReport,
    async_forget_goals_folder,
    async_preview_folder,
)
from custom_components.digital_twin.engine.folder.folder import INTERVAL, LASTING
from custom_components.digital_twin.twin.enums import GoalStatus
from custom_components.digital_twin.twin.errors import TwinError, refuse
from custom_components.digital_twin.twin.goals.goal import GOAL, Goal
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.records.fields import Kind
from tests.common import no_space

from .conftest import OLA, Folder, async_open, by_code, goal_file

RUN = goal_file(
    "G01: Run", "## Purpose\nWhy\n## Roadmap\n- [ ] Shoes\n- [ ] Route", status="active"
)


def keys(report: SyncReport) -> list[tuple[str, int | None, str]]:
    return [(fault.file, fault.line, fault.key) for fault in report.faults]


def item_states(goal: Goal) -> dict[str, str]:
    return {item.name: item.state.value for item in goal.progress_metrics[0].items}


@pytest.fixture
async def run(folder: Folder, synced: GoalsFolder, registry: TwinRegistry) -> Goal:
    folder.write("G01.md", RUN)
    await synced.async_sync()
    return by_code(registry)["G01"]


async def test_a_goal_comes_goes_on_and_stays(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, run: Goal
) -> None:
    folder.replace("G01.md", "Why", "Because")
    report = await synced.async_sync()
    assert (report.created, report.updated, report.unchanged) == ((), ("G01",), 0)
    after = by_code(registry)["G01"]
    assert (after.goal_id, after.description) == (run.goal_id, "Because")
    (folder.path / "G01.md").unlink()
    report = await synced.async_sync()
    assert (report.missing, report.goals) == (("G01",), 0)
    assert registry.goals[run.goal_id] is after
    folder.write("G01.md", RUN)
    assert (await synced.async_sync()).updated == ("G01",)


async def test_what_a_person_changed_is_not_overwritten(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, registry: TwinRegistry, run: Goal
) -> None:
    await registry.async_update(GOAL, run.goal_id, {"status": "On Hold", "name": "Walk"})
    assert (await synced.async_sync()).updated == ()
    folder.replace("G01.md", "Why", "Because")
    again = await async_open(hass, registry, folder.path)
    assert (await again.async_sync()).updated == ("G01",)
    after = registry.goals[run.goal_id]
    assert (after.status, after.name, after.description) == (GoalStatus.ON_HOLD, "Walk", "Because")


async def test_a_conflict_is_reported_until_one_side_gives_in(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, run: Goal
) -> None:
    await registry.async_update(GOAL, run.goal_id, {"status": "On Hold"})
    folder.replace("G01.md", "active", "completed")
    for _time in range(2):
        report = await synced.async_sync()
        assert keys(report) == [("G01.md", 4, "conflict")]
        assert report.faults[0].placeholders == {
            "field": "status",
            "file_says": "Completed",
            "here": "On Hold",
        }
        assert registry.goals[run.goal_id].status is GoalStatus.ON_HOLD
    await registry.async_update(GOAL, run.goal_id, {"status": "Active"})
    report = await synced.async_sync()
    assert (report.faults, registry.goals[run.goal_id].status) == ((), GoalStatus.COMPLETED)


async def test_conflicts_within_lists_are_named_by_their_lines(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    table = "\n| KPI | Target |\n|-|-|\n| Pulse | 56 |"
    folder.write("G01.md", RUN.replace("---\n## P", "owner: Ola\n---\n## P") + table)
    await synced.async_sync()
    goal = by_code(registry)["G01"]
    jan = await registry.async_create(PERSON, {"name": "Jan"})
    eva = await registry.async_create(PERSON, {"name": "Eva"})
    await registry.async_update_progress(
        goal.goal_id, {"key_result": "roadmap", "item": "Shoes", "state": "doing"}
    )
    metrics = [dict(each) for each in _metrics(registry.goals[goal.goal_id])]
    metrics[1]["target"] = 60
    changes = {"progress_metrics": metrics, "owner_person_id": jan.person_id}
    await registry.async_update(GOAL, goal.goal_id, changes)
    folder.replace("G01.md", "[ ] Shoes", "[x] Shoes")
    folder.replace("G01.md", "| 56 |", "| 55 |")
    folder.replace("G01.md", "Ola", "Eva")
    report = await synced.async_sync()
    assert [
        (*key, fault.placeholders["field"])
        for key, fault in zip(keys(report), report.faults, strict=True)
    ] == [
        ("G01.md", 5, "conflict", "owner_person_id"),
        ("G01.md", 10, "conflict", "progress_metrics.roadmap.items.shoes.state"),
        ("G01.md", 15, "conflict", "progress_metrics.pulse.target"),
    ]
    assert report.faults[0].placeholders["here"] == "Jan"
    assert report.faults[0].placeholders["file_says"] == eva.name


def _metrics(goal: Goal) -> list[Mapping[str, Any]]:
    document: Any = GOAL.fields["progress_metrics"].render(goal.progress_metrics)
    return list(document)


async def test_items_keep_what_a_person_ticked(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, run: Goal
) -> None:
    await synced.async_update_progress(run.goal_id, {"key_result": "roadmap", "item": "Shoes"})
    assert "[ ] Shoes" in folder.text("G01.md")
    folder.replace("G01.md", "[ ] Route", "[/] Route")
    await synced.async_sync()
    assert item_states(registry.goals[run.goal_id]) == {"Shoes": "done", "Route": "doing"}


async def test_a_goal_that_was_made_by_hand_is_taken_over_by_its_code(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    document = {"goal_code": "g01", "name": "Running", "description": "Mine"}
    goal = await registry.async_create(GOAL, document)
    folder.write("G01.md", RUN)
    report = await synced.async_sync()
    assert report.created == ()
    after = registry.goals[goal.goal_id]
    assert (after.goal_code, after.name, after.description) == ("g01", "Running", "Mine")
    assert after.status is GoalStatus.ACTIVE
    assert list(item_states(after)) == ["Shoes", "Route"]
    assert {fault.placeholders["field"] for fault in report.faults} == {
        "goal_code",
        "name",
        "description",
    }


async def test_a_renumbered_goal_keeps_its_id(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, run: Goal
) -> None:
    folder.replace("G01.md", "G01", "G11")
    await synced.async_sync()
    assert {key: goal.goal_code for key, goal in registry.goals.items()} == {run.goal_id: "G11"}


async def test_a_goal_that_is_renumbered_everywhere_at_once_keeps_its_id(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    for code, name in (("G01", "Run"), ("G02", "Read"), ("G03", "Read")):
        file = f"{code}_{name}/README.md"
        folder.write(file, goal_file(f"{code}: {name}", goal_id=f"goal-{code}"))
    await synced.async_sync()
    ids = {code: goal.goal_id for code, goal in by_code(registry).items()}
    for code, name in (("G01", "Run"), ("G02", "Read"), ("G03", "Read")):
        (folder.path / f"{code}_{name}/README.md").unlink()
        new = code.replace("0", "1")
        file = f"{new}_{name}/README.md"
        folder.write(file, goal_file(f"{new}: {name}", goal_id=f"goal-{new}"))
    report = await synced.async_sync()
    # Which of two goals of one name is which, nobody can tell.
    assert (report.updated, report.created) == (("G11",), ("G12", "G13"))
    assert report.missing == ("G02", "G03")
    assert by_code(registry)["G11"].goal_id == ids["G01"]


async def test_a_goal_whose_file_is_still_there_gives_its_place_to_no_other_of_its_name(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, run: Goal
) -> None:
    folder.write("G02.md", goal_file("G02: Run"))
    assert (await synced.async_sync()).created == ("G02",)
    folder.write("G01.md", b"\xff")
    folder.write("G03.md", goal_file("G03: Run"))
    assert (await synced.async_sync()).created == ("G03",)
    assert registry.goals[run.goal_id].goal_code == "G01"


async def test_a_goal_in_another_folder_is_known_by_its_document(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    folder.write("G01.md", goal_file("G01: Run", goal_id="goal-g01"))
    folder.write("G02.md", goal_file("G02: Read", goal_id="goal-x"))
    folder.write("G03.md", goal_file("G03: Sing", goal_id="goal-x"))
    await synced.async_sync()
    ids = {code: goal.goal_id for code, goal in by_code(registry).items()}
    assert len(ids) == 3
    (folder.path / "G01.md").unlink()
    folder.write("G09_Run/README.md", goal_file("G09: Run", goal_id="goal-g01"))
    report = await synced.async_sync()
    assert (report.updated, report.missing) == (("G09",), ())
    assert by_code(registry)["G09"].goal_id == ids["G01"]


async def test_goals_may_move_up_by_one(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    for number in (1, 2, 3):
        folder.write(f"{number}.md", goal_file(f"G0{number}: Goal {number}"))
    await synced.async_sync()
    for number in (1, 2, 3):
        folder.write(f"{number}.md", goal_file(f"G0{number + 1}: Goal {number}"))
    report = await synced.async_sync()
    assert (report.updated, report.faults) == (("G02", "G03", "G04"), ())
    assert {goal.goal_code: goal.name for goal in registry.goals.values()} == {
        "G02": "Goal 1",
        "G03": "Goal 2",
        "G04": "Goal 3",
    }


async def test_goals_swap_their_codes_in_one_sync_and_one_save(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    for number in range(1, 6):
        folder.write(f"{number}.md", goal_file(f"G0{number}: Goal {number}"))
    await synced.async_sync()
    ids = {goal.name: goal.goal_id for goal in registry.goals.values()}
    revisions = {key: goal.revision for key, goal in registry.goals.items()}
    # Two swap, the code of one goes round among three; one of each also changes its name.
    for number, title in enumerate(
        ("G02: Uno", "G01: Goal 2", "G04: Tre", "G05: Goal 4", "G03: Goal 5"), 1
    ):
        folder.write(f"{number}.md", goal_file(title))
    published: list[set[str]] = []
    registry._feed.subscribe(
        Topic("goal", None, "goal_code"), lambda _changes: published.append({*by_code(registry)})
    )
    report = await synced.async_sync()
    assert (report.updated, report.faults) == (("G01", "G02", "G03", "G04", "G05"), ())
    assert {goal.goal_code: goal.name for goal in registry.goals.values()} == {
        "G01": "Goal 2",
        "G02": "Uno",
        "G03": "Goal 5",
        "G04": "Tre",
        "G05": "Goal 4",
    }
    assert by_code(registry)["G01"].goal_id == ids["Goal 2"]
    assert all(seen == {"G01", "G02", "G03", "G04", "G05"} for seen in published)
    renamed = by_code(registry)["G01"]
    assert renamed.revision == revisions[renamed.goal_id] + 1
    assert (await synced.async_sync()).updated == ()


async def test_a_code_that_a_goal_outside_the_folder_has_is_reported(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    folder.write("1.md", goal_file("G01: One"))
    folder.write("2.md", goal_file("G02: Two"))
    await synced.async_sync()
    await registry.async_create(GOAL, {"goal_code": "G09", "name": "Other"})
    folder.write("1.md", goal_file("G09: Uno"))
    folder.write("2.md", goal_file("G01: Due"))
    for _time in range(2):
        report = await synced.async_sync()
        assert [fault.key for fault in report.faults] == ["duplicate", "duplicate"]
        assert {goal.goal_code: goal.name for goal in registry.goals.values()} == {
            "G01": "Uno",
            "G02": "Due",
            "G09": "Other",
        }


async def test_two_goals_with_one_code_are_one_and_a_fault(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    folder.write("a.md", goal_file("G01: One"))
    folder.write("b.md", goal_file("g01: Other"))
    report = await synced.async_sync()
    assert report.created == ("G01",)
    assert keys(report) == [("b.md", None, "duplicate_code")]
    assert report.faults[0].placeholders == {"value": "g01", "other": "a.md"}


async def test_a_copy_of_a_file_does_not_take_its_place(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    """Programs that sync put copies aside whose names come first in the alphabet."""
    folder.write("G01_Run.md", goal_file("G01: Run", "why", goal_id="goal-g01"))
    await synced.async_sync()
    before = by_code(registry)["G01"]
    copy = "G01_Run (conflicted copy).md"
    folder.write(copy, goal_file("G01: Old", "other", goal_id="goal-g01"))
    report = await synced.async_sync()
    assert keys(report) == [(copy, None, "conflict_copy")]
    assert registry.goals == {before.goal_id: before}


async def test_a_copy_of_a_file_within_the_folder_of_a_goal_gives_nothing(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    folder.write("G01_Run/README.md", RUN)
    folder.write("G01_Run/Roadmap.md", "# Roadmap (2026)\n## Q1\n- [ ] Sleep")
    await synced.async_sync()
    before = by_code(registry)["G01"]
    copies = [
        "G01_Run/Log.sync-conflict-20260410-142530-ABCDEFG.md",
        "G01_Run/README (Ola's conflicted copy 2026-04-10).md",
        "G01_Run/Roadmap 2.md",
        "G01_Run/Roadmap.sync-conflict-20260410-142530-ABCDEFG.md",
    ]
    for copy in copies:
        folder.write(copy, "# Roadmap (2026)\n## Q1\n- [x] Sleep\n- [x] Eat")
    report = await synced.async_sync()
    assert keys(report) == [(copy, None, "conflict_copy") for copy in copies]
    assert registry.goals == {before.goal_id: before}


async def test_a_file_with_the_marks_of_a_merge_is_not_read(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    folder.write("G01_Run/README.md", RUN)
    folder.write("G01_Run/Roadmap.md", "# Roadmap (2026)\n## Q1\n- [ ] Sleep")
    await synced.async_sync()
    before = by_code(registry)["G01"]
    merged = "# Roadmap (2026)\n## Q1\n<<<<<<< HEAD\n- [x] Sleep\n=======\n- [ ] Rest\n>>>>>>> a\n"
    folder.write("G01_Run/Roadmap.md", merged)
    report = await synced.async_sync()
    assert keys(report) == [("G01_Run/Roadmap.md", 3, "merge_marks")]
    assert registry.goals == {before.goal_id: before}


async def test_a_name_that_is_not_utf8_does_not_keep_the_folder_from_being_remembered(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    folder.write("G01_Run/README.md", RUN)
    for name in (
        b"G02_\xff.md",
        b"G01_Run/Log \xff.md",
        b"G01_Run/Roadmap\xff.md",
        b"notes\xff.txt",
    ):
        (folder.path / os.fsdecode(name)).write_bytes(RUN.encode())
    broken = os.fsdecode(b"G03_\xff")
    folder.write(f"{broken}/README.md", RUN)
    folder.write(
        "G04.md", '---\ntype: goal\ngoal_id: "\\ud800"\n"\\ud801": a\n---\n# G04: "\\ud802"\n'
    )
    await synced.async_sync()
    again = await async_open(hass, registry, folder.path)
    report = await again.async_sync()
    assert (report.unchanged, report.created, report.updated) == (2, (), ())
    assert sorted(by_code(registry)) == ["G01", "G04"]


async def test_a_deleted_goal_does_not_come_back_by_itself(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, run: Goal
) -> None:
    await registry.async_delete(GOAL, run.goal_id)
    folder.write("G02.md", goal_file("G02: Read", "## Dependencies\n- G01"))
    report = await synced.async_sync()
    assert (report.left_out, report.created, report.faults) == (("G01",), ("G02",), ())
    await registry.async_restore(GOAL, run.goal_id)
    report = await synced.async_sync()
    assert report.left_out == ()
    assert by_code(registry)["G02"].dependencies == (run.goal_id,)


async def test_owners_are_found_by_their_names(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    await registry.async_create(PERSON, {"name": "Jan Nowak"})
    await registry.async_create(PERSON, {"name": "Jan Kowal"})
    owners = {"1": "OLA", "2": "ola  nowak", "3": "Jan", "4": "Eva", "5": "jan nowak"}
    for number, owner in owners.items():
        folder.write(f"G0{number}.md", goal_file(f"G0{number}: x", owner=owner))
    report = await synced.async_sync()
    names = {
        code: registry.persons[goal.owner_person_id].name
        for code, goal in by_code(registry).items()
        if goal.owner_person_id
    }
    assert names == {"G01": "Ola Nowak", "G02": "Ola Nowak", "G05": "Jan Nowak"}
    assert keys(report) == [("G03.md", 4, "ambiguous_owner"), ("G04.md", 4, "unknown_owner")]
    await registry.async_create(PERSON, {"name": "Eva"})
    report = await synced.async_sync()
    assert report.updated == ("G04",)
    assert by_code(registry)["G01"].owner_person_id == OLA


async def test_a_dependency_that_nobody_knows_is_made_once_it_is_there(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    folder.write("G01.md", goal_file("G01: x", "## Dependencies\n- G07, S06, G01"))
    report = await synced.async_sync()
    assert keys(report) == [("G01.md", 6, "unknown_dependency")]
    seven = await registry.async_create(GOAL, {"goal_code": "G07", "name": "Seven"})
    report = await synced.async_sync()
    assert report.faults == ()
    assert by_code(registry)["G01"].dependencies == (seven.goal_id,)


async def test_goals_come_with_what_blocks_them(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    """Else their pace would change right after they came, and events would tell of it."""
    needed = {"G01": "G02", "G02": "G03", "G03": "", "G04": "G05", "G05": "G04, G01"}
    for code, codes in needed.items():
        folder.write(f"{code}.md", goal_file(f"{code}: x", f"## Dependencies\n- {codes}"))
    first: dict[str, tuple[str, ...]] = {}
    create = registry.async_create

    async def creating(
        kind: Kind[Goal], document: Mapping[str, object], *, twin_id: str, cause: Cause
    ) -> Goal:
        made = await create(kind, document, twin_id=twin_id, cause=cause)
        first[made.goal_code] = made.dependencies
        return made

    with patch.object(registry, "async_create", creating):
        await synced.async_sync()
    ids = {code: goal.goal_id for code, goal in by_code(registry).items()}
    assert first == {
        "G01": (ids["G02"],),
        "G02": (ids["G03"],),
        "G03": (),
        "G04": (),
        "G05": (ids["G01"],),
    }
    after = by_code(registry)
    assert after["G04"].dependencies == (ids["G05"],)
    assert set(after["G05"].dependencies) == {ids["G04"], ids["G01"]}
    assert (await synced.async_sync()).updated == ()


async def test_what_the_registry_refuses_costs_only_itself(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, run: Goal
) -> None:
    """The start that a person set lies after the target that the file sets."""
    await registry.async_update(GOAL, run.goal_id, {"start_date": "2026-09-01"})
    folder.write("G01.md", RUN.replace("status", "target_date: 2026-05-01\nstatus") + "- [ ] Sleep")
    for _time in range(2):
        report = await synced.async_sync()
        assert keys(report) == [("G01.md", 4, "dates_reversed")]
        after = registry.goals[run.goal_id]
        assert after.target_date is None
        assert len(item_states(after)) == 3
    await registry.async_update(GOAL, run.goal_id, {"start_date": None})
    assert (await synced.async_sync()).faults == ()
    assert registry.goals[run.goal_id].target_date is not None


async def test_a_goal_that_cannot_be_created_stops_no_other(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    folder.write("a.md", goal_file("G01: One"))
    folder.write("b.md", goal_file("G02: Two"))
    create = registry.async_create

    async def refusing(
        kind: Kind[Goal], document: Mapping[str, object], *, twin_id: str, cause: Cause
    ) -> Goal:
        if document.get("goal_code") == "G01":
            document = {**document, "goal_code": "no code"}
        return await create(kind, document, twin_id=twin_id, cause=cause)

    with patch.object(registry, "async_create", refusing):
        report = await synced.async_sync()
    assert (report.created, report.goals) == (("G02",), 1)
    assert [key for _file, _line, key in keys(report)] == ["invalid_code", "required_field"]


async def test_a_change_that_is_refused_as_a_whole_is_tried_again(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, run: Goal
) -> None:
    folder.replace("G01.md", "Why", "Because")
    error = refuse("stale", "revision", value=1, current=2)
    with patch.object(registry, "async_replace", side_effect=error):
        report = await synced.async_sync()
    assert (report.updated, [fault.key for fault in report.faults]) == ((), ["stale"])
    assert registry.goals[run.goal_id] is run


async def test_a_conflict_about_what_has_no_line_is_one_of_the_file(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    folder.write("G01.md", "# G01: Run (2026)\n## Q1\n- [ ] a")
    await synced.async_sync()
    goal = by_code(registry)["G01"]
    stage = {"key": "2026_q1", "name": "Spring", "date": "2026-03-31", "progress": 100}
    await registry.async_update(GOAL, goal.goal_id, {"milestones": [stage]})
    folder.replace("G01.md", "Q1", "Q1 Winter")
    report = await synced.async_sync()
    assert keys(report) == [("G01.md", None, "conflict")]
    assert report.faults[0].placeholders["field"] == "milestones.2026_q1.name"


async def test_a_goal_that_changes_during_the_sync_is_judged_anew(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, registry: TwinRegistry, run: Goal
) -> None:
    folder.replace("G01.md", "Why", "Because")
    folder.replace("G01.md", "active", "completed")

    def meanwhile(patched: dict[str, object] | None) -> Callable[..., Awaitable[object]]:
        real = synced._hass.async_add_executor_job

        async def job(target: Callable[..., object], *arguments: object) -> object:
            result = await real(target, *arguments)
            if getattr(target, "__name__", "") == "reconcile":
                if patched is None:
                    await registry.async_delete(GOAL, run.goal_id)
                else:
                    await registry.async_update(GOAL, run.goal_id, patched)
            return result

        return job

    with patch.object(hass, "async_add_executor_job", meanwhile({"status": "On Hold"})):
        report = await synced.async_sync()
    after = registry.goals[run.goal_id]
    assert (after.status, after.description) == (GoalStatus.ON_HOLD, "Because")
    assert [fault.key for fault in report.faults] == ["conflict"]
    folder.replace("G01.md", "Because", "Whatever")
    with patch.object(hass, "async_add_executor_job", meanwhile(None)):
        report = await synced.async_sync()
    assert (report.updated, report.goals) == ((), 0)
    assert registry.goals == {}


async def test_a_file_that_is_broken_for_a_while_takes_nothing_away(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    folder.write("G01_Run/README.md", RUN)
    folder.write("G01_Run/Roadmap.md", "# Roadmap (2026)\n## Q1\n- [ ] Sleep")
    await synced.async_sync()
    before = by_code(registry)["G01"]
    folder.write("G01_Run/Roadmap.md", b"\xff")
    report = await synced.async_sync()
    assert (report.updated, keys(report)) == ((), [("G01_Run/Roadmap.md", 1, "not_utf8")])
    folder.write("G01_Run/README.md", "x" * 3_000_000)
    report = await synced.async_sync()
    assert (report.updated, report.missing, len(report.faults)) == ((), (), 2)
    assert by_code(registry)["G01"] is before


async def test_the_folder_must_be_chosen_allowed_and_there(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, tmp_path: Path
) -> None:
    async def refused(path: str | None) -> tuple[str, str]:
        synced.async_configure(path, write_back=False)
        with pytest.raises(TwinError) as caught:
            await synced.async_sync()
        return caught.value.key, caught.value.faults[0].field

    other = tmp_path / "other"
    other.mkdir()
    assert await refused(None) == ("no_goals_folder", "goals_folder")
    assert await refused(str(other)) == ("path_not_allowed", "goals_folder")
    assert await refused(str(folder.path / "x")) == ("folder_not_found", "goals_folder")
    await async_preview_folder(hass, str(folder.path))
    with pytest.raises(TwinError):
        await async_preview_folder(hass, str(other))


async def test_a_folder_that_cannot_be_listed_is_not_found(
    folder: Folder, synced: GoalsFolder
) -> None:
    with (
        patch("custom_components.digital_twin.engine.folder.reading.scan", side_effect=OSError),
        pytest.raises(TwinError) as caught,
    ):
        await synced.async_sync()
    assert caught.value.key == "folder_not_found"


async def test_another_folder_is_read_from_the_beginning(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, registry: TwinRegistry, run: Goal
) -> None:
    folder.write("inner/G02.md", goal_file("G02: Read"))
    hass.config.allowlist_external_dirs = {str(folder.path)}
    synced.async_configure(str(folder.path / "inner"), write_back=False)
    assert synced.report is None
    report = await synced.async_sync()
    assert (report.created, report.missing) == (("G02",), ("G01",))


async def test_a_disk_that_is_full_leaves_everything_to_the_next_sync(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    folder.write("G01.md", RUN)
    with no_space(), pytest.raises(StoreFailedError):
        await synced.async_sync()
    assert registry.goals == {}
    assert (await synced.async_sync()).created == ("G01",)


async def test_what_is_remembered_survives_a_restart_and_is_forgotten_in_the_end(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    folder: Folder,
    registry: TwinRegistry,
    run: Goal,
) -> None:
    stored = hass_storage["digital_twin.vault"]["data"]["goals"]
    assert stored[run.goal_id]["source"] == "G01.md"
    stored["broken"] = {"source": 1}
    again = await async_open(hass, registry, folder.path)
    assert again._memory.goals[run.goal_id].source == "G01.md"
    assert "broken" not in again._memory.goals
    await async_forget_goals_folder(hass)
    assert "digital_twin.vault" not in hass_storage


async def test_a_name_that_is_no_utf8_does_not_keep_the_others_from_being_remembered(
    hass_storage: dict[str, Any], folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    folder.write("G01.md", RUN)
    folder.write(os.fsdecode(b"G02_caf\xe9.md"), goal_file("G02: Read"))
    report = await synced.async_sync()
    assert (report.created, keys(report)) == (("G01",), [("G02_caf?.md", None, "not_utf8")])
    json_bytes(report.document())
    stored = hass_storage["digital_twin.vault"]["data"]["goals"]
    assert [item["source"] for item in stored.values()] == ["G01.md"]


async def test_a_goal_that_is_gone_for_good_is_forgotten_once_its_files_are_gone(
    hass_storage: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    folder: Folder,
    synced: GoalsFolder,
    registry: TwinRegistry,
    run: Goal,
) -> None:
    def remembered() -> dict[str, Any]:
        return dict(hass_storage["digital_twin.vault"]["data"]["goals"])

    folder.write("G02.md", goal_file("G02: Read"))
    await registry.async_delete(GOAL, run.goal_id)
    (folder.path / "G01.md").unlink()
    await synced.async_sync()
    assert run.goal_id in remembered(), "It can still be restored"
    freezer.tick(KEPT_AFTER_DELETE)
    await registry.deletions.async_expire()
    folder.write("G01.md", RUN)
    assert (await synced.async_sync()).left_out == ("G01",)
    assert run.goal_id in remembered(), "Its file would create it again"
    (folder.path / "G02.md").rename(folder.path.parent / "G02.md")
    (folder.path / "G01.md").unlink()
    await synced.async_sync()
    assert run.goal_id in remembered(), "The drive may be away"
    (folder.path.parent / "G02.md").rename(folder.path / "G02.md")
    await synced.async_sync()
    assert [*remembered()] == [by_code(registry)["G02"].goal_id]


async def test_without_a_memory_nothing_is_overwritten(
    hass: HomeAssistant, folder: Folder, registry: TwinRegistry, run: Goal
) -> None:
    await registry.async_update(GOAL, run.goal_id, {"name": "Walk"})
    await async_forget_goals_folder(hass)
    synced = await async_open(hass, registry, folder.path)
    report = await synced.async_sync()
    assert (report.created, report.updated, len(registry.goals)) == ((), (), 1)
    assert [fault.placeholders["field"] for fault in report.faults] == ["name"]
    assert registry.goals[run.goal_id].name == "Walk"


async def test_the_folder_is_looked_at_each_minute(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    folder: Folder,
    synced: GoalsFolder,
    registry: TwinRegistry,
) -> None:
    async def tick() -> None:
        freezer.tick(INTERVAL)
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)

    told: list[SyncReport | None] = []
    end = synced.add_listener(lambda: told.append(synced.report))
    folder.write("G01.md", RUN)
    stop = synced.async_start()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [report.created for report in told if report] == [("G01",)]
    folder.write("G02.md", goal_file("G02: Read"))
    await tick()
    assert set(by_code(registry)) == {"G01", "G02"}
    await tick()
    count = len(told)
    await tick()
    assert len(told) == count
    end()
    stop()
    folder.write("G03.md", goal_file("G03: Sing"))
    await tick()
    assert len(registry.goals) == 2
    assert len(told) == count


async def test_a_folder_that_is_chosen_later_is_read_at_once(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    folder.write("G01.md", RUN)
    synced.async_configure(None, write_back=False)
    stop = synced.async_start()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert synced.report is None
    synced.async_configure(str(folder.path), write_back=False)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(registry.goals) == 1
    stop()


async def test_a_sync_that_is_running_ends_with_the_entry(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    folder.write("G01.md", RUN)
    async with synced._lock:
        stop = synced.async_start()
        await asyncio.sleep(0)
        stop()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert registry.goals == {}


async def test_in_the_background_a_lost_folder_is_a_fault_of_the_report(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, registry: TwinRegistry, run: Goal
) -> None:
    (folder.path / "G01.md").unlink()
    folder.path.rmdir()
    stop = synced.async_start()
    await hass.async_block_till_done(wait_background_tasks=True)
    stop()
    assert synced.report is not None
    assert keys(synced.report) == [(str(folder.path), None, "folder_not_found")]
    assert registry.goals == {run.goal_id: run}


async def test_a_folder_that_comes_back_is_no_fault_any_more(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, registry: TwinRegistry, run: Goal
) -> None:
    """A drive is unmounted for a while: nothing in its files is new afterwards."""

    async def look() -> SyncReport:
        stop = synced.async_start()
        await hass.async_block_till_done(wait_background_tasks=True)
        stop()
        assert synced.report is not None
        return synced.report

    away = folder.path.rename(folder.path.with_name("away"))
    assert [fault.key for fault in (await look()).faults] == ["folder_not_found"]
    away.rename(folder.path)
    report = await look()
    assert (report.faults, report.unchanged, report.missing) == ((), 1, ())
    assert registry.goals == {run.goal_id: run}


async def test_a_mount_point_that_is_empty_takes_no_goal_away(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, run: Goal
) -> None:
    away = folder.path.rename(folder.path.with_name("away"))
    folder.path.mkdir()
    assert (await synced.async_sync()).missing == ("G01",)
    folder.path.rmdir()
    away.rename(folder.path)
    report = await synced.async_sync()
    assert (report.updated, report.missing, report.unchanged) == ((), (), 1)
    assert registry.goals == {run.goal_id: run}


def chosen_during(
    hass: HomeAssistant, synced: GoalsFolder, during: str, folder: str | None
) -> AbstractContextManager[object]:
    """Choose another folder while a sync does something in a worker thread."""
    real = hass.async_add_executor_job

    async def job(target: Callable[..., object], *arguments: object) -> object:
        result = await real(target, *arguments)
        if target.__name__ == during:
            synced.async_configure(folder, write_back=False)
        return result

    return patch.object(hass, "async_add_executor_job", job)


@pytest.mark.parametrize("during", ["_read", "reconcile"])
async def test_another_folder_that_is_chosen_during_a_sync_is_the_one_that_counts(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, registry: TwinRegistry, during: str
) -> None:
    folder.write("old/G01.md", RUN)
    folder.write("new/G02.md", goal_file("G02: Read"))
    synced.async_configure(str(folder.path / "old"), write_back=False)
    with chosen_during(hass, synced, during, str(folder.path / "new")):
        report = await synced.async_sync()
    assert set(by_code(registry)) == ({"G02"} if during == "_read" else {"G01", "G02"})
    assert report.created == ("G02",)
    assert synced.report is report


async def test_a_folder_that_is_given_up_during_a_sync_is_no_fault(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, registry: TwinRegistry
) -> None:
    folder.write("G01.md", RUN)
    with chosen_during(hass, synced, "_read", None):
        stop = synced.async_start()
        await hass.async_block_till_done(wait_background_tasks=True)
    stop()
    assert (synced.report, registry.goals) == (None, {})


async def test_a_folder_is_named_by_its_whole_path(
    hass: HomeAssistant, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.path.parent)
    with pytest.raises(TwinError) as caught:
        await async_preview_folder(hass, folder.path.name)
    assert caught.value.key == "folder_not_found"


async def test_in_the_background_a_full_disk_is_logged(
    hass: HomeAssistant, folder: Folder, synced: GoalsFolder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("G01.md", RUN)
    with no_space():
        stop = synced.async_start()
        await hass.async_block_till_done(wait_background_tasks=True)
    stop()
    assert "The goals could not be saved" in caplog.text


async def test_a_fault_lasts_after_ten_minutes(
    freezer: FrozenDateTimeFactory, folder: Folder, synced: GoalsFolder
) -> None:
    told: list[int] = []
    synced.add_listener(lambda: told.append(len(synced.lasting_faults)))
    folder.write("G01.md", goal_file("G01: x", status="sleeping"))
    await synced.async_sync()
    freezer.tick(LASTING - timedelta(seconds=1))
    await synced.async_sync()
    assert not synced.lasting_faults
    freezer.tick(1)
    folder.replace("G01.md", "type: goal\n", "type: goal\nowner: Ola\n")
    await synced.async_sync()
    assert [fault.line for fault in synced.lasting_faults] == [5]
    freezer.tick(60)
    await synced.async_sync()
    folder.replace("G01.md", "sleeping", "active")
    await synced.async_sync()
    assert not synced.lasting_faults
    assert told[-1] == 0


def test_a_report_is_written_as_the_answer_of_an_action() -> None:
    assert SyncReport(created=("G01",), unchanged=2, duration_ms=3).document() == {
        "created": ["G01"],
        "updated": [],
        "unchanged": 2,
        "missing": [],
        "left_out": [],
        "faults": [],
        "skipped": [],
        "duration_ms": 3,
    }


async def test_a_fault_is_written_with_its_place(folder: Folder, synced: GoalsFolder) -> None:
    folder.write("G01.md", goal_file("G01: x", owner="Eva"))
    document = (await synced.async_sync()).document()
    assert document["faults"] == [
        {
            "file": "G01.md",
            "line": 4,
            "problem": "unknown_owner",
            "placeholders": {"value": "Eva"},
        }
    ]
