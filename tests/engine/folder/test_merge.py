"""The files and a person both have a say; nothing that a person wrote is overwritten."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.engine.folder.merge import DEFAULTS, Merge, merge


def elements(*parts: str | tuple[str, str]) -> dict[str, Any]:
    """Make a checklist of items, each `id`, or `(id, state)`."""
    items = [
        {"id": part, "name": part, "state": "todo"}
        if isinstance(part, str)
        else {"id": part[0], "name": part[0], "state": part[1]}
        for part in parts
    ]
    return {"progress_metrics": [{"key": "roadmap", "kind": "checklist", "items": items}]}


def ids(document: Mapping[str, Any]) -> str:
    return "".join(item["id"] for item in document["progress_metrics"][0]["items"])


def states(document: Mapping[str, Any]) -> dict[str, str]:
    return {item["id"]: item["state"] for item in document["progress_metrics"][0]["items"]}


def days_done(document: Mapping[str, Any]) -> dict[str, str]:
    return {item["id"]: item["done"] for item in document["progress_metrics"][0]["items"]}


@pytest.mark.parametrize(
    ("before", "said", "here", "patch", "remembered", "conflict"),
    [
        # the files say what they said before
        ("a", "a", "a", {}, "a", False),
        ("a", "a", "b", {}, "a", False),
        ("a", "a", None, {}, "a", False),
        # the files say something new
        ("a", "b", "a", {"name": "b"}, "b", False),
        (None, "b", None, {"name": "b"}, "b", False),
        # both changed
        ("a", "b", "b", {}, "b", False),
        ("a", "b", "c", {}, "a", True),
        (None, "b", "c", {}, None, True),
        ("a", "b", None, {}, "a", True),
    ],
)
def test_the_rule_for_a_value(
    before: str | None,
    said: str,
    here: str | None,
    patch: dict[str, str],
    remembered: str | None,
    conflict: bool,
) -> None:
    found = merge({"name": before}, {"name": said}, {"name": here})
    assert (found.patch, found.before["name"], bool(found.conflicts)) == (
        patch,
        remembered,
        conflict,
    )


def test_a_conflict_names_both_sides_and_ends_when_one_gives_in() -> None:
    first = merge({"name": "a"}, {"name": "b"}, {"name": "c"})
    assert [(each.path, each.file_says, each.here) for each in first.conflicts] == [
        ("name", "b", "c")
    ]
    assert merge(first.before, {"name": "b"}, {"name": "a"}).patch == {"name": "b"}
    assert merge(first.before, {"name": "c"}, {"name": "c"}).conflicts == ()


def test_what_the_files_do_not_name_is_none_of_their_business() -> None:
    found = merge({"status": "Active"}, {}, {"status": "On Hold", "name": "x"})
    assert found == Merge({}, {"status": "Active"}, ())


def test_what_a_goal_begins_with_was_written_by_nobody() -> None:
    assert merge(DEFAULTS, {"status": "Active"}, {"status": "Planning"}).patch == {
        "status": "Active"
    }


@pytest.mark.parametrize(
    ("before", "said", "here", "partial", "expected", "remembered"),
    [
        ("", "ab", "", False, "ab", "ab"),
        ("ab", "a", "ab", False, "a", "a"),
        ("ab", "ab", "a", False, "a", "ab"),
        ("a", "ab", "ca", False, "cab", "ab"),
        ("ab", "a", "bac", False, "ac", "a"),
        ("ab", "a", "bac", True, "bac", "ab"),
    ],
)
def test_the_rule_for_dependencies(
    before: str, said: str, here: str, partial: bool, expected: str, remembered: str
) -> None:
    found = merge(
        {"dependencies": list(before)},
        {"dependencies": list(said)},
        {"dependencies": list(here)},
        partial=partial,
    )
    merged: Any = found.patch.get("dependencies", list(here))
    told: Any = found.before["dependencies"]
    assert ("".join(merged), "".join(told)) == (expected, remembered)


@pytest.mark.parametrize(
    ("before", "said", "here", "expected"),
    [
        # new in the files: it comes, behind what it stands behind there
        ("ab", "axb", "ab", "axb"),
        ("ab", "xab", "ab", "xab"),
        ("ab", "abxy", "ab", "abxy"),
        # added by a person: it stays
        ("ab", "ab", "aPb", "aPb"),
        ("ab", "abx", "aPb", "aPbx"),
        # removed by a person: it stays away
        ("abc", "abc", "ac", "ac"),
        ("abc", "abcd", "ac", "acd"),
        # gone from the files: it goes
        ("abc", "ac", "abc", "ac"),
        ("abc", "ac", "abPc", "aPc"),
        # reordered by a person, or in the files, or both
        ("abc", "abc", "cab", "cab"),
        ("abc", "cab", "abc", "cab"),
        ("abc", "cab", "aPbc", "caPb"),
        ("abc", "bac", "cab", "cab"),
        ("abc", "bxac", "cab", "cabx"),
    ],
)
def test_the_rule_for_lists(before: str, said: str, here: str, expected: str) -> None:
    present = elements(*here)
    found = merge(elements(*before), elements(*said), present)
    assert ids({**present, **found.patch}) == expected
    assert ids(found.before) == said
    again = merge(found.before, elements(*said), {**present, **found.patch})
    assert again.patch == {}


def test_an_item_that_a_person_ticked_outlives_its_line() -> None:
    found = merge(elements("a", "b"), elements("a"), elements("a", ("b", "done")))
    assert found.patch == {}
    assert ids(found.before) == "a"


def test_the_day_of_a_tick_is_no_change_by_a_person() -> None:
    ticked = elements(("a", "done"), ("b", "done"))
    here = elements(("a", "done"), ("b", "done"))
    for item in here["progress_metrics"][0]["items"]:
        item["done"] = "2026-11-03"
    found = merge(ticked, elements(("a", "done")), here)
    assert ids(found.patch) == "a"
    assert days_done(found.patch) == {"a": "2026-11-03"}
    assert merge(ticked, {"progress_metrics": []}, here).patch == {"progress_metrics": []}


def test_a_day_that_the_file_tells_later_counts_more_than_that_of_the_tick() -> None:
    ticked, said, here = (elements(("a", "done")) for _ in range(3))
    said["progress_metrics"][0]["items"][0]["done"] = "2026-11-01"
    here["progress_metrics"][0]["items"][0]["done"] = "2026-11-03"
    found = merge(ticked, said, here)
    assert found.conflicts == ()
    assert found.patch == said
    assert merge(found.before, said, said).patch == {}


def test_items_are_merged_one_by_one() -> None:
    here = elements("a", ("b", "done"), "c")
    found = merge(elements("a", "b", "c"), elements(("a", "done"), "b", ("c", "doing")), here)
    assert states(found.patch) == {"a": "done", "b": "done", "c": "doing"}


def test_an_item_that_both_changed_is_a_conflict_with_its_path() -> None:
    here = elements(("a", "doing"))
    found = merge(elements("a"), elements(("a", "done")), here)
    assert found.patch == {}
    assert found.conflicts[0].path == "progress_metrics.roadmap.items.a.state"
    assert found.conflicts[0].field == "progress_metrics"


def test_of_a_goal_that_was_read_in_part_nothing_goes() -> None:
    here = elements("a", "b")
    found = merge(here, elements("b", "x"), here, partial=True)
    assert ids({**here, **found.patch}) == "abx"
    assert set(ids(found.before)) == {*"abx"}
    again = merge(found.before, elements("a", "b", "x"), {**here, **found.patch})
    assert again.patch == {}


def kpi(**parts: object) -> dict[str, Any]:
    return {"progress_metrics": [{"key": "pulse", "kind": "reach", **parts}]}


@pytest.mark.parametrize(
    ("before", "said", "here", "expected"),
    [
        # what a person adds to a key result stays when the target changes
        (
            {"target": 56},
            {"target": 55},
            {"target": 56, "current": 60},
            {"target": 55, "current": 60},
        ),
        # a part that has gone from the files goes
        (
            {"target": 56, "unit": "bpm"},
            {"target": 56},
            {"target": 56, "unit": "bpm"},
            {"target": 56},
        ),
        # and stays when somebody changed it
        (
            {"target": 56, "unit": "bpm"},
            {"target": 56},
            {"target": 56, "unit": "1/min"},
            {"target": 56, "unit": "1/min"},
        ),
        # a text becomes a number
        ({"target": "TBD"}, {"target": 5.0}, {"target": "TBD"}, {"target": 5.0}),
    ],
)
def test_key_results_are_merged_part_by_part(
    before: dict[str, object],
    said: dict[str, object],
    here: dict[str, object],
    expected: dict[str, object],
) -> None:
    present = kpi(**here)
    found = merge(kpi(**before), kpi(**said), present)
    assert {**present, **found.patch} == kpi(**expected)


@pytest.mark.parametrize("written", [84, 83, None])
def test_what_follows_a_source_is_not_taken_from_the_files(written: int | None) -> None:
    def document(current: int | None, **parts: object) -> dict[str, Any]:
        row = {"key": "weight", "name": "Weight", **parts}
        return {"progress_metrics": [row if current is None else {**row, "current": current}]}

    before, said = document(84), document(written, target=80)
    here = document(82, source={"metric": "weight"})
    found = merge(before, said, here)
    assert found.conflicts == ()
    assert found.patch["progress_metrics"] == [{**here["progress_metrics"][0], "target": 80}]
    assert found.before == said


def test_a_key_result_with_values_outlives_its_row() -> None:
    gone: dict[str, Any] = {"progress_metrics": []}
    assert merge(kpi(target=56), gone, kpi(target=56, current=60)).patch == {}
    assert merge(kpi(target=56), gone, kpi(target=56)).patch == gone


def test_when_a_checklist_changed_is_nothing_that_a_person_wrote() -> None:
    here = elements("a")
    here["progress_metrics"][0]["measured_at"] = "2026-03-01T12:00:00+00:00"
    gone: dict[str, Any] = {"progress_metrics": []}
    assert merge(elements("a"), gone, here).patch == gone


ITEMS = st.dictionaries(
    st.sampled_from("abcdef"), st.sampled_from(["todo", "doing", "done"]), max_size=6
).flatmap(lambda found: st.permutations(list(found.items())))


@given(ITEMS, ITEMS, ITEMS, st.booleans())
def test_a_second_merge_has_nothing_to_do_and_a_person_loses_nothing(
    before: list[Any], said: list[Any], here: list[Any], partial: bool
) -> None:
    told, present = elements(*said), elements(*here)
    found = merge(elements(*before), told, present, partial=partial)
    after = {**present, **found.patch}
    again = merge(found.before, told, after, partial=partial)
    assert again.patch == {}
    assert again.before == found.before
    mine = {item: state for item, state in here if dict(before).get(item) != state}
    assert states(after).items() >= mine.items()
