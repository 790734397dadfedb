"""Milestones are dated stages of a goal, in the order of their days."""

from datetime import date

import pytest

from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.goals.plan import (
    MAX_MILESTONES,
    Milestone,
    next_milestone,
    parse_milestones,
    render_milestones,
)

from ..samples import context

FIRST = {"key": "base", "name": "Base", "date": "2026-03-31", "progress": 30}
SECOND = {"key": "build", "name": "Build", "date": "2026-06-30"}
PARSED = (
    Milestone(key="base", name="Base", date=date(2026, 3, 31), progress=30.0),
    Milestone(key="build", name="Build", date=date(2026, 6, 30)),
)


def test_milestones_come_in_the_order_of_their_days() -> None:
    assert parse_milestones([SECOND, FIRST], context()) == PARSED


def test_milestones_survive_being_written_and_read() -> None:
    assert render_milestones(PARSED) == [FIRST, SECOND]
    assert parse_milestones(render_milestones(PARSED), context()) == PARSED


def test_a_milestone_gets_a_key_from_its_name() -> None:
    raw = [{"name": "Base", "date": "2026-03-31"}, {"name": "base!", "date": "2026-04-30"}]
    assert [one.key for one in parse_milestones(raw, context())] == ["base", "base_2"]


@pytest.mark.parametrize(
    ("raw", "key", "field"),
    [
        ("x", "wrong_type", ""),
        (["x"], "wrong_type", "[0]"),
        ([{"date": "2026-03-31"}], "required_field", "[0].name"),
        ([{"name": "M"}], "required_field", "[0].date"),
        ([{"name": "M", "date": "soon"}], "invalid_date", "[0].date"),
        ([{**FIRST, "progress": 101}], "out_of_range", "[0].progress"),
        ([{**FIRST, "progress": -1}], "out_of_range", "[0].progress"),
        ([{**FIRST, "color": "red"}], "unknown_field", "[0].color"),
        ([FIRST, FIRST], "duplicate", "[1].key"),
        ([FIRST] * (MAX_MILESTONES + 1), "too_long", ""),
    ],
)
def test_what_is_no_milestone_is_refused(raw: object, key: str, field: str) -> None:
    with pytest.raises(TwinError) as caught:
        parse_milestones(raw, context())
    assert [(each.key, each.field) for each in caught.value.faults] == [(key, field)]


@pytest.mark.parametrize(
    ("today", "key"),
    [
        (date(2026, 1, 1), "base"),
        (date(2026, 3, 31), "base"),
        (date(2026, 4, 1), "build"),
        (date(2026, 7, 1), None),
    ],
)
def test_the_next_milestone_is_the_first_that_is_not_past(today: date, key: str | None) -> None:
    found = next_milestone(PARSED, today)
    assert (found.key if found else None) == key
