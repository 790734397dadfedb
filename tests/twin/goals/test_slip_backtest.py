"""Do the bounds of goals that wait hold? Simulated households; see docs/accuracy.md."""

import pytest

from scripts.accuracy.__main__ import PAGE
from scripts.accuracy.goals import share
from scripts.accuracy.portfolios import (
    GROUPS,
    HELD_OUT,
    TRAINING,
    EndOutcome,
    end_outcomes,
    report,
    waiting,
)


@pytest.fixture(scope="module")
def found() -> list[EndOutcome]:
    return end_outcomes(250)


def test_four_of_five_ends_lie_between_early_and_late(found: list[EndOutcome]) -> None:
    assert 0.75 <= share(each.held for each in waiting(found)) <= 0.85


@pytest.mark.parametrize("group", GROUPS)
def test_the_bounds_hold_wherever_a_goal_stands(found: list[EndOutcome], group: str) -> None:
    held = [each.held for each in found if each.group == group and not each.is_wide]
    # Of thirty the share may be off by so much by chance.
    assert len(held) < 30 or 0.68 <= share(held) <= 0.93


def test_both_bounds_are_missed(found: list[EndOutcome]) -> None:
    several = waiting(found)
    assert share(each.true < each.early for each in several) >= 0.03
    assert share(each.late is not None and each.true > each.late for each in several) >= 0.03


def test_the_same_seed_gives_the_same_households_and_another_others() -> None:
    assert end_outcomes(3) == end_outcomes(3)
    assert end_outcomes(3, HELD_OUT) != end_outcomes(3, TRAINING)


def test_the_report_has_a_row_for_each_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.accuracy.portfolios.HOUSEHOLDS", 60)
    text = report()
    page = PAGE.read_text(encoding="utf-8")
    for group in (*GROUPS, "all that wait"):
        assert text.count(f"| {group} |") == 1
        assert f"| {group} |" in page
