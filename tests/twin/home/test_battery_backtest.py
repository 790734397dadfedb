"""Do the dates of batteries hold? Simulated discharges; see docs/accuracy.md."""

from statistics import median

import pytest

from scripts.accuracy.__main__ import PAGE
from scripts.accuracy.batteries import (
    CHARGED,
    HELD_OUT,
    KINDS,
    TRAINING,
    WITHIN,
    BatteryOutcome,
    charged_days,
    outcomes,
    report,
)
from scripts.accuracy.goals import share


@pytest.fixture(scope="module")
def found() -> list[BatteryOutcome]:
    return outcomes(batteries=30)


def _close(found: list[BatteryOutcome], kind: str) -> list[BatteryOutcome]:
    of_kind = (each for each in found if each.kind == kind)
    return [each for each in of_kind if each.said is not None and not each.said.is_wide]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "lithium"])
def test_the_date_is_usually_off_by_less_than_a_fifth_at_half_life(
    found: list[BatteryOutcome], kind: str
) -> None:
    halves = [each.error for each in found if each.kind == kind and each.is_half and each.said]
    assert len(halves) >= 20
    # Of thirty batteries the median may be off by some percent by chance.
    assert median(halves) <= WITHIN + 0.03


@pytest.mark.parametrize("kind", KINDS)
def test_the_bounds_hold_for_each_kind_of_battery(found: list[BatteryOutcome], kind: str) -> None:
    """Or the forecast says that it is wide, as of all lithium cells before their knee."""
    held = [each.held for each in _close(found, kind)]
    assert len(held) < 30 or 0.6 <= share(held) <= 0.96


def test_a_cell_that_hardly_falls_has_no_date_or_one_that_says_that_it_is_wide(
    found: list[BatteryOutcome],
) -> None:
    assert not _close(found, "lithium")


def test_most_batteries_have_a_date_at_half_life(found: list[BatteryOutcome]) -> None:
    several = [each for each in found if each.is_half and each.kind != "lithium"]
    assert share(each.said is not None for each in several) >= 0.9


@pytest.mark.parametrize("kind", ["robot", "phone"])
def test_what_is_charged_is_not_said_to_die(kind: str) -> None:
    assert charged_days(kind, 10) <= 0.01


def test_the_series_of_the_figures_are_not_those_of_the_factors() -> None:
    assert HELD_OUT not in TRAINING
    assert outcomes(["linear"], 2) == outcomes(["linear"], 2, HELD_OUT)
    assert outcomes(["linear"], 2) != outcomes(["linear"], 2, TRAINING[0])


def test_the_report_has_a_row_for_each_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.accuracy.batteries.BATTERIES", 2)
    monkeypatch.setattr("scripts.accuracy.batteries.DEVICES", 1)
    text, page = report(), PAGE.read_text(encoding="utf-8")
    for kind in (*KINDS, *CHARGED):
        assert f"| {kind}: " in text
        assert f"| {kind}: " in page
