"""Spoken answers about goals and homes, in both languages."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from custom_components.digital_twin.twin.goals.answers import goal_text, home_text
from custom_components.digital_twin.twin.goals.briefing import goal_state
from custom_components.digital_twin.twin.goals.goal import Goal
from custom_components.digital_twin.twin.goals.key_result_parts import DayValue
from custom_components.digital_twin.twin.goals.plan import Hold
from custom_components.digital_twin.twin.home.operational import CauseKind
from custom_components.digital_twin.twin.home.situations import HomeSituation

from ..samples import READ
from .test_briefing import LANGUAGES, cause, house, run, taxes, tell, wording

WAITS = {"dependencies": [READ], "target_date": "2026-06-30"}


def answer(*goals: Goal, language: str = "en", blockers: Sequence[str | None] = ()) -> str:
    """Answer how the first of the goals is."""
    household = tell(*goals).household
    return goal_text(wording(language), goal_state(household, goals[0]), blockers)


@pytest.mark.parametrize(
    ("goals", "english", "polish"),
    [
        (
            (run(8),),
            "Half marathon is at 19%: 26 days behind plan. It needs 0.76 km a week.",
            "Half marathon: 19%, 26 dni za planem. Potrzeba 0,76 km tygodniowo.",
        ),
        (
            (run(20),),
            "Half marathon is at 93%: 108 days ahead of plan. It needs 0.06 km a week.",
            "Half marathon: 93%, 108 dni przed planem. Potrzeba 0,06 km tygodniowo.",
        ),
        (
            (taxes(),),
            "Tax return is at 33%: as planned. It needs 1 step every 2 weeks.",
            "Tax return: 33%, zgodnie z planem. Potrzeba 1 kroku co 2 tygodnie.",
        ),
        (
            (run(21.1),),
            "Half marathon is at 100%: everything is reached.",
            "Half marathon: 100%, wszystko osiągnięte.",
        ),
        (
            (run(12, start_date="2025-09-01", target_date="2026-02-28"),),
            "Half marathon is at 43%: 1 day past its target date.",
            "Half marathon: 43%, 1 dzień po terminie.",
        ),
        (
            (run(5, start_date="2026-04-02"),),
            "Half marathon is at 0%: it starts on 2 April.",
            "Half marathon: 0%, początek 2 kwietnia.",
        ),
        (
            (run(5, start_date=None, target_date=None),),
            "Half marathon is at 0%: there is no date to compare with.",
            "Half marathon: 0%, nie ma terminu, z którym można porównać.",
        ),
        (
            (run(12, status="Planning"),),
            "Half marathon is at 43%: still being planned.",
            "Half marathon: 43%, jeszcze w planach.",
        ),
        (
            (run(12, status="Archived"),),
            "Half marathon is at 43%: archived without being completed.",
            "Half marathon: 43%, zarchiwizowano bez ukończenia.",
        ),
        (
            (run(12, status="Completed", completed_on="2026-02-03"),),
            "Half marathon is at 100%: completed on 3 February.",
            "Half marathon: 100%, ukończono 3 lutego.",
        ),
        (
            (run(12, status="On Hold"),),
            "Half marathon is at 43%: on hold.",
            "Half marathon: 43%, wstrzymano.",
        ),
        (
            (run(progress_metrics=[]),),
            "Half marathon: nothing has been measured yet.",
            "Half marathon: jeszcze nic nie zmierzono.",
        ),
        (
            (run(progress_metrics=[{"name": "Pulse", "target": 50, "current": 60}]),),
            "Half marathon: there is no start value to compare with for Pulse.",
            "Half marathon: brakuje wartości początkowej: Pulse.",
        ),
    ],
)
def test_how_a_goal_is(goals: tuple[Goal, ...], english: str, polish: str) -> None:
    assert answer(*goals) == english
    assert answer(*goals, language="pl") == polish


def test_a_goal_on_hold_says_since_when() -> None:
    paused = replace(run(12, status="On Hold"), holds=(Hold(date(2026, 2, 3)),))
    assert answer(paused) == "Half marathon is at 43%: on hold since 3 February."
    assert answer(paused, language="pl") == "Half marathon: 43%, wstrzymano 3 lutego."


def test_a_goal_without_change_says_since_when() -> None:
    silent = replace(run(7), progress_history=(DayValue(date(2026, 1, 20), 12.4),))
    english, polish = answer(silent), answer(silent, language="pl")
    assert english.startswith("Half marathon is at 12%: no change since 20 January. It needs ")
    assert polish.startswith("Half marathon: 12%, bez zmian od 20 stycznia. Potrzeba ")


@pytest.mark.parametrize(
    ("blockers", "expected"),
    [
        (["Tax return"], "it waits for Tax return"),
        (["Tax return", "Rest"], "it waits for Tax return and Rest"),
        # Of a goal that may not be told not even the name is.
        (["Tax return", None], "it waits for Tax return"),
        ([None], "it waits for another goal"),
    ],
)
def test_what_a_goal_waits_for(blockers: list[str | None], expected: str) -> None:
    goals = run(12, **WAITS), taxes()
    assert answer(*goals, blockers=blockers) == f"Half marathon is at 43%: {expected}."


def test_a_completed_goal_without_a_day() -> None:
    goals = (run(12, status="Completed"),)
    household = tell(*goals).household
    state = goal_state(household, replace(goals[0], completed_on=None))
    reason = replace(state.assessment.reason, placeholders={"day": ""})
    assessment = replace(state.assessment, reason=reason)
    text = goal_text(wording(), replace(state, assessment=assessment), ())
    assert text == "Half marathon is at 100%: completed."


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_at_home(language: str) -> None:
    wet = cause(CauseKind.MOISTURE, "Washing machine")
    low = cause(CauseKind.LOW_BATTERY, "Door lock")

    def tell_homes(*homes: HomeSituation) -> str:
        return home_text(wording(language), homes)

    expected = {
        "en": (
            "Washing machine detects water. The battery of Door lock is low.",
            "Everything at home works.",
            "Cabin: The battery of Door lock is low.",
        ),
        "pl": (
            "Washing machine wykrywa wodę. Door lock ma prawie rozładowaną baterię.",
            "W domu wszystko działa.",
            "Cabin: Door lock ma prawie rozładowaną baterię.",
        ),
    }
    found = (
        tell_homes(house(wet, low)),
        tell_homes(house()),
        tell_homes(house(), house(low, name="Cabin")),
    )
    assert found == expected[language]
    many = [cause(CauseKind.LOW_BATTERY, f"Lock {number}") for number in range(20)]
    assert tell_homes(house(*many)).count(".") == 9
