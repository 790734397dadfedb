"""What if: a copy of the goals is changed, and only what differs is told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, timedelta
from pathlib import Path
import re
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.enums import PersonContext
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.goals.assessment import (
    assess_goal,
    forecast_document,
    forecast_of,
)
from custom_components.digital_twin.twin.goals.goal import Goal
from custom_components.digital_twin.twin.goals.key_result_parts import DayValue
from custom_components.digital_twin.twin.goals.pace import Pace
from custom_components.digital_twin.twin.goals.pauses import Pauses, pauses_in
from custom_components.digital_twin.twin.goals.plan import Hold
from custom_components.digital_twin.twin.goals.references import DependencyGraph
from custom_components.digital_twin.twin.goals.simulation import (
    GoalsOfDay,
    Simulation,
    difference_document,
    simulate,
)
from custom_components.digital_twin.twin.goals.slip import Slips
from custom_components.digital_twin.twin.goals.suppositions import SupposedGoal, read_supposed_goal
from custom_components.digital_twin.twin.records.context_effects import DEFAULT_EFFECTS
from custom_components.digital_twin.twin.records.contexts import ContextPeriod
from custom_components.digital_twin.twin.records.fields import PersonDay

from ..samples import READ, RUN, context, goal
from ..strategies import ANYTHING, objects

TODAY = date(2026, 3, 1)
THIRD = "77777777-7777-4777-8777-777777777777"
WEIGHT = {"name": "Weight", "unit": "kg", "baseline": 90, "target": 70, "current": 80}
STEPS = {"name": "Steps", "items": ["a", "b", "c", "d"]}


def household(*goals: Goal) -> GoalsOfDay:
    """Return goals with all that is derived of them today."""
    known = {one.goal_id: one for one in goals}
    graph = DependencyGraph({key: one.dependencies for key, one in known.items()})
    forecasts = {key: forecast_of(one, TODAY) for key, one in known.items()}
    found = {key: assess_goal(one, known, graph, forecasts, TODAY) for key, one in known.items()}
    slips = Slips()
    slips.update(graph, known, found, known, TODAY)
    return GoalsOfDay(known, found, graph, slips, TODAY)


def run(**parts: object) -> Goal:
    usual = {"status": "Active", "start_date": "2026-01-01", "target_date": "2026-06-30"}
    return goal(RUN, goal_code="G01", **usual | parts)


def read(**parts: object) -> Goal:
    usual = {"status": "Planning", "start_date": "2026-07-01", "target_date": "2026-07-31"}
    return goal(READ, goal_code="G02", **{"dependencies": [RUN], **usual, **parts})


def what_if(known: GoalsOfDay, *supposed: Mapping[str, object]) -> Simulation:
    found = [replace(read_supposed_goal(one, context()), path="goals[0]") for one in supposed]
    return simulate(known, found, context())


def told(found: Simulation, goal_id: str) -> dict[str, Any]:
    (one,) = (each for each in found.goals if each.goal.goal_id == goal_id)
    changes: Any = difference_document(one)["changes"]
    return {name: (part["before"], part["after"]) for name, part in changes.items()}


def test_a_later_target_date_moves_those_that_wait() -> None:
    known = household(run(), read())
    found = what_if(known, {"goal": RUN, "target_date": "2026-08-10"})
    assert told(found, RUN)["target_date"] == ("2026-06-30", "2026-08-10")
    before, after = told(found, READ)["slip"]
    assert (before["finish"], before["days"]) == ("2026-07-31", 0)
    assert (after["finish"], after["days"]) == ("2026-09-09", 40)
    assert after["late_because_of"] == [{"goal_id": RUN, "days": 40}]
    assert told(found, READ).keys() == {"slip"}
    assert (found.path_before, found.path_after) == ((READ,), (RUN, READ))


def test_what_is_as_it_was_differs_in_nothing() -> None:
    known = household(run(), read())
    found = what_if(known, {"goal": RUN, "target_date": "2026-06-30"})
    assert found.goals == ()
    assert found.path_before == found.path_after


def test_a_goal_that_is_dropped_holds_up_nobody() -> None:
    known = household(run(status="On Hold"), read())
    found = what_if(known, {"goal": RUN, "dropped": True})
    assert told(found, RUN)["status"] == ("On Hold", None)
    before, after = told(found, READ)["slip"]
    assert (before["finish"], before["unknown_because_of"]) == (None, RUN)
    assert (after["finish"], after["unknown_because_of"]) == ("2026-07-31", None)


def test_another_status_unblocks_those_that_wait() -> None:
    known = household(run(), read(status="Active", start_date="2026-02-01"))
    found = what_if(known, {"goal": RUN, "status": "completed"})
    assert told(found, RUN)["status"] == ("Active", "Completed")
    assert told(found, READ)["pace"] == ("blocked", None)
    assert told(found, READ)["blocked_by"] == ([RUN], [])


def test_dependencies_can_be_supposed_and_may_close_a_circle() -> None:
    known = household(run(), read())
    found = what_if(known, {"goal": RUN, "dependencies": [READ]})
    _, after = told(found, RUN)["slip"]
    assert after["finish"] == "2026-07-31"
    with pytest.raises(TwinError, match=r"goals\[0\].dependencies: not_found"):
        what_if(known, {"goal": RUN, "dependencies": [THIRD]})


@pytest.mark.parametrize(
    ("supposed", "finish", "per_week"),
    [
        # 10 kg at 1 kg a week are 70 days.
        ({"key_result": "Weight", "per_week": 1}, "2026-05-10", 5.0),
        ({"key_result": "weight", "per_week": 2}, "2026-04-05", 10.0),
        # 78 kg on 15 March: 2 kg in two weeks.
        ({"key_result": "Weight", "value": 78, "by": "2026-03-15"}, "2026-05-10", 5.0),
        ({"key_result": "Weight", "value": 70, "by": "2026-03-15"}, "2026-03-15", 25.0),
    ],
)
def test_another_pace_is_another_forecast(
    supposed: dict[str, object], finish: str, per_week: float
) -> None:
    found = what_if(
        household(run(progress_metrics=[WEIGHT])), {"goal": RUN, "key_results": [supposed]}
    )
    _, after = told(found, RUN)["forecast"]
    assert (after["state"], after["finish"], after["per_week"]) == ("finish", finish, per_week)
    assert after["early"] < finish < after["late"]
    _, slip = told(found, RUN)["slip"]
    assert [slip[name] for name in ("finish", "early", "late")] == [
        after[name] for name in ("finish", "early", "late")
    ]


@pytest.mark.parametrize(
    ("supposed", "state"),
    [
        ({"key_result": "Weight", "per_week": 0}, "not_at_this_pace"),
        ({"key_result": "Weight", "value": 82, "by": "2026-04-01"}, "not_at_this_pace"),
        ({"key_result": "Weight", "per_week": 0.001}, "too_far"),
    ],
)
def test_a_pace_may_lead_nowhere(supposed: dict[str, object], state: str) -> None:
    known = household(run(progress_metrics=[WEIGHT]))
    found = what_if(known, {"goal": RUN, "key_results": [supposed]})
    _, after = told(found, RUN)["forecast"]
    assert (after["state"], after["finish"]) == (state, None)
    assert told(found, RUN)["slip"][1]["unknown_because_of"] == RUN


def test_the_pace_of_a_goal_that_has_not_begun_counts_from_its_beginning() -> None:
    begin = {**WEIGHT, "current": 90}
    known = household(run(), read(progress_metrics=[begin]))
    # 20 kg in ten weeks.
    slower = {"goal": READ, "key_results": [{"key_result": "Weight", "per_week": 2}]}
    found = what_if(known, slower)
    assert told(found, READ)["forecast"][1]["finish"] == "2026-09-09"
    assert told(found, READ)["slip"][1]["start"] == "2026-07-01"
    by = {"key_result": "Weight", "value": 80, "by": "2026-08-01"}
    found = what_if(known, {"goal": READ, "key_results": [by]})
    # Half of it in the 31 days from its beginning.
    assert told(found, READ)["forecast"][1]["finish"] == "2026-09-01"
    # It waits for the other, too.
    found = what_if(known, slower, {"goal": RUN, "target_date": "2026-08-10"})
    _, after = told(found, READ)["slip"]
    assert (after["start"], after["finish"], after["days"]) == ("2026-08-10", "2026-10-19", 40)
    assert after["early"] < after["finish"] < after["late"]


def test_items_of_a_list_have_a_pace() -> None:
    known = household(run(progress_metrics=[STEPS]))
    found = what_if(known, {"goal": RUN, "key_results": [{"key_result": "Steps", "per_week": 2}]})
    assert told(found, RUN)["forecast"][1]["finish"] == "2026-03-15"


def test_a_goal_ends_with_the_last_of_its_key_results() -> None:
    history = tuple(
        DayValue(TODAY - timedelta(days=day), 50 - day / 2) for day in range(30, -1, -1)
    )
    known = household(
        replace(run(progress_metrics=[WEIGHT, {**WEIGHT, "name": "B"}]), progress_history=history)
    )
    assert known.assessments[RUN].forecast.finish == date(2026, 6, 9)
    sooner = {"goal": RUN, "key_results": [{"key_result": "Weight", "per_week": 9}]}
    # The other takes as long as before.
    assert what_if(known, sooner).goals == ()
    both = [{"key_result": key, "per_week": 1} for key in ("Weight", "B")]
    found = what_if(known, {"goal": RUN, "key_results": both})
    assert told(found, RUN)["forecast"][1]["finish"] == "2026-05-10"


def test_another_value_is_another_progress_and_pace() -> None:
    known = household(run(progress_metrics=[WEIGHT]))
    found = what_if(known, {"goal": RUN, "key_results": [{"key_result": "Weight", "value": 88}]})
    assert told(found, RUN)["progress"] == (50.0, 10.0)
    assert told(found, RUN)["pace"] == ("ahead", "at_risk")
    assert known.goals[RUN].progress == 50.0


@pytest.mark.parametrize(
    ("supposed", "field", "key"),
    [
        ({"goal": RUN}, "", "nothing_to_do"),
        ({"goal": RUN, "name": "Walk"}, "name", "unknown_field"),
        ({"dropped": True}, "goal", "required_field"),
        ({"goal": RUN, "key_results": {}}, "key_results", "wrong_type"),
        ({"goal": RUN, "key_results": [{}] * 101}, "key_results", "too_long"),
        ({"goal": RUN, "key_results": [{"per_week": 1}]}, "key_results[0].key_result", "required"),
        (
            {"goal": RUN, "key_results": [{"key_result": "A", "per_week": -1}]},
            "key_results[0].per_week",
            "out_of_range",
        ),
        (
            {"goal": RUN, "key_results": [{"key_result": "A", "per_week": 1, "value": 1}]},
            "key_results[0].value",
            "only_one_of",
        ),
        (
            {"goal": RUN, "key_results": [{"key_result": "A", "value": 1, "by": "2026-03-01"}]},
            "key_results[0].by",
            "not_in_future",
        ),
        (
            {"goal": RUN, "key_results": [{"key_result": "A", "per_week": 1, "by": "2026-04-01"}]},
            "key_results[0].value",
            "required_field",
        ),
    ],
)
def test_what_cannot_be_supposed_is_refused_at_its_field(
    supposed: dict[str, object], field: str, key: str
) -> None:
    with pytest.raises(TwinError) as refused:
        read_supposed_goal(supposed, context())
    assert refused.value.faults[0].field == field
    assert refused.value.key.startswith(key)


@pytest.mark.parametrize(
    ("supposed", "field", "key"),
    [
        ({"target_date": "2025-12-31"}, "target_date", "dates_reversed"),
        ({"target_date": "soon"}, "target_date", "invalid_date"),
        ({"dependencies": [RUN]}, "dependencies", "self_dependency"),
        (
            {"key_results": [{"key_result": "Hats", "per_week": 1}]},
            "key_results[0].key_result",
            "not_an_option",
        ),
        (
            {"key_results": [{"key_result": "Done", "per_week": 1}]},
            "key_results[0].per_week",
            "wrong_kind",
        ),
        (
            {"key_results": [{"key_result": "Steps", "value": 1, "by": "2026-04-01"}]},
            "key_results[0].value",
            "wrong_kind",
        ),
        (
            {"key_results": [{"key_result": "Weight", "value": True, "by": "2026-04-01"}]},
            "key_results[0].value",
            "wrong_type",
        ),
        (
            {"key_results": [{"key_result": "Unknown", "per_week": 1}]},
            "key_results[0].key_result",
            "no_known_progress",
        ),
    ],
)
def test_what_a_goal_cannot_be_is_refused_where_it_was_supposed(
    supposed: dict[str, object], field: str, key: str
) -> None:
    unknown = {"name": "Unknown", "target": 5}
    done = {"name": "Done", "kind": "boolean", "current": False}
    known = household(run(progress_metrics=[WEIGHT, STEPS, unknown, done]))
    with pytest.raises(TwinError) as refused:
        what_if(known, {"goal": RUN, **supposed})
    assert (refused.value.faults[0].field, refused.value.key) == (f"goals[0].{field}", key)


PARTS = st.fixed_dictionaries(
    {},
    optional={
        "key_result": st.sampled_from(["Weight", "Steps", "Unknown", "Done"]) | ANYTHING,
        "per_week": st.floats(0, 1e15) | ANYTHING,
        "value": st.floats() | st.booleans() | ANYTHING,
        "by": st.dates(date(2026, 3, 2), date(2199, 12, 31)).map(date.isoformat) | ANYTHING,
    },
)


@given(
    objects("status", "start_date", "target_date", "dependencies", "dropped"),
    st.lists(PARTS, max_size=3) | ANYTHING,
)
def test_whatever_is_supposed_is_answered_or_refused(
    supposed: dict[str, object], key_results: object
) -> None:
    unknown = {"name": "Unknown", "target": 5}
    done = {"name": "Done", "kind": "boolean", "current": False}
    known = household(run(progress_metrics=[WEIGHT, STEPS, unknown, done]), read())
    try:
        found = what_if(known, {"goal": RUN, "key_results": key_results} | supposed)
    except TwinError:
        return
    for each in found.goals:
        assert difference_document(each)["changes"]


DAYS = st.dates(date(2026, 1, 2), date(2027, 12, 31)).map(date.isoformat)
STATUSES = st.sampled_from(["Planning", "Active", "On Hold", "Completed", "Archived"])


@given(DAYS, STATUSES, st.lists(st.sampled_from([READ, THIRD]), unique=True))
def test_a_simulation_says_what_really_comes(
    target: str, status: str, dependencies: list[str]
) -> None:
    other = goal(THIRD, goal_code="G03", status="Active", target_date="2026-05-01")
    known = household(run(), read(), other)
    supposed = {"status": status, "target_date": target, "dependencies": dependencies}
    found = simulate(known, [SupposedGoal(goal=RUN, patch=supposed)], context())
    really = household(run(**supposed), read(), other)
    for key in (RUN, READ, THIRD):
        changed = {each.goal.goal_id: each for each in found.goals}.get(key)
        slip = None if changed is None else changed.parts.get("slip")
        fresh, old = really.slips.of.get(key), known.slips.of.get(key)
        if slip is None:
            assert (fresh and fresh.finish) == (old and old.finish)
        else:
            document: Any = slip[1]
            finish = fresh.finish.isoformat() if fresh and fresh.finish else None
            assert (document and document["finish"]) == finish


DOCUMENT = Path(__file__).parents[3] / "docs" / "actions.md"
ROWS = re.findall(
    r"^\| (G0[12]) \| `([a-z_.]+)` \| ([^|]+) \| ([^|]+) \|$",
    DOCUMENT.read_text(encoding="utf-8"),
    re.MULTILINE,
)


def ill_for_three_weeks() -> Simulation:
    """Suppose what the documentation of the action does."""
    distance = {"name": "Distance", "baseline": 0, "target": 100, "current": 28}
    begin = date(2026, 1, 1)
    history = tuple(
        DayValue(begin + timedelta(days=day), round(28 / 59 * day, 2)) for day in range(0, 60, 2)
    )
    known = household(replace(run(progress_metrics=[distance]), progress_history=history), read())
    ill = ContextPeriod(PersonContext.ILL, date(2026, 2, 22), date(2026, 3, 14))
    return simulate(known, [], context(), {RUN: pauses_in([ill], DEFAULT_EFFECTS, PersonDay(UTC))})


@pytest.mark.parametrize(("code", "part", "before", "after"), ROWS)
def test_the_example_of_the_documentation_is_true(
    code: str, part: str, before: str, after: str
) -> None:
    name, _, inner = part.partition(".")
    values = told(ill_for_three_weeks(), RUN if code == "G01" else READ)[name]
    assert [str(each[inner] if inner else each) for each in values] == [before, after]


def test_the_example_of_the_documentation_names_what_differs() -> None:
    found = ill_for_three_weeks()
    named = {part.partition(".")[0] for code, part, *_ in ROWS if code == "G01"}
    assert told(found, RUN).keys() == named | {"slip"}
    assert len(ROWS) == 6


@pytest.mark.parametrize(
    ("present", "supposed"),
    [
        ([], [(0, 21)]),
        ([], [(-7, 14)]),
        ([(-20, -10)], [(-20, -10), (0, 21)]),
        ([(-7, 14)], [(-7, 30)]),
        ([(-7, 14)], []),
        ([(-7, None)], [(-7, 3)]),
        ([(3, 14)], [(5, 14)]),
        ([], [(0, None)]),
    ],
)
def test_a_supposed_context_is_foretold_as_a_real_one_is(
    present: list[tuple[int, int | None]], supposed: list[tuple[int, int | None]]
) -> None:
    def pauses(spans: list[tuple[int, int | None]]) -> Pauses:
        holds = tuple(
            Hold(TODAY + timedelta(days=first), None if last is None else TODAY + timedelta(last))
            for first, last in spans
        )
        return Pauses(plans=holds, stalled=holds)

    begin = date(2026, 1, 1)
    history = tuple(DayValue(begin + timedelta(days=day), day / 2) for day in range(0, 60, 2))
    distance = {"name": "Distance", "baseline": 0, "target": 100, "current": 29}
    one = replace(run(progress_metrics=[distance]), progress_history=history)
    graph = DependencyGraph({RUN: ()})
    before, after = (forecast_of(one, TODAY, pauses(spans)) for spans in (present, supposed))
    found = assess_goal(one, {RUN: one}, graph, {RUN: before}, TODAY, pauses=pauses(present))
    known = GoalsOfDay({RUN: one}, {RUN: found}, graph, Slips(), TODAY)
    changes = told(simulate(known, [], context(), {RUN: pauses(supposed)}), RUN)
    expected = (forecast_document(before), forecast_document(after))
    assert changes.get("forecast", (None, None)) == (expected if before != after else (None, None))


def test_a_pace_is_supposed_beside_a_context() -> None:
    known = household(run(progress_metrics=[WEIGHT]))
    ill = ContextPeriod(PersonContext.ILL, date(2026, 3, 1), date(2026, 3, 10))
    pauses = {RUN: pauses_in([ill], DEFAULT_EFFECTS, PersonDay(UTC))}
    pace = {"goal": RUN, "key_results": [{"key_result": "Weight", "per_week": 2}]}
    supposed = [read_supposed_goal(pace, context())]
    finish = [
        told(simulate(known, supposed, context(), each), RUN)["forecast"][1]["finish"]
        for each in ({}, pauses)
    ]
    # Ten kilograms at two a week, and ten days in bed.
    assert finish == ["2026-04-05", "2026-04-15"]


def test_household_metrics_and_silent_entities_are_as_before_in_a_simulation() -> None:
    follows = {**WEIGHT, "current": 85, "source": {"entity_id": "sensor.stored"}}
    one = run(progress_metrics=[follows])
    forecasts = {RUN: forecast_of(one, TODAY)}
    graph = DependencyGraph({RUN: ()})
    unheard = {"weight": TODAY - timedelta(days=9)}
    found = assess_goal(one, {RUN: one}, graph, forecasts, TODAY, unheard=unheard)
    assert found.pace is Pace.UNRELIABLE
    known = GoalsOfDay({RUN: one}, {RUN: found}, graph, Slips(), TODAY)
    later = what_if(known, {"goal": RUN, "target_date": "2026-07-10"})
    assert "pace" not in told(later, RUN)
