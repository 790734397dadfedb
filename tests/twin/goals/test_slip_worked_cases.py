"""The worked cases of slip in the documentation: each household comes out as its rows say."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
import re
from typing import NamedTuple

import pytest

from custom_components.digital_twin.twin.goals.assessment import assess_goal
from custom_components.digital_twin.twin.goals.forecast import Forecast, ForecastState
from custom_components.digital_twin.twin.goals.goal import Goal
from custom_components.digital_twin.twin.goals.references import DependencyGraph
from custom_components.digital_twin.twin.goals.slip import Slip, Slips, household_path

from ..samples import goal

PAGE = Path(__file__).parents[3] / "docs" / "pace-and-forecast.md"
COLUMNS = ["case", "goal", "waits for", "status", "from", "to", "known", "begins", "ends", "late"]
TODAY = date(2026, 3, 1)
FORETOLD = re.compile(r"foretold for (?P<finish>\S+)")
PERCENT = re.compile(r"(?P<percent>\d+) %")


class Row(NamedTuple):
    """A row of the table: a goal of a household."""

    code: str
    waits_for: str
    status: str
    start: str
    target: str
    known: str
    begins: str
    ends: str
    late: str


@dataclass
class Household:
    """The goals of one case, and the codes of its critical path."""

    name: str
    rows: list[Row] = field(default_factory=list)
    path: str = ""


def _households() -> Iterator[Household]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    head = next(at for at, line in enumerate(lines) if line.startswith("| case | goal | waits"))
    assert _cells(lines[head])[:-1] == COLUMNS
    found: Household | None = None
    for line in lines[head + 2 :]:
        if not line.startswith("|"):
            break
        name, *cells, path = _cells(line)
        if name:
            if found:
                yield found
            found = Household(name, path=path)
        assert found is not None
        found.rows.append(Row(*cells))
    if found:
        yield found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def _goal(row: Row) -> Goal:
    percent = PERCENT.search(row.known)
    current = float(percent["percent"]) if percent else None
    measured = {"name": "A", "baseline": 0, "target": 100, "current": current}
    return goal(
        row.code,
        goal_code=row.code,
        status=row.status,
        start_date=row.start or None,
        target_date=row.target or None,
        dependencies=[],
        progress_metrics=[measured] if percent else [],
    )


def _forecast(row: Row) -> Forecast:
    if found := FORETOLD.search(row.known):
        finish = date.fromisoformat(found["finish"])
        return Forecast(state=ForecastState.FINISH, finish=finish, early=finish, late=finish)
    state = ForecastState.TOO_LITTLE_HISTORY
    if row.known == "100 %":
        state = ForecastState.FINISHED
    elif "stands still" in row.known:
        state = ForecastState.NOT_AT_THIS_PACE
    return Forecast(state=state)


def _told(slip: Slip | None) -> tuple[str, str, str]:
    if slip is None:
        return "", "", ""
    late = ", ".join(f"{each.days} by {each.goal_id}" for each in slip.late_because_of)
    if slip.unknown_because_of:
        late = f"unknown by {slip.unknown_because_of}"
    return str(slip.start or ""), str(slip.finish or ""), late


CASES = [*_households()]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_household_comes_out_as_it_says(case: Household) -> None:
    goals = {row.code: _goal(row) for row in case.rows}
    waits = {row.code: tuple(row.waits_for.replace(",", " ").split()) for row in case.rows}
    graph = DependencyGraph(waits)
    forecasts = {row.code: _forecast(row) for row in case.rows}
    assessments = {
        key: assess_goal(one, goals, graph, forecasts, TODAY) for key, one in goals.items()
    }
    slips = Slips()
    slips.update(graph, goals, assessments, goals, TODAY)
    assert {row.code: (row.begins, row.ends, row.late) for row in case.rows} == {
        key: _told(slips.of.get(key)) for key in goals
    }
    assert ", ".join(household_path(slips.of, goals)) == case.path


def test_there_are_enough_households() -> None:
    assert len(CASES) >= 12
