from dataclasses import replace
from datetime import date

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.enums import ItemState
from custom_components.digital_twin.twin.goals.key_result_parts import (
    ChecklistItem,
    items_document,
    parse_items,
    with_state,
)

from ..refusals import only_refuses, refused
from ..samples import context
from ..strategies import ANYTHING, objects

TODO, DOING, DONE = ItemState.TODO, ItemState.DOING, ItemState.DONE
SHOES = ChecklistItem(id="new_shoes", name="New shoes", state=DOING)
BASE = ChecklistItem(id="base", name="Ten weeks of base runs", state=TODO)
HILLS = ChecklistItem(id="hills", name="Hills", state=TODO)
HILLS_AGAIN = ChecklistItem(id="hills_2", name="hills", state=TODO)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ([], ()),
        (["New shoes"], (ChecklistItem(id="new_shoes", name="New shoes"),)),
        ([{"name": "New shoes", "state": "Doing"}], (SHOES,)),
        ([{"name": " New shoes ", "state": "doing", "id": None}], (SHOES,)),
        (
            [{"id": "base", "name": "Ten weeks of base runs"}, {"id": "hills", "name": "Hills"}],
            (BASE, HILLS),
        ),
        (
            ["Run", "Run", {"id": "run", "name": "Run"}],
            (
                ChecklistItem(id="run_2", name="Run"),
                ChecklistItem(id="run_3", name="Run"),
                ChecklistItem(id="run", name="Run"),
            ),
        ),
        (["✅"], (ChecklistItem(id="item", name="✅"),)),
    ],
)
def test_items_are_names_or_objects(raw: object, expected: tuple[ChecklistItem, ...]) -> None:
    assert parse_items(raw, context()) == expected


@pytest.mark.parametrize(
    ("raw", "faults"),
    [
        ("New shoes", [("wrong_type", "")]),
        ([3], [("wrong_type", "[0]")]),
        ([{}], [("required_field", "[0].name")]),
        ([" "], [("required_field", "[0].name")]),
        ([{"name": "a", "state": "half"}], [("not_an_option", "[0].state")]),
        ([{"name": "a", "ready": True}], [("unknown_field", "[0].ready")]),
        (["a", {"id": "b", "name": "x"}, {"id": "b", "name": "y"}], [("duplicate", "[2].id")]),
        (
            [{"name": 1}, "fine", {"name": "a", "id": 2}],
            [("wrong_type", "[0].name"), ("wrong_type", "[2].id")],
        ),
        (["a"] * 1001, [("too_long", "")]),
    ],
)
def test_everything_wrong_with_items_is_told(raw: object, faults: list[tuple[str, str]]) -> None:
    with refused(*faults):
        parse_items(raw, context())


@pytest.mark.parametrize("wanted", ["new_shoes", "New shoes", "new SHOES", " New shoes "])
@pytest.mark.parametrize("state", [DONE, "done", "Done"])
def test_an_item_is_found_by_id_or_name(wanted: str, state: str) -> None:
    items = with_state((BASE, SHOES), wanted, state, context())
    done = ChecklistItem(id="new_shoes", name="New shoes", state=DONE, done=context().today)
    assert items == (BASE, done)


def test_an_item_that_is_done_already_keeps_its_day() -> None:
    done = ChecklistItem(id="base", name="Base", state=DONE, done=date(2026, 1, 5))
    assert with_state((done,), "base", "done", context()) == (done,)
    undated = replace(done, done=None)
    assert with_state((undated,), "base", "done", context()) == (undated,)
    (item,) = with_state((done,), "base", "doing", context())
    assert (item.state, item.done) == (DOING, None)


def test_an_id_goes_before_a_name() -> None:
    named_like_it = ChecklistItem(id="other", name="base")
    items = with_state((named_like_it, BASE), "base", "done", context())
    assert [item.state for item in items] == [TODO, DONE]


def test_a_name_that_two_items_have_is_refused_with_their_ids() -> None:
    with refused(("ambiguous", "item")) as placeholders:
        with_state((HILLS, HILLS_AGAIN), "HILLS", "done", context())
    assert placeholders[0]["allowed"] == "hills, hills_2"


@pytest.mark.parametrize("wanted", ["shoes", "", None, 3])
def test_an_unknown_item_is_refused_with_those_that_are_known(wanted: object) -> None:
    with refused(("unknown_item", "item")) as placeholders:
        with_state((SHOES, BASE), wanted, "done", context())
    assert placeholders[0]["allowed"] == "New shoes, Ten weeks of base runs"


def test_a_long_checklist_is_not_recited() -> None:
    items = parse_items([f"Week {number}" for number in range(100)], context())
    with refused(("unknown_item", "item"), ("not_an_option", "state")) as placeholders:
        with_state(items, "Week 100", "finished", context())
    assert placeholders[0]["allowed"].count(",") == 19
    assert placeholders[1]["allowed"] == "todo, doing, done"


ITEMS = st.builds(
    ChecklistItem,
    id=st.text("abc", min_size=1, max_size=3),
    name=st.text("abc xyz", min_size=1).map(str.strip).filter(bool),
    state=st.sampled_from(ItemState),
)


@given(st.lists(ITEMS, unique_by=lambda item: item.id).map(tuple))
def test_items_come_back_from_their_documents(items: tuple[ChecklistItem, ...]) -> None:
    assert parse_items(items_document(items), context()) == items


@given(st.lists(st.text() | objects("id", "name", "state")) | ANYTHING)
def test_nothing_breaks(raw: object) -> None:
    items = only_refuses(lambda: parse_items(raw, context()))
    if items:
        assert len({item.id for item in items}) == len(items)
