"""What follows from a change of a goal: the day it was completed, the points of its history."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.digital_twin.twin.enums import GoalStatus
from custom_components.digital_twin.twin.goals.goal import GOAL, Goal, progress_of
from custom_components.digital_twin.twin.goals.key_result_parts import DayValue
from custom_components.digital_twin.twin.goals.plan import Hold
from custom_components.digital_twin.twin.records.fields import PersonDay
from custom_components.digital_twin.twin.records.revisions import change, decode, encode

from ..samples import ANNA, LATER, NOW, context, goal

TODAY = NOW.date()
KEY_RESULT = {"key": "a", "name": "A", "kind": "boolean", "current": False}
HALF: dict[str, Any] = {"progress_metrics": [KEY_RESULT]}


def settled(before: Goal | None, after: Goal, days: int = 0) -> Goal:
    return GOAL.derive(before, after, context(NOW + timedelta(days=days)))


def changed(before: Goal, days: int = 0, **patch: object) -> Goal:
    now = context(NOW + timedelta(days=days))
    return GOAL.derive(before, change(GOAL, before, patch, now), now)


@pytest.mark.parametrize("status", ["Planning", "Active", "On Hold"])
def test_a_goal_is_completed_on_the_day_that_its_status_says_so(status: str) -> None:
    open_ = settled(None, goal(status=status))
    assert open_.completed_on is None
    done = changed(open_, days=1, status="Completed")
    assert done.completed_on == LATER.date()
    assert changed(done, days=9, name="Run!").completed_on == LATER.date()
    assert changed(done, status=status).completed_on is None


def test_somebody_may_know_better_when_a_goal_was_completed() -> None:
    done = changed(goal(), status="Completed", completed_on="2026-01-15")
    assert done.completed_on == date(2026, 1, 15)
    assert changed(done, completed_on="2026-01-16").completed_on == date(2026, 1, 16)
    assert changed(goal(), completed_on="2026-01-15").completed_on is None


def test_a_goal_is_active_since_its_status_last_became_so() -> None:
    begun = settled(None, goal(status="Active"))
    assert begun.active_since == TODAY
    later = changed(begun, days=1, name="Run!", status="Active")
    assert later.active_since == TODAY
    held = changed(later, days=1, status="On Hold")
    assert held.active_since is None
    assert changed(held, days=1, status="Active").active_since == LATER.date()
    assert decode(GOAL, encode(GOAL, later), context(stored=True)) == later


def test_the_days_on_hold_are_kept() -> None:
    active = settled(None, goal(status="Active"))
    assert active.holds == ()
    held = changed(active, status="On Hold")
    assert held.holds == (Hold(TODAY),)
    assert changed(held, days=1, name="Run!").holds == (Hold(TODAY),)
    assert changed(held, status="Active").holds == ()
    again = changed(held, days=1, status="Active")
    assert again.holds == (Hold(TODAY, LATER.date()),)
    assert changed(again, days=1, status="On Hold").holds == (*again.holds, Hold(LATER.date()))
    assert decode(GOAL, encode(GOAL, again), context(stored=True)) == again


def test_an_archived_goal_keeps_what_it_came_to() -> None:
    done = changed(settled(None, goal(**HALF)), status="Completed")
    archived = changed(done, days=5, status="Archived")
    assert archived.completed_on == TODAY
    assert progress_of(archived) == 100
    given_up = changed(settled(None, goal(**HALF)), status="Archived")
    assert given_up.completed_on is None
    assert progress_of(given_up) == 0


def test_each_day_on_which_something_was_measured_is_a_point() -> None:
    first = settled(None, goal(**HALF))
    assert first.progress_history == (DayValue(TODAY, 0.0),)
    again = changed(first, days=1, **HALF, name="Other")
    assert again.progress_history == first.progress_history
    measured = [{**KEY_RESULT, "measured_at": NOW.isoformat()}]
    same = changed(first, days=1, progress_metrics=measured)
    assert same.progress_history == (DayValue(TODAY, 0.0), DayValue(LATER.date(), 0.0))
    done = changed(same, days=1, status="Completed")
    assert done.progress_history[-1] == DayValue(LATER.date(), 100.0)


def test_what_is_sent_late_lands_on_its_own_day() -> None:
    number = {"key": "a", "name": "A", "baseline": 0, "target": 100, "current": 0}
    after = settled(None, goal(progress_metrics=[number]))
    for days_ago, value in ((20, 10), (10, 30)):
        moment = (NOW - timedelta(days=days_ago)).isoformat()
        reading = {**number, "current": value, "measured_at": moment}
        after = changed(after, progress_metrics=[reading])
    assert after.progress_history == (
        DayValue(TODAY - timedelta(days=20), 10.0),
        DayValue(TODAY - timedelta(days=10), 30.0),
        DayValue(TODAY, 30.0),
    )
    today = changed(after, progress_metrics=[{**number, "current": 40}])
    assert today.progress_history[-1] == DayValue(TODAY, 40.0)


def test_what_is_only_edited_is_booked_today() -> None:
    items = [{"id": "one", "name": "One"}, {"id": "two", "name": "Two"}]
    moment = (NOW - timedelta(days=10)).isoformat()
    listed = {"key": "list", "name": "List", "kind": "checklist", "measured_at": moment}
    before = settled(None, goal(progress_metrics=[{**listed, "items": items}]), days=-10)
    ticked = [{**items[0], "state": "done"}, items[1]]
    after = changed(before, progress_metrics=[{**listed, "items": ticked}])
    first = DayValue(TODAY - timedelta(days=10), 0.0)
    assert after.progress_history == (first, DayValue(TODAY, 50.0))


def test_an_item_has_the_day_on_which_it_became_done() -> None:
    def with_items(*items: dict[str, Any]) -> list[dict[str, Any]]:
        named = [{"id": f"{each}", "name": f"{each}", **item} for each, item in enumerate(items)]
        return [{"key": "list", "name": "List", "kind": "checklist", "items": named}]

    def days(of: Goal) -> list[date | None]:
        return [item.done for item in of.progress_metrics[0].items]

    done, known = {"state": "done"}, {"state": "done", "done": "2026-02-03"}
    before = settled(None, goal(progress_metrics=with_items(done, {}, {}, known)))
    assert days(before) == [None, None, None, date(2026, 2, 3)]
    # Of one that comes done, nobody knows since when.
    after = changed(before, days=1, progress_metrics=with_items(done, done, known, known, done))
    assert days(after) == [None, LATER.date(), date(2026, 2, 3), date(2026, 2, 3), None]
    again = changed(after, days=2, progress_metrics=with_items(done, {}, done, known, done))
    assert days(again)[1:3] == [None, date(2026, 2, 3)]


def test_what_is_not_known_is_no_point() -> None:
    assert settled(None, goal()).progress_history == ()


def test_the_fields_of_its_life_are_stored() -> None:
    done = changed(
        settled(None, goal(**HALF)),
        status="Completed",
        milestones=[{"name": "Base", "date": "2026-03-31"}],
    )
    document = encode(GOAL, done)
    assert document["completed_on"] == TODAY.isoformat()
    assert document["progress_history"] == {TODAY.isoformat(): 100.0}
    assert document["milestones"] == [{"key": "base", "name": "Base", "date": "2026-03-31"}]
    assert decode(GOAL, document, context(stored=True)) == done


def test_a_goal_that_was_stored_before_there_were_milestones_is_read() -> None:
    document = encode(GOAL, goal())
    for name in ("milestones", "completed_on", "active_since", "holds", "progress_history"):
        del document[name]
    assert decode(GOAL, document, context(stored=True)) == goal()


def test_all_statuses_are_reached_from_all() -> None:
    for one in GoalStatus:
        for other in GoalStatus:
            after = changed(changed(goal(), status=one), status=other)
            assert after.status is other


@pytest.mark.parametrize(
    ("starts_at", "moment", "day"),
    [
        # In Sydney it is 08:00 of 11 February, and in UTC still the day before.
        (0, "2026-02-10T21:00:00+00:00", 11),
        (10, "2026-02-10T21:00:00+00:00", 10),
        (0, "2026-02-10T11:00:00+00:00", 10),
    ],
)
def test_what_is_sent_late_lands_on_the_day_of_the_owner(
    starts_at: int, moment: str, day: int
) -> None:
    days = PersonDay(ZoneInfo("Australia/Sydney"), starts_at)
    surroundings = replace(context(), days_of=lambda owner: {ANNA: days}[str(owner)])
    number = {"key": "a", "name": "A", "baseline": 0, "target": 100, "current": 0}
    before = settled(None, goal(progress_metrics=[number], owner_person_id=ANNA))
    late = [{**number, "current": 10, "measured_at": moment}]
    after = change(GOAL, before, {"progress_metrics": late}, surroundings)
    history = GOAL.derive(before, after, surroundings).progress_history
    assert history[0] == DayValue(date(2026, 2, day), 10.0)
