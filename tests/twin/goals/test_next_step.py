"""The next step: the worked cases of the documentation, and what always holds."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.goals.next_step import (
    MOST_LATE,
    MOST_NEEDED,
    MOST_WAITING,
    NO_WORK,
    TIRED_POINTS,
    NextStep,
    StepCandidate,
    StepReason,
    next_steps,
)
from custom_components.digital_twin.twin.goals.pace import Pace

PAGE = Path(__file__).parents[3] / "docs" / "briefing.md"


def _cases() -> Mapping[str, list[dict[str, str]]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("| case |"))
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines[first:]
        if line.startswith("|")
    ]
    rows = [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]
    cases: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        cases[row["case"]].append(row)
    return cases


def _candidate(row: Mapping[str, str]) -> StepCandidate:
    return StepCandidate(
        goal_id=row["goal"],
        code=row["goal"],
        target=None,
        pace=Pace.parse(row["pace"]) if row["pace"] else None,
        needed=float(row["needed"]) if row["needed"] else None,
        late=int(row["late"]),
        waiting=int(row["waiting"]),
        is_physical=row["follows activity"] == "yes",
        is_measured=bool(row["pace"]),
    )


def _next_step(candidates: Iterable[StepCandidate], readiness: int | None) -> NextStep | None:
    return next(iter(next_steps(candidates, readiness)), None)


CASES = _cases()


@pytest.mark.parametrize("case", CASES)
def test_a_worked_case_has_its_next_step(case: str) -> None:
    rows = CASES[case]
    readiness = int(rows[0]["readiness"]) if rows[0]["readiness"] else None
    expected = [(row["goal"], row["next step"]) for row in rows if row["next step"]]
    found = _next_step(map(_candidate, rows), readiness)
    assert ([(found.goal_id, found.reason.slug)] if found else []) == expected
    for row in rows:
        alone = _next_step([_candidate(row)], readiness)
        points = "" if alone is None else f"{sum(alone.points.values()):.1f}"
        assert points == row["points"]


def test_every_reason_has_a_worked_case() -> None:
    reasons = {row["next step"] for rows in CASES.values() for row in rows} - {""}
    assert reasons == set(StepReason.slugs())


def _any_candidate(number: int) -> st.SearchStrategy[StepCandidate]:
    return st.builds(
        StepCandidate,
        goal_id=st.just(f"id {number}"),
        code=st.sampled_from(("G01", "g01", "G02")),
        target=st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 3)),
        pace=st.none() | st.sampled_from(Pace),
        needed=st.none() | st.floats(-5, 500),
        late=st.integers(-10, 400),
        waiting=st.integers(0, 9),
        is_physical=st.booleans(),
        is_measured=st.booleans(),
    )


CANDIDATES = st.integers(0, 5).flatmap(
    lambda count: st.tuples(*(_any_candidate(number) for number in range(count)))
)


@given(CANDIDATES, st.none() | st.integers(0, 100))
def test_the_order_does_not_matter_and_nothing_beats_the_chosen(
    candidates: tuple[StepCandidate, ...], readiness: int | None
) -> None:
    found = _next_step(candidates, readiness)
    assert _next_step(reversed(candidates), readiness) == found
    open_ones = [each for each in candidates if each.pace not in NO_WORK]
    assert (found is None) is (not open_ones)
    if found is None:
        return
    points = sum(found.points.values())
    assert TIRED_POINTS <= points <= MOST_NEEDED + MOST_LATE + MOST_WAITING
    for each in open_ones:
        alone = _next_step([each], readiness)
        assert alone is not None
        assert sum(alone.points.values()) <= points


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"target": date(2026, 1, 1)}, {"target": date(2026, 1, 2), "code": "A"}),
        ({"target": date(2026, 1, 1)}, {"target": None, "code": "A"}),
        ({"code": "A"}, {"code": "b"}),
        ({"code": "a"}, {"code": "B"}),
        ({"goal_id": "1"}, {"goal_id": "2"}),
    ],
)
def test_equal_points_are_decided(one: dict[str, object], other: dict[str, object]) -> None:
    made = [
        StepCandidate(
            **{
                "goal_id": goal_id,
                "code": "G",
                "target": None,
                "pace": Pace.ON_TRACK,
                "needed": 3.0,
                "late": 0,
                "waiting": 0,
                **parts,
            }  # type: ignore[arg-type]  # the parts of a candidate
        )
        for goal_id, parts in (("x", one), ("y", other))
    ]
    found = _next_step(made, None)
    assert found is not None
    assert found.goal_id == made[0].goal_id
