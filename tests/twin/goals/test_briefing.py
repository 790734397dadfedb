"""Briefings: what they tell, in sentences of both languages, and what they leave out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
import json
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.enums import Length, OperationalStatus
from custom_components.digital_twin.twin.goals.assessment import assess_goal, forecast_of
from custom_components.digital_twin.twin.goals.briefing import (
    Briefing,
    Household,
    brief,
    briefing_text,
    step_text,
)
from custom_components.digital_twin.twin.goals.change_texts import GoalNews
from custom_components.digital_twin.twin.goals.changes import TwinName
from custom_components.digital_twin.twin.goals.goal import Goal
from custom_components.digital_twin.twin.goals.key_result_parts import DayValue
from custom_components.digital_twin.twin.goals.next_step import StepReason
from custom_components.digital_twin.twin.goals.references import DependencyGraph
from custom_components.digital_twin.twin.home.operational import (
    CauseKind,
    HomeCause,
    Operational,
)
from custom_components.digital_twin.twin.home.situations import HomeSituation
from custom_components.digital_twin.twin.metrics.consent import EVERYTHING, HOUSEHOLD, Audiences
from custom_components.digital_twin.twin.metrics.health import PersonHealth
from custom_components.digital_twin.twin.metrics.person import Person
from custom_components.digital_twin.twin.metrics.readings import Reading
from custom_components.digital_twin.twin.metrics.recording import record_readings
from custom_components.digital_twin.twin.records.fields import PersonDay
from custom_components.digital_twin.twin.records.revisions import touch
from custom_components.digital_twin.twin.records.timeline import What
from custom_components.digital_twin.twin.values import Wording

from ..samples import ANNA, JAN, NOW, READ, RUN, context, goal, person

TRANSLATIONS = Path(__file__).parents[3] / "custom_components" / "digital_twin" / "translations"
LANGUAGES = ("en", "pl")
# A Sunday.
TODAY = NOW.date()
TWO_SENTENCES = 2


def wording(language: str = "en", *, markdown: bool = False) -> Wording:
    content = (TRANSLATIONS / f"{language}.json").read_text(encoding="utf-8")
    selectors: Any = json.loads(content)["selector"]

    def text(key: str) -> str:
        selector, _, option = key.rpartition(".")
        found: str = selectors[selector or "briefing"]["options"].get(option, "")
        return found

    return Wording(text, language, TODAY, UTC, markdown)


def run(current: float = 9.8, **more: object) -> Goal:
    """A half marathon of 180 days, of which 59 have passed: 10.3 km are on plan."""
    parts = {"name": "Longest run", "unit": "km", "baseline": 5, "target": 21.1}
    return goal(
        RUN,
        **{
            "name": "Half marathon",
            "status": "Active",
            "start_date": "2026-01-01",
            "target_date": "2026-06-30",
            "owner_person_id": ANNA,
            "progress_metrics": [{**parts, "current": current}],
            **more,
        },
    )


def taxes(done: int = 4, **more: object) -> Goal:
    items = [{"name": f"S{at}", "state": "done" if at < done else "todo"} for at in range(12)]
    return goal(
        READ,
        **{
            "goal_code": "G02",
            "name": "Tax return",
            "status": "Active",
            "start_date": "2026-01-01",
            "target_date": "2026-06-30",
            "owner_person_id": ANNA,
            "progress_metrics": [{"name": "Papers", "items": items}],
            **more,
        },
    )


def cause(kind: CauseKind, name: str, **more: Any) -> HomeCause:  # noqa: ANN401  # its fields
    alert = kind in (CauseKind.MOISTURE, CauseKind.SMOKE, CauseKind.MANY_DEVICES_OFFLINE)
    severity = OperationalStatus.ALERT if alert else OperationalStatus.DEGRADED
    since = NOW - timedelta(hours=4)
    return HomeCause(**{"kind": kind, "severity": severity, "since": since, "name": name, **more})


def house(
    *causes: HomeCause, name: str = "Home", batteries: Sequence[tuple[str, date]] = ()
) -> HomeSituation:
    status = causes[0].severity if causes else OperationalStatus.OPTIMAL
    return HomeSituation(
        home_id=name,
        name=name,
        operational=Operational(status, causes),
        levels={"lock": 7.0},
        batteries=batteries,
    )


def health(anna: Person, **daily: Iterable[float]) -> PersonHealth:
    """Make the health of a person from the values of the last days, today's last."""
    histories: dict[str, Any] = {}
    days = PersonDay(UTC)
    batch = [
        (key, Reading(value=value, unit="", measured_at=NOW - timedelta(days=ago), source="x"))
        for key, values in daily.items()
        for ago, value in enumerate(reversed([*values]))
    ]
    taken = record_readings(
        {}, histories, reversed(batch), days=days, today=TODAY.toordinal(), catalogue=CATALOGUE
    )
    return PersonHealth(
        person=touch(anna, context(), health_metrics=taken.readings),
        days=days,
        histories=histories,
        catalogue=CATALOGUE,
        now=NOW,
    )


def tell(
    *goals: Goal,
    homes: Sequence[HomeSituation] | None = None,
    persons: Sequence[Person] = (),
    known: Mapping[str, PersonHealth] | None = None,
    about: str | None = ANNA,
    private: frozenset[str] = frozenset(),
    news: Sequence[GoalNews] = (),
    audiences: Audiences = HOUSEHOLD,
) -> Briefing:
    by_id = {each.goal_id: each for each in goals}
    graph = DependencyGraph({key: each.dependencies for key, each in by_id.items()})
    forecasts = {key: forecast_of(each, TODAY) for key, each in by_id.items()}
    assessments = {
        key: assess_goal(each, by_id, graph, forecasts, TODAY) for key, each in by_id.items()
    }
    waiting = {
        key: [other for other in goals if key in assessments[other.goal_id].blocked_by]
        for key in by_id
    }
    return brief(
        Household(
            today=TODAY,
            about=about,
            audiences=audiences,
            homes=[house()] if homes is None else homes,
            persons=persons or [person()],
            health=known or {},
            goals=goals,
            assessments=assessments,
            waiting=waiting,
            private=private,
            news=news,
        )
    )


def changed(number: int = 0, name: str = "Half marathon", **more: Any) -> GoalNews:  # noqa: ANN401
    return GoalNews(goal_id=f"{number:08}", name=TwinName(name, f"G{number:02}"), **more)


NEWS = (
    changed(what=What.ADDED, name="Swim"),
    changed(1, status=("Active", "Completed"), name="Tax return"),
    changed(2, target=("2026-06-30", "2026-08-31")),
    changed(3, status=("Active", "On Hold"), name="Spanish"),
)


def many() -> list[Goal]:
    """Sixty goals of which half are behind."""
    return [
        run(
            10.3 if number % 2 else 6 + number / 60,
            goal_code=f"G{number:02}",
            name=f"Run {number}",
        )
        for number in range(60)
    ]


def _sixty() -> Briefing:
    goals = [
        replace(each, goal_id=f"{number:08}-0000-4000-8000-000000000000")
        for number, each in enumerate(many())
    ]
    return tell(*goals)


def _unusual() -> Briefing:
    pulse = [57 + day % 3 for day in range(28)] + [74]
    anna = person(metric_sources={"weight": ["sensor.scale"]})
    known = health(anna, resting_heart_rate=pulse)
    old = Reading(value=70, unit="kg", measured_at=NOW - timedelta(days=20), source="x")
    metrics = {**known.person.health_metrics, "weight": old}
    known = replace(known, person=touch(known.person, context(), health_metrics=metrics))
    return tell(run(10.3), taxes(), known={ANNA: known})


def _household() -> Briefing:
    jan = person(JAN, name="Jan", contact_email=None)
    soon = [{"name": "First 10 km", "date": "2026-03-03"}]
    leak = cause(CauseKind.MOISTURE, "Washing machine")
    lock = cause(CauseKind.LOW_BATTERY, "Front door lock", device_id="lock")
    return tell(
        run(7, milestones=soon),
        taxes(4, owner_person_id=JAN),
        homes=[
            house(leak, lock, name="Lipowa 7"),
            house(name="Cabin", batteries=[("Gate", TODAY + timedelta(days=1))]),
        ],
        persons=[jan, person()],
        known={JAN: health(jan, resting_heart_rate=[57 + day % 3 for day in range(28)] + [74])},
        about=None,
    )


SITUATIONS: Mapping[str, Briefing] = {
    "quiet day": tell(run(10.3), taxes()),
    "quiet day of two": tell(
        run(10.3),
        taxes(owner_person_id=JAN),
        persons=[person(), person(JAN, name="Jan")],
        about=None,
    ),
    "leak and two goals behind": tell(
        run(7),
        taxes(2),
        homes=[house(cause(CauseKind.MOISTURE, "Washing machine"))],
    ),
    "unusual pulse": _unusual(),
    "new household": tell(about=None),
    "sixty goals": _sixty(),
    "household": _household(),
    "quiet day with news": tell(run(10.3), taxes(), news=NEWS),
    "leak with news": tell(
        run(7), homes=[house(cause(CauseKind.MOISTURE, "Washing machine"))], news=NEWS[:1]
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_briefings_read_like_this(
    snapshot: SnapshotAssertion, situation: str, language: str
) -> None:
    briefing = SITUATIONS[situation]
    assert {
        length.value: {
            "speech": briefing_text(wording(language), briefing, length),
            "text": briefing_text(wording(language, markdown=True), briefing, length).splitlines(),
        }
        for length in Length
    } == snapshot


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("situation", ["quiet day", "quiet day of two", "new household"])
def test_a_day_without_trouble_is_two_sentences(situation: str, language: str) -> None:
    for length in Length:
        text = briefing_text(wording(language), SITUATIONS[situation], length)
        sentences = text.count(". ") + 1
        assert sentences == TWO_SENTENCES


def test_very_much_news_is_counted() -> None:
    news = [changed(number, target=(None, "2026-08-31")) for number in range(60)]
    found = tell(run(10.3), taxes(), news=news)
    assert "58 more changes." in briefing_text(wording(), found, Length.SHORT)
    assert "Jest jeszcze 52 zmian." not in briefing_text(wording("pl"), found, Length.FULL)
    assert "Są jeszcze 52 zmiany." in briefing_text(wording("pl"), found, Length.FULL)


def test_sixty_goals_are_short() -> None:
    for language in LANGUAGES:
        text = briefing_text(wording(language), SITUATIONS["sixty goals"], Length.SHORT)
        assert len(text) < 400


@pytest.mark.parametrize(
    ("language", "count", "text"),
    [
        ("en", 1, "1 more goal has fallen behind."),
        ("en", 2, "2 more goals have fallen behind."),
        ("en", 1200, "1,200 more goals have fallen behind."),
        ("pl", 1, "Opóźniony jest jeszcze 1 cel."),
        ("pl", 2, "Opóźnione są jeszcze 2 cele."),
        ("pl", 4, "Opóźnione są jeszcze 4 cele."),
        ("pl", 5, "Opóźnionych jest jeszcze 5 celów."),
        ("pl", 12, "Opóźnionych jest jeszcze 12 celów."),
        ("pl", 14, "Opóźnionych jest jeszcze 14 celów."),
        ("pl", 21, "Opóźnionych jest jeszcze 21 celów."),
        ("pl", 22, "Opóźnione są jeszcze 22 cele."),
        ("pl", 112, "Opóźnionych jest jeszcze 112 celów."),
        ("pl", 1203, "Opóźnione są jeszcze 1\N{NO-BREAK SPACE}203 cele."),
    ],
)
def test_plural_forms(language: str, count: int, text: str) -> None:
    assert wording(language).counted("more_goals", count) == text


@pytest.mark.parametrize(
    ("language", "amount", "text"),
    [
        ("en", 1.5, "1.5 steps"),
        ("pl", 1.5, "1,5 kroku"),
        ("pl", 0.25, "0,25 kroku"),
        ("pl", 1.04, "1 kroku"),
        ("pl", 1.96, "2 kroków"),
        ("pl", 4.96, "5 kroków"),
        ("pl", 10.4, "10 kroków"),
        ("en", 0.996, "1 step"),
    ],
)
def test_a_fraction_has_a_form_of_its_own(language: str, amount: float, text: str) -> None:
    assert wording(language).counted("items", amount) == text


@pytest.mark.parametrize(
    ("done", "english", "polish"),
    [
        (11, "needs 1 step every 17 weeks", "potrzeba 1 kroku co 17 tygodni"),
        (9, "needs 1 step every 5 weeks", "potrzeba 1 kroku co 5 tygodni"),
        (4, "needs 1 step every 2 weeks", "potrzeba 1 kroku co 2 tygodnie"),
    ],
)
def test_less_than_a_step_a_week_is_a_step_in_weeks(done: int, english: str, polish: str) -> None:
    (step,) = tell(taxes(done)).steps
    assert english in step_text(wording("en"), step)
    assert polish in step_text(wording("pl"), step)


@pytest.mark.parametrize(
    ("moment", "english", "polish"),
    [
        (NOW - timedelta(hours=4), "8:00", "8:00"),
        (NOW - timedelta(hours=13), "yesterday", "wczoraj"),
        (NOW - timedelta(days=9), "20 February", "20 lutego"),
        (datetime(2025, 12, 31, 12, tzinfo=UTC), "31 December 2025", "31 grudnia 2025"),
    ],
)
def test_moments_are_said_as_people_say_them(moment: datetime, english: str, polish: str) -> None:
    assert (wording("en").since(moment), wording("pl").since(moment)) == (english, polish)


def test_the_coming_days_have_names() -> None:
    said = [wording("pl").coming(TODAY + timedelta(days=ahead)) for ahead in range(7)]
    assert said == [
        "Dziś",
        "Jutro",
        "We wtorek",
        "W środę",
        "W czwartek",
        "W piątek",
        "W sobotę",
    ]


def test_names_mean_nothing_in_markdown_and_are_not_endless() -> None:
    text = briefing_text(
        wording(markdown=True),
        tell(run(7, name="*Run* [far](http://x) " + "x" * 200)),
        Length.FULL,
    )
    assert r"\*Run\* \[far\]\(http://x\)" in text
    assert "x" * 60 not in text


def test_only_the_next_six_days_are_coming_and_only_what_is_left_to_do() -> None:
    stages = [
        {"name": name, "date": str(TODAY + timedelta(days=ahead)), "progress": progress}
        for name, ahead, progress in (
            ("past", -1, 90),
            ("reached", 1, 1),
            ("today", 0, 91),
            ("last", 6, 92),
            ("later", 7, 93),
        )
    ]
    batteries = [("Gate", TODAY + timedelta(days=2)), ("Lamp", TODAY + timedelta(days=8))]
    found = tell(run(10.3, milestones=stages), homes=[house(batteries=batteries)])
    assert [each.name for each in found.coming] == ["today", "Gate", "last"]
    due = tell(run(20, target_date=str(TODAY + timedelta(days=3))))
    assert [(each.kind, each.goal) for each in due.coming] == [("target", "Half marathon")]
    done = tell(run(20, status="Completed", target_date=str(TODAY + timedelta(days=3))))
    assert done.coming == []


def test_a_metric_is_stale_only_if_somebody_waits_for_it() -> None:
    old = {"weight": 20, "steps": 3, "body_fat": 20, "hydration": 1, "height": 300}
    metrics = {
        key: Reading(value=70, unit="", measured_at=NOW - timedelta(days=days), source="x")
        for key, days in old.items()
    }
    sources = {key: [f"sensor.{key}"] for key in ("weight", "steps", "hydration", "height")}
    anna = touch(person(metric_sources=sources), context(), health_metrics=metrics)
    known = PersonHealth(
        person=anna, days=PersonDay(UTC), histories={}, catalogue=CATALOGUE, now=NOW
    )
    (state,) = tell(run(10.3), known={ANNA: known}).people
    assert [metric.key for metric, _ in state.stale] == ["steps", "weight"]
    fat = {"name": "Fat", "baseline": 30, "target": 20, "source": {"metric": "body_fat"}}
    (state,) = tell(run(10.3, progress_metrics=[fat]), known={ANNA: known}).people
    assert [metric.key for metric, _ in state.stale] == ["body_fat", "steps", "weight"]


def _tired(anna: Person) -> PersonHealth:
    usual = [50 + day % 3 for day in range(28)]
    return health(
        anna,
        sleep_score=[*usual, 20],
        resting_heart_rate=[*usual, 80],
        heart_rate_variability=[*usual, 10],
    )


@pytest.mark.parametrize("shows", [True, False])
def test_a_bad_night_counts_only_where_everybody_may_know_of_it(*, shows: bool) -> None:
    anna = person(health_entities=shows)
    walk = {"name": "Steps", "baseline": 0, "target": 9000, "source": {"metric": "steps"}}
    found = tell(
        run(7, progress_metrics=[{**walk, "current": 100}]),
        persons=[anna],
        known={ANNA: _tired(anna)},
        audiences=EVERYTHING,
    )
    (state,) = found.people
    assert state.unrested
    (step,) = found.steps
    assert step.step is not None
    assert (step.step.reason is StepReason.REST) is shows
    assert "can wait" in step_text(wording(), step) or not shows


@pytest.mark.parametrize(
    ("goals", "reason", "english", "polish"),
    [
        (
            [run(10.3)],
            "planned",
            "Half marathon, which is on plan and needs 0.62 km a week",
            "Half marathon, zgodnie z planem, potrzeba 0,62 km tygodniowo",
        ),
        (
            [run(7)],
            "behind",
            "Half marathon, which is 37 days behind plan and needs 0.82 km a week",
            "Half marathon, 37 dni opóźnienia, potrzeba 0,82 km tygodniowo",
        ),
        (
            [replace(run(7), progress_history=(DayValue(date(2026, 1, 20), 12.4),))],
            "stalled",
            "Half marathon, which has not moved since 20 January and needs 0.82 km a week",
            "Half marathon, bez zmian od 20 stycznia, potrzeba 0,82 km tygodniowo",
        ),
        (
            [run(20, target_date="2026-02-28")],
            "overdue",
            "finish Half marathon or set a new date, as it is 1 day past its target date",
            "Half marathon, 1 dzień po terminie: trzeba dokończyć albo wyznaczyć nową datę",
        ),
        (
            [run(10.3), taxes(dependencies=[RUN])],
            "unblocks",
            "Half marathon, because Tax return waits for it; it needs 0.62 km a week",
            "Half marathon, bo czeka na to Tax return; potrzeba 0,62 km tygodniowo",
        ),
        (
            [run(progress_metrics=[])],
            "measure",
            "enter a first value for Half marathon, so that its progress can be shown",
            "Half marathon: wpisać pierwszą wartość, żeby było widać postęp",
        ),
        ([run(status="On Hold")], None, "nothing to do right now", "na razie nic do zrobienia"),
    ],
)
def test_each_reason_is_a_sentence(
    goals: list[Goal], reason: str | None, english: str, polish: str
) -> None:
    (step,) = tell(*goals).steps
    assert (step.step.reason.slug if step.step else None) == reason
    assert step_text(wording("en"), step) == english
    assert step_text(wording("pl"), step) == polish


def test_an_amount_of_a_private_goal_is_a_share_of_it() -> None:
    (step,) = tell(run(10.3), private=frozenset({RUN})).steps
    assert "3.9% of the goal" in step_text(wording(), step)
    assert "3,9% celu" in step_text(wording("pl"), step)


@pytest.mark.parametrize("kind", CauseKind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_is_a_sentence_with_its_name(kind: CauseKind, language: str) -> None:
    affects = ("a", "b", "c") if kind is CauseKind.MANY_DEVICES_OFFLINE else ()
    found = tell(homes=[house(cause(kind, "Boiler", affects=affects, silent=True))])
    text = briefing_text(wording(language), found, Length.FULL)
    assert ("3 " if affects else "Boiler") in text
    assert "cause" not in text
    assert "{" not in text


def test_an_alert_is_told_before_all_else_also_of_another_home() -> None:
    lamp, leak = cause(CauseKind.DEVICE_OFFLINE, "Lamp"), cause(CauseKind.MOISTURE, "Sink")
    found = tell(run(10.3), homes=[house(lamp, name="Flat"), house(leak, name="Cabin")])
    text = briefing_text(wording(), found, Length.SHORT)
    assert text.startswith("Cabin: Sink detects water. Flat: Lamp has not responded since 8:00.")


def test_a_home_that_is_not_judged_yet_is_said_to_be_so() -> None:
    starting = replace(house(), operational=Operational())
    text = briefing_text(wording(), tell(run(10.3), homes=[starting]), Length.FULL)
    assert text.startswith("Home Assistant has just started")
    assert "Everything" not in text


NAMES = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=255)


@st.composite
def _any_briefing(draw: st.DrawFn) -> Briefing:
    goals = [
        replace(
            run(
                draw(st.floats(0, 30)),
                goal_code=f"G{number}",
                status=draw(st.sampled_from(("Active", "Planning", "On Hold", "Completed"))),
                target_date=draw(st.sampled_from(("2026-02-01", "2026-03-04", "2026-12-31"))),
                milestones=[{"name": "M", "date": "2026-03-02", "progress": 99}],
            ),
            goal_id=f"{number:08}-0000-4000-8000-000000000000",
            name=draw(NAMES),
        )
        for number in range(draw(st.integers(0, 12)))
    ]
    kinds = draw(st.lists(st.sampled_from(CauseKind), max_size=30))
    causes = [cause(kind, draw(NAMES), entity_id=str(at)) for at, kind in enumerate(kinds)]
    homes = [house(*causes)] * draw(st.integers(0, 2))
    about = draw(st.sampled_from((ANNA, None)))
    return tell(*draw(st.permutations(goals)), homes=homes, about=about)


@given(_any_briefing(), st.sampled_from(LANGUAGES), st.sampled_from(Length), st.booleans())
def test_any_briefing_is_bounded_and_the_same_each_time(
    briefing: Briefing, language: str, length: Length, markdown: bool
) -> None:
    words = wording(language, markdown=markdown)
    text = briefing_text(words, briefing, length)
    assert text == briefing_text(words, brief(briefing.household), length)
    shuffled = replace(briefing.household, goals=[*reversed(briefing.household.goals)])
    assert text == briefing_text(words, brief(shuffled), length)
    assert 0 < len(text) < 12_000
