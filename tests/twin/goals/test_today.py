"""What is to do today: chosen from the checklists of goals, with nothing left to chance."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from hypothesis import given, strategies as st

from custom_components.digital_twin.twin.enums import GoalStatus, ItemState
from custom_components.digital_twin.twin.goals.goal import Goal
from custom_components.digital_twin.twin.goals.todo_list import (
    MOST_TODAY,
    RESTING,
    TodayItem,
    items_of_today,
    listed,
    split_uid,
)

from ..samples import goal

TODAY = date(2026, 3, 1)


def _id(number: int) -> str:
    return f"55555555-5555-4555-8555-{number:012}"


def _goal(number: int, items: Sequence[object], **more: object) -> Goal:
    document: dict[str, object] = {
        "goal_code": f"G{number:02}",
        "status": "Active",
        "progress_metrics": [{"name": "Steps", "items": [*items]}],
    }
    return goal(_id(number), **document | more)


def _due(name: str, days: int) -> dict[str, object]:
    return {"name": name, "due": (TODAY + timedelta(days=days)).isoformat()}


def _names(found: Sequence[TodayItem]) -> list[str]:
    return [each.item.name for each in found]


def test_due_items_are_by_day_and_the_others_by_the_ranking() -> None:
    one = _goal(1, ["A", _due("B", 0), _due("C", 1)])
    two = _goal(2, [_due("D", 0), _due("E", -3), _due("F", 5), "G"])
    three = _goal(3, ["H"])
    found = items_of_today([three, two, one], [_id(2), _id(1)], TODAY)
    assert _names(found) == ["E", "B", "D", "F", "A"]


def test_what_was_done_today_follows_what_is_to_do() -> None:
    done = [
        {"name": "A", "state": "done", "done": TODAY.isoformat()},
        {"name": "B", "state": "done", "done": (TODAY - timedelta(days=1)).isoformat()},
        {"name": "C", "state": "done"},
    ]
    found = items_of_today([_goal(1, [*done, "D", "E"])], [_id(1)], TODAY)
    assert _names(found) == ["D", "A"]


def test_what_is_due_leaves_no_room_for_more_than_seven() -> None:
    late = _goal(1, [_due(f"Late {number}", -number) for number in range(9)])
    found = items_of_today([late, _goal(2, ["Next"])], [_id(2)], TODAY)
    assert _names(found) == [f"Late {number}" for number in range(8, 1, -1)]


def _any_item(number: int) -> st.SearchStrategy[dict[str, object]]:
    days = st.none() | st.integers(-2, 2).map(lambda n: (TODAY + timedelta(days=n)).isoformat())
    done = st.fixed_dictionaries({"state": st.just("done"), "done": days})
    to_do = st.fixed_dictionaries({"state": st.sampled_from(("todo", "doing")), "due": days})
    return (done | to_do).map(lambda parts: {"name": f"Item {number}", **parts})


def _any_goal(number: int) -> st.SearchStrategy[Goal]:
    items = st.integers(1, 6).flatmap(lambda n: st.tuples(*map(_any_item, range(n))))
    statuses, codes = st.sampled_from(GoalStatus), st.sampled_from(("G01", "g01", "G02"))
    return st.builds(
        lambda items, status, code: _goal(number, items, status=status.value, goal_code=code),
        items,
        statuses,
        codes,
    )


GOALS = st.integers(0, 9).flatmap(lambda count: st.tuples(*map(_any_goal, range(count))))


@given(GOALS, st.randoms(use_true_random=False))
def test_the_list_keeps_its_rules_whatever_the_goals(
    goals: tuple[Goal, ...], random: Random
) -> None:
    ranking = [each.goal_id for each in goals if each.status is GoalStatus.ACTIVE]
    random.shuffle(ranking)
    found = items_of_today(goals, ranking, TODAY)
    shuffled = [*goals]
    random.shuffle(shuffled)
    assert items_of_today(shuffled, ranking, TODAY) == found
    by_id = {each.goal_id: each for each in goals}
    to_do = [each for each in found if each.item.state is not ItemState.DONE]
    assert len(to_do) <= MOST_TODAY
    assert [*found[: len(to_do)]] == to_do
    assert len({each.uid for each in found}) == len(found)
    for each in found:
        goal_id, uid = split_uid(each.uid)
        assert by_id[goal_id].status not in RESTING
        assert listed(by_id[goal_id].progress_metrics, uid) == each.listed
        assert each.item.state is not ItemState.DONE or each.item.done == TODAY
    later = [each for each in to_do if not (each.item.due and each.item.due <= TODAY)]
    assert to_do[len(to_do) - len(later) :] == later
    order = [ranking.index(each.goal_id) for each in later]
    assert order == sorted(set(order))


@given(GOALS)
def test_closed_goals_change_nothing(goals: tuple[Goal, ...]) -> None:
    ranking = [each.goal_id for each in goals]
    open_ones = [each for each in goals if each.status not in RESTING]
    found = items_of_today(goals, ranking, TODAY)
    assert found == items_of_today(open_ones, ranking, TODAY)
