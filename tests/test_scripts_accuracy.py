"""The rates of alarms and of found shifts hold on a small sample of simulated people."""

import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from scripts.accuracy import shapes, weaknesses
from scripts.accuracy.__main__ import PAGE
from scripts.accuracy.bodies import ASSUMED, BODIES
from scripts.accuracy.earlier import judged_earlier
from scripts.accuracy.health import (
    HELD_OUT,
    RESTING_SHIFT,
    TRAINING,
    alarms_a_month,
    found_shifts,
)
from scripts.accuracy.health_report import NO_SHIFT, report

# What is not measured all day: its years are simulated in milliseconds.
BY_DAY = [key for key, metric in CATALOGUE.items() if not metric.all_day]


def test_every_metric_of_the_catalogue_is_simulated() -> None:
    assert BODIES.keys() == CATALOGUE.keys()


def test_most_statistics_have_a_source_and_the_others_say_that_they_are_assumed() -> None:
    assumed = {key for key, body in BODIES.items() if body.source == ASSUMED}
    assert all(body.source for body in BODIES.values())
    assert len(assumed) <= len(BODIES) // 3


def test_the_people_of_the_figures_are_not_those_on_whom_the_rules_were_chosen() -> None:
    assert not {*HELD_OUT} & {*TRAINING}


@pytest.mark.parametrize("metric", BY_DAY)
def test_a_healthy_year_has_at_most_one_alarm_a_month(metric: str) -> None:
    assert alarms_a_month(metric, 3) <= 1


def test_a_pulse_is_usual_on_all_hours_of_days_with_exercise() -> None:
    assert alarms_a_month("heart_rate", 1) <= 1


def test_a_higher_resting_pulse_is_found_within_three_days() -> None:
    assert found_shifts("resting_heart_rate", 300, by=RESTING_SHIFT) >= 0.96


@pytest.mark.parametrize("metric", ["weight", "steps", "sleep_duration", "mood"])
@pytest.mark.parametrize("sign", [1, -1])
def test_shifts_are_found_at_least_as_often_as_by_the_earlier_rule(metric: str, sign: int) -> None:
    found = found_shifts(metric, 25, sign=sign)
    assert found >= 0.75
    assert found >= found_shifts(metric, 25, sign=sign, judge=judged_earlier)


@pytest.mark.parametrize(("metric", "sign"), [("sleep_duration", -1), ("resting_heart_rate", 1)])
def test_most_smaller_shifts_are_found_within_a_week(metric: str, sign: int) -> None:
    assert found_shifts(metric, 40, sign=sign, sigmas=2, within=7) >= 0.75


@pytest.mark.parametrize("shape", shapes.SHAPES)
def test_a_year_of_each_shape_has_at_most_about_one_alarm_a_month(shape: str) -> None:
    # Of six years the rate may be off by a quarter by chance.
    assert shapes.alarms(shape, 6) <= 1.25


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("shape", sorted(shapes.SHAPES.keys() - {"bursts", "missing"}))
def test_most_shifts_are_found_whatever_the_shape(shape: str, sign: int) -> None:
    assert shapes.found(shape, sign, 30) >= 0.7


def test_the_shapes_of_the_figures_are_another_set_than_the_first() -> None:
    assert shapes.alarms("steady", 2) != shapes.alarms("steady", 2, shapes.TRAINING)
    assert shapes.alarms("steady", 2) == shapes.alarms("steady", 2, shapes.HELD_OUT)
    assert len({CATALOGUE[each.metric].key for each in shapes.SHAPES.values()}) >= 6


def test_the_report_has_a_row_for_each_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "PEOPLE", 1)
    monkeypatch.setattr(shapes, "SHIFTS", 1)
    text, page = shapes.report(), PAGE.read_text(encoding="utf-8")
    for shape in shapes.SHAPES:
        assert f"| {shape}: " in text
        assert f"| {shape}: " in page


def test_the_report_has_a_row_for_each_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CATALOGUE", "BODIES"):
        small = {"weight": {"CATALOGUE": CATALOGUE, "BODIES": BODIES}[name]["weight"]}
        monkeypatch.setattr(f"scripts.accuracy.health_report.{name}", small)
    monkeypatch.setattr("scripts.accuracy.health_report.PEOPLE", 1)
    text = report()
    assert text.count("| weight | ") == 2
    assert ("weight", 1) not in NO_SHIFT


def test_the_page_names_metrics_sources_seeds_and_weaknesses() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"| {key.replace('_', ' ')} | " in text for key in CATALOGUE)
    assert all(body.source in text for body in BODIES.values())
    assert f"seeds {HELD_OUT[0]} and {HELD_OUT[1]}" in text
    assert weaknesses.table() in text
