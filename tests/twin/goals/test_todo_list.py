"""The checklists of a goal are one list, and every edit of it stays within its rules."""

from contextlib import suppress
from datetime import UTC, date, datetime
from time import thread_time
from timeit import repeat

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.enums import ItemState
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.goals.key_results import KeyResult, parse_key_results
from custom_components.digital_twin.twin.goals.todo_list import (
    KeyResults,
    checklists,
    listed,
    listed_items,
    with_described_item,
    with_moved_item,
    with_new_item,
    without_items,
)

from ..refusals import refused

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DUE = date(2026, 6, 30)
GOAL = parse_key_results(
    [
        {"name": "Books", "target": 12},
        {"name": "Shoes", "items": ["[x]", {"name": "Try", "state": "doing"}, "Buy"]},
        {"name": "Route", "items": [{"name": "Find", "due": "2026-04-01"}, "Walk"]},
    ],
    now=NOW,
)
BOOKS, SHOES, ROUTE = GOAL


def _uids(key_results: KeyResults) -> list[str]:
    return [each.uid for each in listed_items(key_results)]


def _names(key_results: KeyResults) -> list[list[str]]:
    return [[item.name for item in one.items] for one in checklists(key_results)]


def test_the_list_has_the_items_of_all_checklists_in_their_order() -> None:
    assert _uids(GOAL) == ["shoes/x", "shoes/try", "shoes/buy", "route/find", "route/walk"]
    assert {each.checklist_name for each in listed_items(GOAL)} == {"Shoes", "Route"}
    assert listed_items((BOOKS,)) == ()


def test_no_two_items_share_a_uid_whatever_their_keys_hold() -> None:
    odd = parse_key_results(
        [
            {"name": "A", "key": "a/b", "items": [{"name": "C", "id": "c"}]},
            {"name": "B", "key": "a", "items": [{"name": "D", "id": "b/c"}]},
        ],
        now=NOW,
    )
    assert len(set(_uids(odd))) == 2
    assert [listed(odd, uid).item.name for uid in _uids(odd)] == ["C", "D"]


def test_a_new_item_is_the_last_of_the_first_checklist() -> None:
    after = with_new_item(GOAL, "Try", DUE)
    assert _names(after) == [["[x]", "Try", "Buy", "Try"], ["Find", "Walk"]]
    assert _uids(after)[3] == "shoes/try_2"
    assert (after[1].items[-1].due, after[1].items[-1].state) == (DUE, ItemState.TODO)
    assert (after[0], after[2]) == (BOOKS, ROUTE)


def test_a_goal_without_a_checklist_takes_no_items() -> None:
    with pytest.raises(TwinError) as refused:
        with_new_item((BOOKS,), "Walk", None)
    assert (refused.value.key, refused.value.placeholders["field"]) == ("unknown_item", "item")


def test_a_renamed_item_keeps_its_id_and_its_state() -> None:
    after = with_described_item(GOAL, "shoes/try", "Try on", None)
    item = listed(after, "shoes/try").item
    assert (item.name, item.state, item.due) == ("Try on", ItemState.DOING, None)
    assert (
        listed(with_described_item(GOAL, "route/find", "Find", DUE), "route/find").item.due == DUE
    )
    assert after[2] == ROUTE


def test_items_are_removed_from_whichever_checklist_has_them() -> None:
    after = without_items(GOAL, ["shoes/x", "route/walk", "route/find"])
    assert _names(after) == [["Try", "Buy"], []]
    assert after[0] is BOOKS


@pytest.mark.parametrize(
    ("uid", "after", "names"),
    [
        ("shoes/buy", None, ["Buy", "[x]", "Try"]),
        ("shoes/x", "shoes/buy", ["Try", "Buy", "[x]"]),
        ("shoes/x", "shoes/try", ["Try", "[x]", "Buy"]),
        ("shoes/try", "shoes/try", ["[x]", "Try", "Buy"]),
        ("shoes/try", "shoes/x", ["[x]", "Try", "Buy"]),
    ],
)
def test_an_item_moves_within_its_checklist(uid: str, after: str | None, names: list[str]) -> None:
    moved = with_moved_item(GOAL, uid, after)
    assert _names(moved) == [names, ["Find", "Walk"]]
    assert {each.uid: each.item for each in listed_items(moved)} == {
        each.uid: each.item for each in listed_items(GOAL)
    }


def test_behind_the_last_of_one_checklist_is_the_top_of_the_next() -> None:
    assert _names(with_moved_item(GOAL, "route/walk", "shoes/buy"))[1] == ["Walk", "Find"]


@pytest.mark.parametrize(
    ("uid", "after"),
    [("route/walk", None), ("route/find", "shoes/x"), ("shoes/buy", "route/find")],
)
def test_no_item_moves_into_another_checklist(uid: str, after: str | None) -> None:
    with pytest.raises(TwinError) as refused:
        with_moved_item(GOAL, uid, after)
    assert refused.value.key == "other_checklist"


@pytest.mark.parametrize(
    "edit",
    [
        lambda: listed(GOAL, "gone"),
        lambda: with_described_item(GOAL, "gone", "A", None),
        lambda: without_items(GOAL, ["shoes/x", "shoes/x"]),
        lambda: with_moved_item(GOAL, "gone", None),
        lambda: with_moved_item(GOAL, "shoes/x", "gone"),
    ],
)
def test_an_item_that_is_not_there_is_named_with_those_that_are(edit: object) -> None:
    assert callable(edit)
    with pytest.raises(TwinError) as refused:
        edit()
    assert refused.value.key == "unknown_item"
    assert "Walk" in refused.value.placeholders["allowed"]


@given(st.lists(st.tuples(st.integers(0, 4), st.none() | st.integers(0, 4)), max_size=20))
def test_however_items_are_moved_none_is_lost(moves: list[tuple[int, int | None]]) -> None:
    key_results: tuple[KeyResult, ...] = GOAL
    for item, after in moves:
        uids = _uids(key_results)
        behind = None if after is None else uids[after]
        with suppress(TwinError):
            key_results = with_moved_item(key_results, uids[item], behind)
    for before, after_moves in zip(GOAL, key_results, strict=True):
        assert set(before.items) == set(after_moves.items)
        assert len(before.items) == len(after_moves.items)


def test_an_item_is_removed_once() -> None:
    with refused(("unknown_item", "item")) as placeholders:
        without_items(GOAL, ["route/walk", "route/walk"])
    assert placeholders[0]["allowed"] == "[x], Try, Buy, Find"


def test_removing_items_takes_no_longer_for_each_of_many() -> None:
    def seconds(count: int) -> float:
        many = parse_key_results(
            [{"name": "L", "items": [f"Item {number}" for number in range(count)]}], now=NOW
        )
        uids = _uids(many)
        return min(repeat(lambda: without_items(many, uids), number=1, repeat=5, timer=thread_time))

    assert seconds(1000) < 30 * seconds(100)
