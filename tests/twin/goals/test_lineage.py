"""What is measured rests on devices, and goals rest on what is measured."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.goals.assessment import (
    assess_goal,
    assessment_document,
    forecast_of,
)
from custom_components.digital_twin.twin.goals.goal import Goal
from custom_components.digital_twin.twin.goals.lineage import (
    GONE,
    MOST,
    Lineage,
    LineageLink,
    LinkKind,
    MetricKey,
    SourceEntity,
    link_document,
    silent_sources,
)
from custom_components.digital_twin.twin.goals.pace import Pace
from custom_components.digital_twin.twin.goals.references import DependencyGraph

from ..samples import ANNA, JAN, goal

TODAY = date(2026, 3, 1)
SCALE = SourceEntity("sensor.scale_weight", "Weight", "scale", "Bathroom scale")
PHONE = SourceEntity("sensor.phone_weight", "Weight", None, None)


def key_result(metric: str | None = "weight", days: int = 0, **parts: object) -> dict[str, Any]:
    """Return a key result whose last value is so many days old."""
    source = {"source": {"metric": metric}} if metric else {}
    measured = f"{TODAY - timedelta(days=days)}T08:00:00+00:00"
    known = {"name": "Weight", "baseline": 90, "target": 60, "current": 85}
    return {**known, "measured_at": measured, **source, **parts}


def a_goal(*key_results: dict[str, Any], number: int = 1, **fields: object) -> Goal:
    return goal(
        f"30000000-0000-4000-8000-{number:012}",
        goal_code=f"G{number:02}",
        name=f"Goal {number}",
        status="Active",
        start_date="2026-01-01",
        target_date="2026-06-30",
        owner_person_id=ANNA,
        progress_metrics=list(key_results),
        **fields,
    )


@pytest.mark.parametrize(
    ("metric", "days", "is_silent"),
    [
        ("weight", 8, False),
        ("weight", 9, True),
        # Not every day is a day on which somebody wears a watch.
        ("heart_rate", 3, False),
        ("heart_rate", 4, True),
        ("steps", 3, False),
        ("steps", 4, True),
        # Adults do not grow.
        ("height", 400, False),
        (None, 400, False),
    ],
)
def test_a_source_is_silent_when_its_last_value_is_too_old(
    metric: str | None, days: int, is_silent: bool
) -> None:
    found = silent_sources(a_goal(key_result(metric, days)), TODAY, CATALOGUE)
    assert [each.metric for each in found] == ([metric] if is_silent else [])


@pytest.mark.parametrize("parts", [{"weight": 0}, {"current": 59}])
def test_what_needs_no_value_is_not_silent(parts: dict[str, Any]) -> None:
    one = a_goal(key_result(days=30), key_result(None, name="Other"))
    assert silent_sources(one, TODAY)
    assert not silent_sources(a_goal(key_result(days=30, **parts)), TODAY)


def assessed(one: Goal, unheard: Mapping[str, date] | None = None) -> dict[str, Any]:
    forecasts = {one.goal_id: forecast_of(one, TODAY)}
    graph = DependencyGraph({one.goal_id: ()})
    found = assess_goal(one, {one.goal_id: one}, graph, forecasts, TODAY, unheard=unheard or {})
    return assessment_document(found)


@pytest.mark.parametrize(
    ("current", "days", "pace"),
    [
        (85, 9, Pace.UNRELIABLE),
        (85, 30, Pace.UNRELIABLE),
        (85, 1, Pace.AT_RISK),
        # What was enough for the plan is enough, whatever has come since.
        (70, 9, Pace.AHEAD),
    ],
)
def test_a_goal_is_unreliable_rather_than_behind_when_its_source_is_silent(
    current: float, days: int, pace: Pace
) -> None:
    found = assessed(a_goal(key_result(days=days, current=current)))
    assert found["pace"] == pace.value
    assert bool(found["silent_sources"]) is (days > 8)


DOCUMENT = Path(__file__).parents[3] / "docs" / "pace-and-forecast.md"
ROWS = re.findall(
    r"^\| (weight|steps), ([0-9]+) days ago \| ([a-z ]+) \| ([a-z]+)",
    DOCUMENT.read_text(encoding="utf-8"),
    re.MULTILINE,
)
# By pace what Anna weighs on the first of March, with a plan from 90 to 60 kg in half a year.
WEIGHTS = {"behind": 82.0, "ahead": 70.0, "at risk": 85.0, "overdue": 85.0}


@pytest.mark.parametrize(("metric", "days", "by_plan", "shown"), ROWS)
def test_the_table_of_the_documentation_is_true(
    metric: str, days: str, by_plan: str, shown: str
) -> None:
    for age, pace in (("0", by_plan), (days, shown)):
        one = a_goal(key_result(metric, int(age), current=WEIGHTS[by_plan]))
        if by_plan == "overdue":
            one = replace(one, target_date=date(2026, 2, 1))
        assert assessed(one)["pace"] == pace.replace(" ", "_")


OUTAGES = re.findall(
    r"^\| an entity, unavailable for ([0-9]) days? \| ([a-z ]+) \| ([a-z]+)",
    DOCUMENT.read_text(encoding="utf-8"),
    re.MULTILINE,
)


@pytest.mark.parametrize(("days", "by_plan", "shown"), OUTAGES)
def test_the_table_of_outages_is_true(days: str, by_plan: str, shown: str) -> None:
    # The last change of the value is old: that it stays the same says nothing.
    follows = key_result(None, 40, current=WEIGHTS[by_plan], source={"entity_id": "sensor.stored"})
    one = a_goal(follows)
    since = {"weight": TODAY - timedelta(days=int(days))}
    assert assessed(one)["pace"] == by_plan
    assert assessed(one, since)["pace"] == shown


def test_the_tables_of_the_documentation_are_read() -> None:
    assert (len(ROWS), len(OUTAGES)) == (5, 3)


@pytest.mark.parametrize(
    ("last", "since", "told"),
    [
        # Of what is gone only the last value is known.
        (40, GONE, date(2026, 1, 20)),
        (1, GONE, None),
        (None, GONE, None),
        (None, date(2026, 2, 27), date(2026, 2, 27)),
        # What somebody wrote during the outage is a value.
        (1, date(2026, 2, 1), None),
        (5, date(2026, 2, 1), date(2026, 2, 24)),
        (5, None, None),
    ],
)
def test_an_entity_without_a_value_is_silent_since_its_last_value_or_its_outage(
    last: int | None, since: date | None, told: date | None
) -> None:
    follows = key_result(None, last or 0, source={"entity_id": "sensor.stored"})
    if last is None:
        del follows["measured_at"]
    unheard = {} if since is None else {"weight": since}
    found = silent_sources(a_goal(follows), TODAY, CATALOGUE, unheard)
    assert [(each.metric, each.since) for each in found] == ([(None, told)] if told else [])


def test_the_reason_names_what_is_silent_and_since_when() -> None:
    found = assessed(a_goal(key_result(days=9), key_result("body_fat", 20, name="Fat")))
    assert found["pace_reason"] == {
        "key": "unreliable",
        "names": "Weight, Fat",
        "since": "2026-02-09",
    }
    assert [each["since"] for each in found["silent_sources"]] == ["2026-02-20", "2026-02-09"]


def test_a_deadline_has_passed_whatever_is_silent() -> None:
    one = replace(a_goal(key_result(days=30)), target_date=date(2026, 2, 1))
    assert assessed(one)["pace"] == "overdue"


def lineage(
    *goals: Goal,
    hidden: frozenset[MetricKey] = frozenset(),
    sources: tuple[SourceEntity, ...] = (SCALE,),
) -> Lineage:
    return Lineage(
        goals={each.goal_id: each for each in goals},
        graph=DependencyGraph({each.goal_id: each.dependencies for each in goals}),
        sources={MetricKey(ANNA, "weight"): sources},
        followed={"sensor.stored": SourceEntity("sensor.meter", "Energy", "meter", "Meter")},
        stale={MetricKey(ANNA, "weight"): date(2026, 2, 20)},
        hidden=hidden,
    )


def chain(*, hidden: bool = False) -> tuple[Lineage, list[Goal]]:
    """Return a goal that follows a weight, one that depends on it, and one on that."""
    first = a_goal(key_result())
    second = a_goal(number=2, dependencies=[first.goal_id])
    third = a_goal(number=3, dependencies=[second.goal_id])
    goals = [first, second, third]
    keys = {MetricKey(ANNA, "weight")} if hidden else set()
    return lineage(*goals, hidden=frozenset(keys)), goals


def ids(links: list[LineageLink]) -> list[tuple[str, str, str | None]]:
    return [(each.kind.value, each.id, each.through) for each in links]


def test_a_goal_rests_on_its_metrics_their_entities_and_devices() -> None:
    found, (first, second, third) = chain()
    below, above = found.of_goal(first)
    assert ids(below) == [
        ("metric", "weight", "weight"),
        ("entity", "sensor.scale_weight", "weight"),
        ("device", "scale", "sensor.scale_weight"),
    ]
    assert link_document(below[0])["since"] == "2026-02-20"
    assert ids(above) == [
        ("goal", second.goal_id, first.goal_id),
        ("goal", third.goal_id, second.goal_id),
    ]
    below, above = found.of_goal(third)
    assert (ids(below), above) == ([("goal", second.goal_id, third.goal_id)], [])
    assert below[0].name == "G02 Goal 2"


def test_of_hidden_people_no_source_and_no_silence_is_told() -> None:
    found, (first, *_) = chain(hidden=True)
    below, _ = found.of_goal(first)
    assert (ids(below), below[0].since) == ([("metric", "weight", "weight")], None)
    metrics, goals = found.of_devices({"scale"}, ())
    assert (metrics, goals) == ([], [])


def test_a_device_makes_metrics_and_goals_unreliable() -> None:
    found, goals = chain()
    for devices, entities in (({"scale"}, ()), ((), {"sensor.scale_weight"})):
        metrics, several = found.of_devices(devices, entities)
        assert [(each.id, each.of) for each in metrics] == [("weight", ANNA)]
        assert [each.id for each in several] == [each.goal_id for each in goals]
    assert found.of_devices({"fridge"}, ()) == ([], [])
    both = lineage(*goals, sources=(SCALE, PHONE))
    assert both.of_devices({"scale"}, ()) == ([], [])


def test_a_key_result_may_follow_an_entity_itself() -> None:
    follows = key_result(None, name="Energy", source={"entity_id": "sensor.stored"})
    one = a_goal(follows)
    other = a_goal(number=2, dependencies=[one.goal_id])
    found = lineage(one, other, sources=())
    below, _ = found.of_goal(one)
    assert [each.id for each in below] == ["sensor.meter", "meter"]
    metrics, goals = found.of_devices({"meter"}, ())
    assert (metrics, [each.id for each in goals]) == ([], [one.goal_id, other.goal_id])


def test_of_a_person_what_the_metrics_rest_on_and_what_follows_them() -> None:
    found, (first, *others) = chain()
    below, above = found.of_person(ANNA)
    assert [each.id for each in below] == ["sensor.scale_weight", "scale"]
    expected = ["weight", first.goal_id, *(each.goal_id for each in others)]
    assert [each.id for each in above] == expected
    assert found.of_person(JAN) == ([], [])


def test_lists_are_short() -> None:
    first = a_goal(key_result())
    others = [a_goal(number=each, dependencies=[first.goal_id]) for each in range(2, 90)]
    _, above = lineage(first, *others).of_goal(first)
    assert len(above) == MOST
    assert {each.kind for each in above} == {LinkKind.GOAL}


def test_goals_in_a_circle_are_named_once() -> None:
    ids_ = [f"30000000-0000-4000-8000-{number:012}" for number in (1, 2)]
    goals = [a_goal(number=1, dependencies=[ids_[1]]), a_goal(number=2, dependencies=[ids_[0]])]
    _, above = lineage(*goals).of_goal(goals[0])
    assert [each.id for each in above] == [ids_[1]]
