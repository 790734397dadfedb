"""The days of goals: when each begins, when its milestones are due, and when it is due itself."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from ..enums import GoalStatus, TwinEnum
from .goal import Goal


class DayKind(TwinEnum):
    """The kinds of days of a goal."""

    START = "start"
    MILESTONE = "milestone"
    TARGET = "target"


class GoalDay(NamedTuple):
    """A day of a goal; `key` and `milestone` are those of its milestone, else empty.

    They sort by day, then by the code of the goal.
    """

    day: date
    goal_code: str
    kind: DayKind
    key: str
    milestone: str
    goal_id: str
    name: str
    description: str

    @property
    def uid(self) -> str:
        """Stable id of this calendar entry: it stays when the day is moved or renamed."""
        return "-".join(part for part in (self.goal_id, self.kind.slug, self.key) if part)


def goal_days(goal: Goal) -> Iterable[GoalDay]:
    """Return the days of a goal; an archived one has none."""
    if goal.status is GoalStatus.ARCHIVED:
        return
    for day, kind in ((goal.start_date, DayKind.START), (goal.target_date, DayKind.TARGET)):
        if day is not None:
            yield _day(goal, day, kind)
    for milestone in goal.milestones:
        yield _day(goal, milestone.date, DayKind.MILESTONE, milestone.key, milestone.name)


def _day(goal: Goal, day: date, kind: DayKind, key: str = "", milestone: str = "") -> GoalDay:
    return GoalDay(
        day=day,
        goal_code=goal.goal_code,
        kind=kind,
        key=key,
        milestone=milestone,
        goal_id=goal.goal_id,
        name=goal.name,
        description=goal.description or "",
    )
