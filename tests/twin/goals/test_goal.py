"""The days of a goal are its start, its milestones and its target."""

from datetime import date

from custom_components.digital_twin.twin.goals.goal import DayKind, goal_days

from ..samples import RUN, goal

DATED: dict[str, object] = {
    "start_date": "2026-01-01",
    "target_date": "2026-12-31",
    "milestones": [{"name": "Half", "date": "2026-06-30"}],
}


def test_every_dated_part_of_a_goal_is_a_day() -> None:
    days = sorted(goal_days(goal(RUN, **DATED, description="Why")))
    assert [(day.day, day.kind, day.milestone) for day in days] == [
        (date(2026, 1, 1), DayKind.START, ""),
        (date(2026, 6, 30), DayKind.MILESTONE, "Half"),
        (date(2026, 12, 31), DayKind.TARGET, ""),
    ]
    assert {(day.goal_code, day.name, day.description) for day in days} == {("G01", "Run", "Why")}


def test_a_day_keeps_its_uid_when_it_is_moved_or_renamed() -> None:
    moved = DATED | {
        "start_date": "2026-02-01",
        "milestones": [{"key": "half", "name": "Middle", "date": "2026-07-01"}],
    }
    before = {day.uid for day in goal_days(goal(RUN, **DATED))}
    assert {day.uid for day in goal_days(goal(RUN, **moved))} == before
    assert before == {f"{RUN}-start", f"{RUN}-milestone-half", f"{RUN}-target"}


def test_a_goal_without_dates_has_no_days() -> None:
    assert list(goal_days(goal())) == []


def test_an_archived_goal_has_no_days() -> None:
    assert list(goal_days(goal(RUN, **DATED, status="Archived"))) == []
    assert len(list(goal_days(goal(RUN, **DATED, status="Completed")))) == 3
