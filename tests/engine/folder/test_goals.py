"""A goal is read from a folder of files or from a single one."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from custom_components.digital_twin.engine.folder.file_document import (
    FileDocument,
    objects,
    read_document,
)
from custom_components.digital_twin.engine.folder.files import (
    Content,
    FolderFault,
    Signature,
    Source,
    content_of,
)
from custom_components.digital_twin.engine.folder.goals import ReadGoal, read_goal
from custom_components.digital_twin.twin.enums import ItemState
from custom_components.digital_twin.twin.records.fields import Context

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONTEXT = Context(now=NOW, today=NOW.date())


def read(source: str, files: Mapping[str, str], *faults: FolderFault) -> ReadGoal | None:
    contents: list[Content | FolderFault] = [
        content_of(file, text.encode()) for file, text in files.items()
    ]
    names = [*files, *(fault.file for fault in faults)]
    return read_goal(
        Source(source, dict.fromkeys(names, Signature(1, 1, 1, 1))), [*contents, *faults]
    )


def one(text: str, name: str = "G05_Learn.md") -> ReadGoal:
    goal = read(name, {name: text})
    assert goal is not None
    return goal


def said(text: str, before: Mapping[str, object] | None = None) -> FileDocument:
    return read_document(one(text), before or {}, CONTEXT)  # type: ignore[arg-type]  # made by a sync


@pytest.mark.parametrize(
    ("name", "text", "code", "named"),
    [
        ("G05_Learn-Wood.md", "", "G05", "Learn Wood"),
        ("G05.md", "", "G05", "G05"),
        ("notes.md", "# G7: Learn", "G7", "Learn"),
        ("notes.md", "# \U0001fab5 OKR-12 \u2013 Learn", "OKR-12", "Learn"),
        ("G05_Learn.md", "# Other words", "G05", "Other words"),
        ("G05_x.md", '---\ntitle: "G06: **Six**"\n---\n# G07: Seven', "G06", "Six"),
        ("x.md", "---\ngoal_id: goal-g08\n---\n# Eight", "G08", "Eight"),
        ("x.md", "---\ngoal_code: mine/1\n---\n# G09: Nine", "mine/1", "Nine"),
        ("x.md", "---\ngoal_code: not a code\n---\n# G09: Nine", "G09", "Nine"),
        ("My garden.md", "---\ntype: goal\n---\n", "my_garden", "My garden"),
        ("x.md", "---\ntype: goal\n---\n# Sing more", "sing_more", "Sing more"),
        ("G05_x.md", "---\ntitle: [\n---\n# G05: From the heading", "G05", "From the heading"),
        ("G05_x.md", "# G05 Learn to carve", "G05", "Learn to carve"),
        ("G05_x.md", "# \U0001fab5 g05 \u2014 Learn", "g05", "Learn"),
        ("G05_Carve.md", "# G05", "G05", "Carve"),
        ("G05_Carve.md", "# G05 (new) tables", "G05", "(new) tables"),
        ("G05_Carve.md", "# More about G05 and wood", "G05", "More about G05 and wood"),
        ("G06_Carve.md", "---\ngoal_id: goal-g05\n---\n# G06 Carve", "G06", "Carve"),
        ("G06_Carve.md", "---\ngoal_id: goal-g05\n---\n# Carve", "G05", "Carve"),
        ("G05_Carve.md", "# G055 Learn", "G05", "G055 Learn"),
        ("G05_Carve.md", "words\n## Purpose\nwhy", "G05", "Carve"),
        ("G05_Carve.md", "## G05: Learn\nwhy", "G05", "Learn"),
        ("Q1_Rest.md", "---\ntype: goal\n---\n", "Q1", "Rest"),
    ],
)
def test_a_goal_has_its_code_and_name_from_the_best_place(
    name: str, text: str, code: str, named: str
) -> None:
    goal = one(text, name)
    assert (goal.code, goal.fields["name"]) == (code, named)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "# Goals (2026)"),
        ("notes.md", "words"),
        ("G05_Old.md", "---\ntype: index\n---\n# G05: Old"),
        ("2026-05.md", "# May"),
        ("Q1 2026 review.md", "# Q1 2026 review\n- [ ] Look back"),
        ("Q1.md", "# Q1: Review"),
    ],
)
def test_what_is_no_goal_is_left_aside(name: str, text: str) -> None:
    assert read(name, {name: text}) is None


def test_a_folder_of_other_files_is_no_goal() -> None:
    assert read("attic", {"attic/README.md": "# Attic"}) is None
    assert read("attic", {"attic/list.md": "- [ ] a"}) is None
    assert read("Q1 2026", {"Q1 2026/list.md": "- [ ] a"}) is None


@pytest.mark.parametrize("main", ["readme.md", "G01_Run.md", "other.md"])
def test_a_folder_has_a_file_that_speaks_for_it(main: str) -> None:
    kind = "goal" if main == "other.md" else "note"
    files = {
        "G01_Run/Metrics.md": "---\ntitle: 'G01: Metrics'\ntype: goal_metrics\n---\n",
        f"G01_Run/{main}": f"---\ntitle: 'G01: Running'\ntype: {kind}\nstatus: active\n---\n",
    }
    goal = read("G01_Run", files)
    assert goal is not None
    assert (goal.fields["name"], goal.fields["status"], goal.partial) == (
        "Running",
        "Active",
        False,
    )


def test_a_folder_whose_main_file_is_missing_has_its_name() -> None:
    goal = read("G01_Run", {"G01_Run/Roadmap.md": "---\ntitle: 'G01: Roadmap'\n---\n- [ ] a"})
    assert goal is not None
    assert (goal.fields["name"], goal.partial) == ("Run", True)
    assert [item.name for item in goal.items["roadmap"]] == ["a"]


def test_a_file_that_cannot_be_read_makes_the_goal_partial() -> None:
    fault = FolderFault("G01_Run/Roadmap.md", None, "file_too_large")
    goal = read("G01_Run", {"G01_Run/README.md": "# G01: Run"}, fault)
    assert goal is not None
    assert goal.partial
    assert goal.faults == (fault,)
    assert read("G01_Run", {}, fault) is None


README = (
    "# G01: Run\n- [ ] title\n## Notes\n- [ ] aside\n## Garden\n- [ ] unknown\n"
    "## Dependencies\n- [ ] G02\n## Done when\n- [x] done"
)


def test_checkboxes_count_where_they_are_to_be_done() -> None:
    files = {
        "G01_Run/Journal.md": "- [ ] not here\n## Steps\n- [ ] nor here",
        "G01_Run/README.md": README,
    }
    goal = read("G01_Run", files)
    assert goal is not None
    assert [item.name for item in goal.items["roadmap"]] == ["title", "unknown"]
    assert [item.state for item in goal.items["definition_of_done"]] == [ItemState.DONE]


def test_the_roadmap_alone_has_the_steps_if_there_is_one() -> None:
    roadmap = "# Year\n- [/] roadmap\n- [ ] <b></b>\n## Q1 2026\n### Done when\n- [ ] q1"
    goal = read("G01_Run", {"G01_Run/README.md": README, "G01_Run/Roadmap 2026.md": roadmap})
    assert goal is not None
    assert [item.name for item in goal.items["roadmap"]] == ["roadmap", "q1"]
    assert [item.name for item in goal.items["definition_of_done"]] == ["done"]
    assert goal.fields["roadmap_link"] == "G01_Run/Roadmap 2026.md"


MAIN = "---\ntype: goal\n---\n# G01: Run (2026)\n- [ ] main\n## Q4\n"
STEPS = "# Steps (2026)\n## Q1\n- [ ] step\n"


@pytest.mark.parametrize(
    ("name", "head", "main"),
    [
        ("Roadmap.md", "", ""),
        ("ROADMAP.md", "", ""),
        ("G01_Roadmap.md", "", ""),
        ("road-map 2026.md", "", ""),
        ("Mapa drogowa.md", "", ""),
        ("Plan.md", "", ""),
        ("way.md", "---\ntype: goal_roadmap\n---\n", ""),
        ("way.md", "", "[The roadmap](./way.md)"),
        ("way.md", "", "See [[way|Roadmap]]."),
        ("my way.md", "", "[Plan](my%20way.md#q1)"),
        ("way.md", "", "---\nroadmap: '[[way]]'\n---\n"),
        ("way.md", "", "---\nroadmap_link: G01_Run/way.md\n---\n"),
    ],
)
def test_a_roadmap_is_known_by_its_name_its_type_or_a_link(name: str, head: str, main: str) -> None:
    readme = main + MAIN.removeprefix("---\ntype: goal\n---\n") if "---" in main else MAIN + main
    files = {"G01_Run/README.md": readme, f"G01_Run/{name}": head + STEPS}
    goal = read("G01_Run", files)
    assert goal is not None
    assert [item.name for item in goal.items["roadmap"]] == ["step"]
    assert [stage.key for stage in goal.stages] == ["2026_q1"]


@pytest.mark.parametrize(
    "name",
    ["Log.md", "Roadmap-Review.md", "Monitor.md", "Dashboard.md", "Strategy.md", "2026-02-20.md",
     "W12_Review.md", "Metrics_Log.md", "Old Roadmap.md", "KPI-Dashboard.md"],
)  # fmt: skip
def test_logs_and_papers_give_nothing(name: str) -> None:
    log = (
        "---\nstatus: nonsense\nstatus: twice\ndepends_on: G07\n---\n"
        "# 2026-02-20 | swam 500 m\n- [ ] box\n"
        "## Q3\n- [x] quarter\n## Done when\n- [ ] done\n## Dependencies\n- G09\n"
        "## Last Updated: 2026-02-20\n| KPI | Target |\n|-|-|\n| a | 1 |\n"
    )
    files = {"G01_Run/README.md": MAIN, "G01_Run/Roadmap.md": STEPS}
    alone = read("G01_Run", files)
    beside = read("G01_Run", {**files, f"G01_Run/{name}": log})
    assert beside == alone
    assert alone is not None
    assert alone.faults == ()


def test_a_log_that_cannot_be_read_costs_nothing() -> None:
    files = {"G01_Run/README.md": MAIN, "G01_Run/Roadmap.md": STEPS}
    fault = FolderFault("G01_Run/Log.md", 3, "not_utf8")
    assert read("G01_Run", files, fault) == read("G01_Run", files)


@pytest.mark.parametrize(("role", "key"), [("Roadmap", "roadmap"), ("Metrics", "results")])
def test_no_other_file_takes_the_place_of_one_that_cannot_be_read(role: str, key: str) -> None:
    fault = FolderFault(f"G01_Run/{role}.md", 1, "not_utf8")
    table = "| KPI | Target |\n|-|-|\n| a | 1 |\n"
    goal = read("G01_Run", {"G01_Run/README.md": MAIN + table}, fault)
    assert goal is not None
    assert (goal.partial, goal.faults) == (True, (fault,))
    assert len(goal.results if key == "results" else goal.items[key]) == 0


@pytest.mark.parametrize(
    ("metrics", "readme", "names"),
    [
        ("Metrics.md", True, ["metrics"]),
        ("G01_KPIs.md", True, ["metrics"]),
        ("Mierniki.md", True, ["metrics"]),
        ("Numbers.md", True, ["readme"]),
        ("Numbers.md", False, []),
    ],
)
def test_key_results_stand_in_the_metrics_or_else_in_the_main_file(
    metrics: str, readme: bool, names: list[str]
) -> None:
    table = "\n| KPI | Target |\n|-|-|\n| {} | 1 |\n"
    files = {
        "G01_Run/README.md": MAIN + (table.format("readme") if readme else ""),
        f"G01_Run/{metrics}": table.format("metrics"),
    }
    goal = read("G01_Run", files)
    assert goal is not None
    assert [result.name for result in goal.results] == names


def test_items_beyond_a_thousand_are_reported() -> None:
    goal = one("# G05: Much\n" + "- [ ] a\n" * 1002)
    assert len(goal.items["roadmap"]) == 1000
    assert [(fault.key, fault.line) for fault in goal.faults] == [("too_many_items", 1002)]


def test_an_item_is_due_on_its_day_or_at_the_end_of_its_quarter() -> None:
    goal = one("# G05: x (2026)\n## Q1\n- [ ] a (Feb 3)\n- [x] b\n## Q2 2027\n### Part\n- [ ] c")
    assert [(item.due, item.stage) for item in goal.items["roadmap"]] == [
        (date(2026, 2, 3), date(2026, 3, 31)),
        (date(2026, 3, 31), date(2026, 3, 31)),
        (date(2027, 6, 30), date(2027, 6, 30)),
    ]


@pytest.mark.parametrize(
    ("box", "due", "done"),
    [
        ("- [x] a (Feb 3)", "2026-03-31", "2026-02-03"),
        ("- [x] a \u2705 2026-02-03", "2026-03-31", "2026-02-03"),
        ("- [x] a \u2705 (Feb 3)", "2026-03-31", "2026-02-03"),
        ("- [x] a \U0001f4c5 2026-02-01 \u2705 2026-02-03", "2026-02-01", "2026-02-03"),
        ("- [x] a [completion:: 2026-02-03]", "2026-03-31", "2026-02-03"),
        ("- [ ] a (Feb 3)", "2026-02-03", None),
        ("- [ ] a \u2705 2026-02-03", "2026-03-31", None),
        ("- [x] a (Mar 20)", "2026-03-20", None),
        ("- [x] a", "2026-03-31", None),
    ],
)
def test_a_day_behind_a_done_item_is_that_of_its_completion(
    box: str, due: str, done: str | None
) -> None:
    """No item was done on a day to come: that is the day by which it was due."""
    document = said(f"# G05: x (2026)\n## Q1\n{box}").document
    items = [
        item for each in objects(document, "progress_metrics") for item in objects(each, "items")
    ]
    assert [(item.get("due"), item.get("done")) for item in items] == [(due, done)]


@pytest.mark.parametrize(
    "chore",
    ["Sweep \U0001f501 every week", "Sweep \U0001f501 every day \U0001f4c5 2026-03-03 #home",
     "Sweep [repeat:: every week]"],
)  # fmt: skip
def test_recurring_chores_are_no_items(chore: str) -> None:
    goal = one(f"# G05: x\n- [ ] {chore}\n- [x] {chore}\n- [ ] Paint")
    assert [item.name for item in goal.items["roadmap"]] == ["Paint"]


def test_a_checkbox_is_found_in_the_bytes_of_its_file() -> None:
    text = "\ufeff---\r\ntype: goal\r\n---\r\n# G05: \u017c\u00f3\u0142w\r\n> - [ ] a\r- [x] b\n"
    goal = one(text)
    raw = text.encode()
    found = [(item.place.line, item.place.offset) for item in goal.items["roadmap"]]
    assert [line for line, _offset in found] == [5, 6]
    assert [raw[offset : offset + 1] for _line, offset in found if offset] == [b" ", b"x"]


def test_quarters_without_a_year_are_reported() -> None:
    goal = one("# G05: Learn\n## Q1\n- [ ] a\n## Review\n### Q1\n- [ ] b\n")
    assert [(fault.line, fault.key) for fault in goal.faults] == [(2, "quarter_without_year")]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("## 2026-05-30 Fair\n- [ ] a", ["2026-05-30"]),
        ("## Fair by 2026-05-30", ["2026-05-30"]),
        ("## Milestone: fair (2026-05-30)", ["2026-05-30"]),
        ("## Milestones\n### 2026-05-30 Fair", ["2026-05-30"]),
        ("## Targi do 2026-05-30", ["2026-05-30"]),
        ("## 2026-02-20 | swam 500 m", []),
        ("## 2026-02-20 | swam 500 m\nIt was cold.\n- 500 m", []),
        ("## Training log\n### 2026-02-20 | swam 500 m\n- [x] swam", []),
        ("## Last Updated: 2026-02-20\n- [ ] a", []),
        ("## Ostatnia aktualizacja 2026-02-20", []),
        ("## Q1 2026\n- [ ] a\n### 2026-02-20 | swam 500 m", ["2026_q1"]),
        ("## Q1 2026 review\n- [ ] a", []),
        ("## Weekly reviews\n### Q1 2026\n- [ ] a", []),
    ],
)
def test_a_heading_with_a_day_is_a_milestone_if_something_is_to_be_done(
    text: str, keys: list[str]
) -> None:
    assert [stage.key for stage in one(f"# G05: Learn\n{text}\n").stages] == keys


def test_a_quarter_that_comes_twice_is_one_milestone() -> None:
    document = said(
        "# G05: x (2026)\n## Q1\n- [ ] a\n## Q2\n- [ ] b\n## Q1 again\n- [ ] c"
    ).document
    assert document["milestones"] == [
        {"key": "2026_q1", "name": "Q1", "date": "2026-03-31", "progress": 66.7},
        {"key": "2026_q2", "name": "Q2", "date": "2026-06-30", "progress": 100.0},
    ]


def test_milestones_without_checkboxes_say_no_progress() -> None:
    assert said("# G05: x (2026)\n## Q1").document["milestones"] == [
        {"key": "2026_q1", "name": "Q1", "date": "2026-03-31"}
    ]


@pytest.mark.parametrize(
    ("front", "start", "target"),
    [
        ("", "2026-01-01", "2026-06-30"),
        ("start_date: 2026-02-01", "2026-02-01", "2026-06-30"),
        ("due: 2026-05-01", "2026-01-01", "2026-05-01"),
        ("start_date: 2026-09-01", "2026-09-01", None),
        ("target_date: 2025-09-01", None, "2025-09-01"),
        ("start_date: soon", None, "2026-06-30"),
        ("start: 2026-05-01\ntarget: 2026-04-01", None, None),
    ],
)
def test_quarters_say_the_dates_that_the_front_matter_does_not(
    front: str, start: str | None, target: str | None
) -> None:
    document = said(f"---\n{front}\n---\n# G05: x (2026)\n## Q1\n## Q2").document
    assert (document.get("start_date"), document.get("target_date")) == (start, target)


@pytest.mark.parametrize(
    ("front", "line", "key"),
    [
        ("status: sleeping", 2, "not_an_option"),
        ("a: b\nstart_date: soon", 3, "invalid_date"),
        ("target: 2026-04-01\nstart: 2026-05-01", 2, "dates_reversed"),
        ("roadmap_link: javascript:x", 2, "invalid_link"),
    ],
)
def test_values_that_no_goal_takes_are_reported_by_line(front: str, line: int, key: str) -> None:
    found = said(f"---\n{front}\n---\n# G05: x")
    assert [(fault.file, fault.line, fault.key) for fault in found.faults] == [
        ("G05_Learn.md", line, key)
    ]
    assert "status" not in found.document


@pytest.mark.parametrize(
    "status", ["active", "ACTIVE", "Active", '"active "', "\U0001f7e2 Active", '"**active**!"']
)
def test_a_status_is_read_in_any_case_and_decoration(status: str) -> None:
    assert said(f"---\nstatus: {status}\n---\n# G05: x").document["status"] == "Active"


@pytest.mark.parametrize("day", ["'[[2026-05-01]]'", "2026-05-01T08:30:00", "2026-05-01 08:30"])
def test_a_day_may_be_linked_or_have_a_time(day: str) -> None:
    assert said(f"---\ndue: {day}\n---\n# G05: x").document["target_date"] == "2026-05-01"


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("# G05: x\nwords\n\nmore\n## Purpose\nwhy\n\n- a point\n- [ ] a box", "why\n\n- a point"),
        ("# G05: x\nwords\nmore\n\n- [ ] a\n## Garden\nother", "words\nmore"),
        ("# G05: x\n## Garden\nother", None),
        ("# G05: x\n\x07\x08", None),
        ("---\ndescription: said\n---\n# G05: x\nwords", "said"),
        ("# G05: x\nsee [[G01_Run|the *run*]]\n\n![[run.png]]", "see the *run*"),
        ("# G05: x\n> [!note]- Why\n> because\n\n- [[G01]]", "Why\nbecause\n\n- G01"),
    ],
)
def test_a_description_stands_under_its_heading_or_the_title(
    text: str, description: str | None
) -> None:
    assert said(text).document.get("description") == description


def test_tables_without_targets_are_no_key_results() -> None:
    text = "# G05: x\n| Who | What |\n|-|-|\n| a | b |\n\n| Metric | Unit |\n|-|-|\n| a | b |"
    assert said(text).document["progress_metrics"] == []


def test_a_table_may_say_more() -> None:
    text = (
        "# G05: x\n| KPI | Baseline | Goal | Now | Unit | Weight | Source | Source | |\n"
        "|-|-|-|-|-|-|-|-|-|\n| Weight | 90 | 80kg | 85 | kilo | 2 | a | b | c |\n"
        "| | 1 | 2 | 3 | | | | | |\n| Walk | x | | ? | | -1 | | | |\n| walk | | 9 | | | | | | |"
    )
    assert said(text).document["progress_metrics"] == [
        {
            "key": "weight",
            "name": "Weight",
            "kind": "reach",
            "unit": "kilo",
            "baseline": 90.0,
            "target": 80.0,
            "current": 85.0,
            "weight": 2.0,
            "source_2": "a",
            "source_3": "b",
        },
        {"key": "walk", "name": "Walk", "kind": "reach", "weight": 1.0},
    ]


def test_more_key_results_than_a_goal_has_are_reported() -> None:
    rows = "".join(f"| kpi {number} | 1 |\n" for number in range(101))
    found = said(f"# G05: x\n| KPI | Target |\n|-|-|\n{rows}")
    metrics = found.document["progress_metrics"]
    assert isinstance(metrics, list)
    assert len(metrics) == 98
    assert [(fault.line, fault.key) for fault in found.faults] == [(102, "too_many_items")]


def test_a_row_that_says_too_much_is_reported() -> None:
    heads = "".join(f" c{column} |" for column in range(30))
    cells = " " + "\U0001f600" * 250 + " |"
    text = f"# G05: x\n| KPI | Target |{heads}\n{'|-' * 32}|\n| a | 1 |{cells * 30}\n| b | 2 |"
    found = said(text)
    metrics = found.document["progress_metrics"]
    assert isinstance(metrics, list)
    assert [each["name"] for each in metrics if isinstance(each, dict)] == ["b"]
    assert [(fault.line, fault.key) for fault in found.faults] == [(4, "too_long")]


def test_dependencies_are_codes_under_their_heading() -> None:
    goal = one(
        "---\ndepends_on: [G09]\n---\n# G05: x\nG01\n## Dependencies\n- S06 (System)\n"
        "- **Other goals:** G02, g02 and [[G03_Quiet]]; G05 itself\n\nG04-like words\n"
    )
    assert [(mention.code, mention.where.line) for mention in goal.mentions] == [
        ("G09", 2),
        ("S06", 7),
        ("G02", 8),
        ("G03", 8),
        ("G04", 10),
    ]


def test_dependencies_may_stand_in_a_table() -> None:
    goal = one(
        "# G05: x\n## Dependencies\n| Goal | Why |\n|-|-|\n| G02 | a |\n| [[G03_Quiet\\|G03]] | b |"
    )
    assert [(mention.code, mention.where.line) for mention in goal.mentions] == [
        ("G02", 5),
        ("G03", 6),
    ]


@pytest.mark.parametrize("owner", ["Ola", '"[[Ola]]"', "'[[people/Ola|Ola]]'"])
def test_the_owner_is_who_the_main_file_names(owner: str) -> None:
    assert one(f"---\nowner: {owner}\n---\n# G05: x").owner == ("Ola", ("G05_Learn.md", 2))
    assert one("# G05: x").owner is None


def test_items_keep_their_ids_when_they_are_renamed_and_moved() -> None:
    before = said("# G05: x\n- [ ] Buy shoes\n- [ ] Find a route\n- [ ] Run").document
    after = said(
        "# G05: x\n- [ ] Run\n- [x] Find a good route (Mar 3)\n- [ ] Sleep\n- [ ] Buy shoes", before
    ).document
    metrics = after["progress_metrics"]
    assert isinstance(metrics, list)
    assert isinstance(metrics[0], dict)
    items = metrics[0]["items"]
    assert isinstance(items, list)
    assert [(item["id"], item["name"]) for item in items if isinstance(item, dict)] == [
        ("run", "Run"),
        ("find_a_route", "Find a good route"),
        ("sleep", "Sleep"),
        ("buy_shoes", "Buy shoes"),
    ]
