"""The worked cases of the documentation: each row of its table is judged as it says."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
import re

import pytest

from custom_components.digital_twin.twin.enums import GoalStatus
from custom_components.digital_twin.twin.goals.assessment import assess_goal, forecast_of
from custom_components.digital_twin.twin.goals.goal import Goal, progress_of
from custom_components.digital_twin.twin.goals.key_result_parts import DayValue
from custom_components.digital_twin.twin.goals.plan import DEFINITION_OF_DONE, Hold
from custom_components.digital_twin.twin.goals.references import DependencyGraph

from ..samples import goal

PAGE = Path(__file__).parents[3] / "docs" / "pace-and-forecast.md"
COLUMNS = ["case", "from", "to", "today", "measured", "unchanged since", "days", "pace"]
PERCENT = re.compile(r"(?P<percent>[\d.]+) %")
STEPS = re.compile(r"(?P<done>\d+) of (?P<all>\d+) (?P<name>steps|months|done)")
VALUES = re.compile(r"(?P<met>\d+) of (?P<all>\d+) values met")
RHYTHM = re.compile(r"every (?P<days>\d+) days")
MINUS = "\N{MINUS SIGN}"
HOLD = re.compile(r"on hold (?P<since>\S+) to (?P<until>\S+)")


@dataclass(frozen=True, kw_only=True)
class WorkedCase:
    """A row of the table."""

    name: str
    start: date
    target: date
    today: date
    measured: str
    unchanged: date | None
    days: str
    pace: str


def _rows() -> Iterator[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    head = next(at for at, line in enumerate(lines) if "unchanged since" in line)
    assert _cells(lines[head]) == COLUMNS
    for line in lines[head + 2 :]:
        if not line.startswith("|"):
            return
        yield _cells(line)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def worked_cases() -> list[WorkedCase]:
    return [
        WorkedCase(
            name=name,
            start=date.fromisoformat(start),
            target=date.fromisoformat(target),
            today=date.fromisoformat(today),
            measured=measured,
            unchanged=date.fromisoformat(unchanged) if unchanged else None,
            days=days,
            pace=pace,
        )
        for name, start, target, today, measured, unchanged, days, pace in _rows()
    ]


def _month_ends(year: int, number: int) -> list[str]:
    firsts = [date(year, month, 1) for month in range(2, 13)] + [date(year + 1, 1, 1)]
    return [(first - timedelta(days=1)).isoformat() for first in firsts][:number]


def _key_results(case: WorkedCase) -> Iterator[dict[str, object]]:
    if found := PERCENT.search(case.measured):
        # A number of more than a hundred steps grows evenly.
        current = 10 * float(found["percent"])
        yield {"name": "A", "baseline": 0, "target": 1000, "current": current}
    for found in STEPS.finditer(case.measured):
        done, number = int(found["done"]), int(found["all"])
        dues = _month_ends(case.start.year, number) if found["name"] == "months" else []
        items = [
            {"name": f"Step {at + 1}", "state": "done" if at < done else "todo"}
            | ({"due": dues[at]} if dues else {})
            for at in range(number)
        ]
        key = DEFINITION_OF_DONE if found["name"] == "done" else found["name"]
        yield {"key": key, "name": key, "items": items}
    if found := VALUES.search(case.measured):
        for at in range(int(found["all"])):
            current = 90 if at < int(found["met"]) else 80
            yield {"name": f"V{at}", "target": 85, "current": current, "comparison": "≥"}


def _goal(case: WorkedCase) -> Goal:
    made = goal(
        start_date=case.start.isoformat(),
        target_date=case.target.isoformat(),
        status="Active",
        progress_metrics=list(_key_results(case)),
    )
    progress = progress_of(made)
    assert progress is not None
    changed = case.unchanged or case.today
    rhythm = RHYTHM.search(case.measured)
    gaps = range(5, 0, -1) if rhythm else ()
    earlier = [
        DayValue(changed - timedelta(days=gap * int(rhythm["days"])), progress - gap)
        for gap in gaps
        if rhythm
    ]
    history = (*earlier, DayValue(changed, progress))
    hold = HOLD.search(case.measured)
    holds = (
        (Hold(date.fromisoformat(hold["since"]), date.fromisoformat(hold["until"])),)
        if hold
        else ()
    )
    return replace(made, active_since=case.start, progress_history=history, holds=holds)


CASES = worked_cases()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_worked_case_has_its_verdict(case: WorkedCase) -> None:
    one = _goal(case)
    assert one.status is GoalStatus.ACTIVE
    forecasts = {one.goal_id: forecast_of(one, case.today)}
    found = assess_goal(one, {one.goal_id: one}, DependencyGraph({}), forecasts, case.today)
    days = f"{found.slack_days:+}" if found.slack_days else "0"
    pace = found.pace.slug.replace("_", " ") if found.pace else ""
    assert (days.replace("-", MINUS), pace) == (case.days, case.pace)


def test_there_are_enough_worked_cases_of_each_kind() -> None:
    assert len(CASES) >= 15
    assert {"ahead", "on track", "behind", "at risk", "stalled"} <= {case.pace for case in CASES}
