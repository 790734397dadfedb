"""Goals are found and read as people name, group and write them."""

from datetime import date

import pytest

from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.folder import GoalsFolder
from custom_components.digital_twin.engine.folder.dates import written_day
from custom_components.digital_twin.engine.folder.front_matter import status_in
from custom_components.digital_twin.engine.folder.reading import FolderReader
from custom_components.digital_twin.twin.enums import GoalStatus

from .conftest import OLA, Folder, by_code, goal_file

MEASURED = "---\nstatus: active\n---\n# Run\n- [ ] Shoes"


@pytest.mark.parametrize(
    ("written", "status"),
    [
        *((each, GoalStatus.ACTIVE) for each in (
            "active", "In Progress", "in-progress", "in_progress", "WIP", "doing", "ongoing",
            "\U0001f6a7", "\U0001f6a7 WIP", "\U0001f7e2 on track", "Active (since March)",
            "[[active]]", "#status/active", "Aktywny", "w toku", "W trakcie",
        )),
        *((each, GoalStatus.ON_HOLD) for each in (
            "on hold", "on-hold", "paused", "Blocked", "waiting", "\u23f8\ufe0f", "Wstrzymany",
            "zawieszone",
        )),
        *((each, GoalStatus.PLANNING) for each in (
            "planning", "planned", "backlog", "to do", "todo", "not started", "idea", "someday",
            "planowane", "W planach",
        )),
        *((each, GoalStatus.COMPLETED) for each in (
            "done", "Done \u2705", "\u2705", "completed", "complete", "finished", "achieved",
            "uko\u0144czony", "Zako\u0144czone", "zrobione",
        )),
        *((each, GoalStatus.ARCHIVED) for each in (
            "archived", "cancelled", "canceled", "abandoned", "dropped", "\u274c", "anulowany",
            "porzucone",
        )),
        *((each, None) for each in ("", "good", "almost done", "80 %", "\U0001f98a", "5")),
    ],
)  # fmt: skip
def test_a_status_is_one_of_five_however_it_is_written(
    written: str, status: GoalStatus | None
) -> None:
    assert status_in(written) is status


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2026-05-30", "2026-05-30", "2026-05-30"),
        ("2026-05-30T00:00:00", "2026-05-30", "2026-05-30"),
        ("31.12.2026", "2026-12-31", "2026-12-31"),
        ("31/12/2026", "2026-12-31", "2026-12-31"),
        ("2026/12/31", "2026-12-31", "2026-12-31"),
        ("03/04/2026", None, None),
        ("03.04.2026", "2026-04-03", "2026-04-03"),
        ("May 30, 2026", "2026-05-30", "2026-05-30"),
        ("May 2026", "2026-05-01", "2026-05-31"),
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("Q2 2026", "2026-04-01", "2026-06-30"),
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-13", None, None),
        ("31.02.2026", None, None),
        ("soon", None, None),
    ],
)
def test_a_day_of_the_front_matter(written: str, first: str | None, last: str | None) -> None:
    days = [date.fromisoformat(each) if each else None for each in (first, last)]
    assert [written_day(written, last=False), written_day(written, last=True)] == days


@pytest.mark.parametrize(
    "name", ["target_date", "due_date", "due date", "end_date", "End-Date", "deadline", "termin"]
)
async def test_a_target_date_has_many_names(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, name: str
) -> None:
    folder.write("G01_Run.md", f"---\n{name}: 2026-05-30\n---\n# Run")
    report = await synced.async_sync()
    assert report.faults == ()
    assert by_code(registry)["G01"].target_date == date(2026, 5, 30)


@pytest.mark.parametrize(
    "owner",
    [
        "Ola Nowak",
        "ola",
        "OLA  NOWAK",
        "\u00d3la",
        '"[[People/Ola]]"',
        '"[[People/Ola Nowak|my wife]]"',
        '"[[o.nowak|Ola]]"',
        '"[Ola](People/ola.md)"',
        '"@Ola"',
        "[Ola]",
        '"Zoe, Ola"',
        "Zoe and Ola",
    ],
)
async def test_an_owner_is_known_by_many_spellings(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, owner: str
) -> None:
    folder.write("G01_Run.md", f"---\nowner: {owner}\n---\n# Run")
    report = await synced.async_sync()
    assert report.faults == ()
    assert by_code(registry)["G01"].owner_person_id == OLA


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("G02-G04", {"G02", "G03", "G04"}),
        ("G02 \u2013 G04", {"G02", "G03", "G04"}),
        ("G02 to G04", {"G02", "G03", "G04"}),
        ("G02-04", {"G02", "G03", "G04"}),
        ("G02\u2026G04", {"G02", "G03", "G04"}),
        ("G02, G04", {"G02", "G04"}),
        ("G02 - 4 lessons", {"G02"}),
        ("G04-G02", {"G02", "G04"}),
    ],
)
async def test_a_range_of_codes_has_those_between(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, text: str, codes: set[str]
) -> None:
    for number in (2, 3, 4):
        folder.write(f"G0{number}_Other.md", goal_file(f"G0{number}: Other"))
    folder.write("G01_Run.md", f"# G01: Run\n## Dependencies\n- {text}")
    report = await synced.async_sync()
    assert report.faults == ()
    goals = by_code(registry)
    known = {goal.goal_id: code for code, goal in goals.items()}
    assert {known[each] for each in goals["G01"].dependencies} == codes


@pytest.mark.parametrize(
    ("file", "text", "code"),
    [
        # Below a folder of goals, whatever its name and case.
        *((f"{name}/Run.md", MEASURED, "run") for name in (
            "10_Goals", "Goals", "goals", "GOALS 2026", "OKRs", "02-OKRs", "Projects", "1 Projects",
            "My goals", "Cele", "Areas/Goals", "Goals/Active", "Goals/Q2",
        )),
        *((f"{name}/G01_Run/README.md", "# Run", "G01") for name in (
            "10_GOALS", "Goals", "Areas/Health", "Work/2026/Goals",
        )),
        # By what stands in it.
        ("Notes/Run.md", "---\ntype: goal\n---\n# Run", "run"),
        ("Notes/Run.md", "---\ntype: OKR\n---\n# Run", "run"),
        ("Notes/Run.md", "---\ntype: project\n---\n# Run", "run"),
        ("Notes/Run.md", "# Goal: Run", "run"),
        ("Notes/Run.md", "# Objective 2 - Run", "run"),
        ("Notes/Run.md", "# \U0001f3af Run", "run"),
        ("Notes/Run.md", "# Cel: Run", "run"),
        ("Notes/Run.md", "# Run\n\n| Key result | Target |\n|-|-|\n| Runs | 9 |", "run"),
        ("Notes/Run.md", "# Run\n\n| KR | Progress |\n|-|-|\n| Runs | 9 % |", "run"),
        ("Notes/Run/README.md", "---\ntype: goal\n---\n# Run", "run"),
        ("Notes/Run/Run.md", "---\ntype: goal\n---\n# Run", "run"),
        # No goals.
        ("W12_Review.md", "# W12: Review\n- [ ] Look back", None),
        ("Goals/W12_Review.md", "# W12: Review\n- [ ] Look back", None),
        ("MP3 player.md", "# MP3 player\n- [ ] Batteries", None),
        ("Notes/MP3 player.md", "# MP3 player\n- [ ] Batteries", None),
        ("Notes/Shopping.md", "# Shopping\n- [ ] Milk", None),
        ("Notes/Run.md", "# Run\n\n| Metric | Target |\n|-|-|\n| Runs | 9 |", None),
        ("Goals/README.md", "# Goals\n- [ ] [[Run]]", None),
        ("Goals/Thoughts.md", "# Thoughts\nWords.", None),
        ("Goals/Run.md", "# {{title}}\n- [ ] Step", None),
        ("Templates/Goal.md", "---\ntype: goal\n---\n# Goal: Run", None),
        ("Archive/Run.md", "---\ntype: goal\n---\n# Goal: Run", None),
        ("Goals/.trash/Run.md", MEASURED, None),
    ],
)  # fmt: skip
def test_goals_are_found_wherever_they_are(
    folder: Folder, file: str, text: str, code: str | None
) -> None:
    folder.write(file, text)
    found = FolderReader().read(folder.path)
    assert [goal.code for goal in found.goals] == ([code] if code else [])
    assert [fault.key for fault in found.faults] == ([] if code else ["no_goals_found"])


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("W12_Review.md", "# W12: Review", None),
        ("MP3 player.md", "# MP3 player\n- [ ] Batteries", ("no_goal_code", {"value": "mp3"})),
        ("G01_Run.md", "---\ntype: note\n---\n# Run", ("no_goal_type", {"value": "note"})),
        ("Goals/Thoughts.md", "# Thoughts\nWords.", ("nothing_to_measure", {})),
        ("Goals/README.md", "# Goals", None),
        ("Diary.md", "# Diary", None),
    ],
)
def test_a_file_that_only_looks_like_a_goal_is_named_with_the_reason(
    folder: Folder, file: str, text: str, reason: tuple[str, dict[str, str]] | None
) -> None:
    folder.write(file, text)
    skipped = FolderReader().read(folder.path).skipped
    assert [(each.key, dict(each.placeholders)) for each in skipped] == ([reason] if reason else [])


async def test_a_sync_that_finds_nothing_says_what_it_looked_for(
    folder: Folder, synced: GoalsFolder
) -> None:
    folder.write("Diary.md", "# Diary")
    report = await synced.async_sync()
    assert [(each.file, each.key, dict(each.placeholders)) for each in report.faults] == [
        ("goals", "no_goals_found", {"files": "1"})
    ]
    folder.write("G01.md", "# Run")
    assert (await synced.async_sync()).faults == ()


def test_a_diary_with_many_files_is_no_fault(folder: Folder) -> None:
    for number in range(60):
        folder.write(f"Diary/{number:02}.md", "x")
        folder.write(f"G01_Run/{number:02}.md", "x")
    folder.write("G01_Run/README.md", "# Run")
    found = FolderReader().read(folder.path)
    assert [fault.file for fault in found.faults] == ["G01_Run/49.md"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("- [ ] Shoes", GoalStatus.PLANNING),
        ("- [ ] Shoes\n- [x] Map", GoalStatus.ACTIVE),
        ("- [/] Shoes", GoalStatus.ACTIVE),
    ],
)
async def test_a_goal_without_a_status_is_active_once_something_is_begun(
    folder: Folder, synced: GoalsFolder, registry: TwinRegistry, text: str, status: GoalStatus
) -> None:
    folder.write("G01.md", f"# G01: Run\n{text}")
    await synced.async_sync()
    assert by_code(registry)["G01"].status is status
