from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.enums import GoalStatus, ItemState, KeyResultKind
from custom_components.digital_twin.twin.goals.goal import progress_summary
from custom_components.digital_twin.twin.goals.key_result_parts import ChecklistItem, DayValue
from custom_components.digital_twin.twin.goals.key_results import KeyResult
from custom_components.digital_twin.twin.goals.progress import goal_progress

from ..samples import READ, RUN, goal
from .test_key_results import KEY_RESULTS, key_result

REACH, ACCUMULATE = KeyResultKind.REACH, KeyResultKind.ACCUMULATE
MAINTAIN, BOOLEAN = KeyResultKind.MAINTAIN, KeyResultKind.BOOLEAN
CHECKLIST = KeyResultKind.CHECKLIST
AMOUNTS = st.floats(-1e15, 1e15)


def days(*values: float) -> tuple[DayValue, ...]:
    return tuple(
        DayValue(date(2026, 1, 1) + timedelta(days=index), value)
        for index, value in enumerate(values)
    )


def items(*states: ItemState) -> tuple[ChecklistItem, ...]:
    return tuple(
        ChecklistItem(id=str(index), name=str(index), state=state)
        for index, state in enumerate(states)
    )


TODO, DOING, DONE = ItemState.TODO, ItemState.DOING, ItemState.DONE


@pytest.mark.parametrize(
    ("kind", "parts", "expected"),
    [
        # Up, down, across zero, beyond both ends.
        (REACH, {"baseline": 0.0, "target": 10.0, "current": 4.0}, 0.4),
        (REACH, {"baseline": 80.0, "target": 76.0, "current": 79.0}, 0.25),
        (REACH, {"baseline": -10.0, "target": 10.0, "current": 0.0}, 0.5),
        (REACH, {"baseline": 80.0, "target": 76.0, "current": 81.0}, 0),
        (REACH, {"baseline": 80.0, "target": 76.0, "current": 70.0}, 1),
        (REACH, {"baseline": 80.0, "target": 76.0, "current": 80.0}, 0),
        # What is not known.
        (REACH, {}, None),
        (REACH, {"baseline": 80.0, "target": 76.0}, None),
        (REACH, {"baseline": 80.0, "current": 79.0}, None),
        (REACH, {"target": 76.0, "current": 79.0}, None),
        (REACH, {"target": 76.0, "current": 76.0}, 1),
        (REACH, {"baseline": 80.0, "target": "TBD", "current": 79.0}, None),
        # Without a baseline a comparison says whether a target is met.
        (REACH, {"target": 85.0, "current": 90.0, "extra": {"comparison": ">"}}, 1),
        (REACH, {"target": 85.0, "current": 84.0, "extra": {"comparison": "\u2265"}}, 0),
        (REACH, {"target": 56.0, "current": 50.0, "extra": {"comparison": "<"}}, 1),
        (REACH, {"target": 56.0, "current": 57.0, "extra": {"comparison": "\u2264"}}, 0),
        # A baseline that is on the right side already is no start of a way.
        (
            REACH,
            {"baseline": 50.0, "target": 56.0, "current": 60.0, "extra": {"comparison": "<"}},
            0,
        ),
        (
            REACH,
            {"baseline": 76.0, "target": 76.0, "current": 79.0, "extra": {"comparison": "<"}},
            0,
        ),
        (REACH, {"target": 56.0, "current": 50.0, "extra": {"comparison": "~"}}, None),
        (REACH, {"target": 56.0, "current": 50.0, "extra": {"comparison": ["<"]}}, None),
        (
            REACH,
            {"baseline": 80.0, "target": 85.0, "current": 84.0, "extra": {"comparison": ">"}},
            0.8,
        ),
        # A baseline that is the target.
        (REACH, {"baseline": 76.0, "target": 76.0, "current": 79.0}, None),
        (REACH, {"baseline": 76.0, "target": 76.0, "current": 76.0}, 1),
        (REACH, {"baseline": 76.0, "target": 76.0}, None),
        (ACCUMULATE, {"target": 200.0, "current": 50.0}, 0.25),
        (ACCUMULATE, {"baseline": 100.0, "target": 200.0, "current": 150.0}, 0.5),
        (ACCUMULATE, {"target": 200.0}, None),
        (ACCUMULATE, {"current": 50.0}, None),
        (ACCUMULATE, {"target": 0.0, "current": 50.0}, None),
        (ACCUMULATE, {"target": 0.0, "current": 0.0}, 1),
        (MAINTAIN, {"minimum": 7.0, "maximum": 9.0, "days": days(6.9, 7, 9, 9.1)}, 0.5),
        (MAINTAIN, {"minimum": 7.0, "days": days(6, 7, 100)}, 2 / 3),
        (MAINTAIN, {"maximum": 9.0, "days": days(-100, 9, 10)}, 2 / 3),
        (MAINTAIN, {"minimum": 7.0, "days": days(1), "current": 8.0}, 0),
        (MAINTAIN, {"minimum": 7.0, "current": 8.0}, 1),
        (MAINTAIN, {"minimum": 7.0, "current": 6.0}, 0),
        (MAINTAIN, {"minimum": 7.0}, None),
        (MAINTAIN, {"days": days(7), "current": 7.0}, None),
        (CHECKLIST, {"items": items(DONE, DOING, TODO, TODO)}, 0.375),
        (CHECKLIST, {"items": items(DONE, DONE)}, 1),
        (CHECKLIST, {"items": items(TODO)}, 0),
        (CHECKLIST, {}, None),
        (BOOLEAN, {"current": True}, 1),
        (BOOLEAN, {"current": False}, 0),
        (BOOLEAN, {"current": True, "target": True}, 1),
        (BOOLEAN, {"current": False, "target": False}, 1),
        (BOOLEAN, {"current": True, "target": False}, 0),
        (BOOLEAN, {}, None),
    ],
)
def test_progress_of_each_kind(
    kind: KeyResultKind, parts: dict[str, Any], expected: float | None
) -> None:
    assert key_result(kind=kind, **parts).progress == pytest.approx(expected)


@given(KEY_RESULTS)
def test_progress_is_a_share_or_not_known(known: KeyResult) -> None:
    progress = known.progress
    assert progress is None or 0 <= progress <= 1


@given(
    st.sampled_from([REACH, ACCUMULATE]),
    AMOUNTS | st.just(5e-324),
    AMOUNTS | st.just(0.0),
    AMOUNTS,
    AMOUNTS,
)
def test_nearer_to_the_target_is_never_less(
    kind: KeyResultKind, baseline: float, target: float, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    near, far = (high, low) if target > baseline else (low, high)
    known = key_result(kind=kind, baseline=baseline, target=target)
    shares = [replace(known, current=value).progress for value in (far, near)]
    if baseline == target:
        assert shares == [1.0 if value == target else None for value in (far, near)]
    else:
        assert shares[0] is not None
        assert shares[1] is not None
        assert shares[0] <= shares[1]


@given(st.lists(st.sampled_from(ItemState), min_size=1), st.integers(0))
def test_an_item_that_moves_on_moves_the_checklist_on(states: list[ItemState], which: int) -> None:
    before = key_result(kind=CHECKLIST, items=items(*states)).progress
    states[which % len(states)] = DONE
    after = key_result(kind=CHECKLIST, items=items(*states)).progress
    assert before is not None
    assert after is not None
    assert before <= after


def at(share: float | None, weight: float = 1.0) -> KeyResult:
    return key_result(baseline=0.0, target=1.0, current=share, weight=weight)


@pytest.mark.parametrize(
    ("key_results", "expected"),
    [
        ([], None),
        ([at(None)], None),
        ([at(0.4)], 40),
        ([at(0.4), at(0.8)], 60),
        ([at(0.4, 3), at(0.8, 1)], 50),
        ([at(0.4), at(None, 5)], 40),
        ([at(0.4, 0)], None),
        ([at(0.4, 0), at(0.9, 2)], 90),
        ([at(1 / 3)], 33.3333),
        ([at(0.0)], 0),
        ([at(1.0, 0.1), at(1.0, 0.2), at(1.0, 0.7)], 100),
    ],
)
def test_a_goal_is_the_weighted_mean_of_what_is_known(
    key_results: list[KeyResult], expected: float | None
) -> None:
    assert goal_progress(GoalStatus.ACTIVE, key_results) == expected


@pytest.mark.parametrize("key_results", [[], [at(None)], [at(0.4)]])
def test_a_completed_goal_is_done(key_results: list[KeyResult]) -> None:
    assert goal_progress(GoalStatus.COMPLETED, key_results) == 100


@pytest.mark.parametrize(
    "status", [status for status in GoalStatus if status is not GoalStatus.COMPLETED]
)
def test_other_statuses_do_not_touch_the_progress(status: GoalStatus) -> None:
    assert goal_progress(status, [at(0.4)]) == 40


@given(st.sampled_from(GoalStatus), st.lists(KEY_RESULTS, max_size=5))
def test_the_progress_of_a_goal_is_a_percentage_or_not_known(
    status: GoalStatus, key_results: list[KeyResult]
) -> None:
    progress = goal_progress(status, key_results)
    assert progress is None or 0 <= progress <= 100


@given(st.lists(st.builds(at, st.floats(0, 1), st.floats(0.01, 1e15)), min_size=1))
def test_a_goal_lies_between_its_key_results(key_results: list[KeyResult]) -> None:
    shares = [100 * (each.progress or 0) for each in key_results]
    progress = goal_progress(GoalStatus.ACTIVE, key_results)
    assert progress is not None
    assert min(shares) - 1e-3 <= progress <= max(shares) + 1e-3


def _metrics(share: float) -> list[dict[str, object]]:
    return [{"name": "KR", "baseline": 0, "target": 1, "current": share}]


def test_a_person_sees_how_their_goals_stand() -> None:
    goals = [
        goal(RUN, goal_code="g02", name="Run", status="Active", progress_metrics=_metrics(0.5)),
        goal(READ, goal_code="G01", name="Read", status="Active", progress_metrics=_metrics(0.25)),
        goal(goal_code="G03", name="Sing", status="Active"),
        goal(goal_code="G04", name="Rest", status="On Hold", progress_metrics=_metrics(0.9)),
        goal(goal_code="G05", name="Swim", status="Completed"),
    ]
    summary = progress_summary(goals, {READ: "ahead"}.get)
    assert summary == progress_summary(reversed(goals), {READ: "ahead"}.get)
    assert summary["counts"] == {
        "Planning": 0,
        "Active": 3,
        "On Hold": 1,
        "Completed": 1,
        "Archived": 0,
    }
    assert summary["mean_progress"] == 37.5
    by_code = summary["goals"]
    assert isinstance(by_code, dict)
    assert list(by_code) == ["G01", "g02", "G03", "G04", "G05"]
    assert by_code["g02"] == {"name": "Run", "status": "Active", "progress": 50, "pace": None}
    assert by_code["G01"] == {"name": "Read", "status": "Active", "progress": 25, "pace": "ahead"}
    assert by_code["G03"] == {"name": "Sing", "status": "Active", "progress": None, "pace": None}


def test_without_goals_there_is_no_mean() -> None:
    summary = progress_summary([], lambda _goal_id: None)
    assert summary["mean_progress"] is None
    assert summary["goals"] == {}


def test_one_value_of_five_that_is_met_is_a_fifth() -> None:
    values = (57.0, 61.0, 55.0, 60.0, 58.0)
    results = [
        key_result(target=56.0, current=value, extra={"comparison": "<"}) for value in values
    ]
    assert goal_progress(GoalStatus.ACTIVE, results) == 20
