"""The context of a person or a home: its times, its past, and what it pauses."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.enums import ContextEffect, HomeContext, PersonContext
from custom_components.digital_twin.twin.home.home import HOME, Home
from custom_components.digital_twin.twin.metrics.person import PERSON, Person
from custom_components.digital_twin.twin.records.context_effects import (
    DEFAULT_EFFECTS,
    contexts_with_effects,
    effects_from_options,
)
from custom_components.digital_twin.twin.records.contexts import (
    ContextPeriod,
    DaySpan,
    begins_at,
    days_within,
    ends_at,
    periods,
    spans,
)
from custom_components.digital_twin.twin.records.fields import PersonDay
from custom_components.digital_twin.twin.records.revisions import change, decode, encode

from ..refusals import refused
from ..samples import NOW, context, home, person

UTC_DAYS = PersonDay(UTC)
ILL, TRAVELLING = PersonContext.ILL, PersonContext.TRAVELLING
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def changed(before: Person, after: timedelta = timedelta(0), **patch: object) -> Person:
    """Apply a patch some time after noon of 1 March, as the registry does."""
    surroundings = context(NOW + after)
    return PERSON.derive(before, change(PERSON, before, patch, surroundings), surroundings)


def changed_home(before: Home, after: timedelta = timedelta(0), **patch: object) -> Home:
    surroundings = context(NOW + after)
    return HOME.derive(before, change(HOME, before, patch, surroundings), surroundings)


def times(each: Person) -> tuple[object, object, object]:
    return each.context, each.context_since, each.context_until


def test_everybody_is_in_the_usual_context_at_first() -> None:
    assert times(person()) == (PersonContext.USUAL, None, None)
    assert home().context is HomeContext.USUAL


def test_a_context_begins_when_it_is_set() -> None:
    assert times(changed(person(), context="ill")) == (ILL, NOW, None)


def test_a_context_may_begin_earlier_and_have_an_end() -> None:
    ill = changed(person(), context="Ill", context_since="2026-02-27", context_until="2026-03-05")

    assert times(ill) == (ILL, date(2026, 2, 27), date(2026, 3, 5))


def test_the_same_context_again_changes_nothing() -> None:
    ill = changed(person(), context="ill")

    assert changed(ill, DAY, context="ill") is ill


def test_the_usual_context_ends_another_which_is_kept() -> None:
    ill = changed(person(), context="ill")
    well = changed(ill, 2 * DAY, context=None)

    assert times(well) == (PersonContext.USUAL, None, None)
    assert well.past_contexts == (ContextPeriod(ILL, NOW, NOW + 2 * DAY),)


def test_the_end_of_one_context_is_not_that_of_the_next() -> None:
    ill = changed(person(), context="ill", context_until="2026-03-05")
    away = changed(ill, DAY, context="travelling")

    assert times(away) == (TRAVELLING, NOW + DAY, None)
    same_end = changed(ill, DAY, context="travelling", context_until="2026-03-05")
    assert same_end.context_until == date(2026, 3, 5)


def test_a_context_that_is_ended_late_keeps_its_end() -> None:
    ill = changed(person(), context="ill", context_until="2026-03-02")
    well = changed(ill, 9 * DAY, context="usual")

    assert well.past_contexts == (ContextPeriod(ILL, NOW, date(2026, 3, 2)),)


def test_any_change_after_its_end_ends_a_context() -> None:
    ill = changed(person(), context="ill", context_until="2026-03-02")

    assert times(changed(ill, 9 * DAY, name="Ann"))[0] is PersonContext.USUAL


def test_less_than_an_hour_was_a_mistake() -> None:
    ill = changed(person(), context="ill")

    assert changed(ill, HOUR - timedelta(seconds=1), context="usual").past_contexts == ()
    assert len(changed(ill, HOUR, context="usual").past_contexts) == 1


def test_what_is_over_can_be_told_later() -> None:
    told = changed(person(), context="ill", context_since="2026-02-01", context_until="2026-02-03")

    assert times(told) == (PersonContext.USUAL, None, None)
    assert told.past_contexts == (ContextPeriod(ILL, date(2026, 2, 1), date(2026, 2, 3)),)


def test_what_was_told_later_leaves_a_context_that_began_after_it() -> None:
    away = changed(person(), context="travelling")
    told = changed(
        away, HOUR, context="ill", context_since="2026-02-01", context_until="2026-02-03"
    )

    assert times(told) == times(away)
    assert [each.context for each in told.past_contexts] == [ILL]


def test_what_was_told_later_divides_what_was_kept_before() -> None:
    away = changed(
        person(), context="travelling", context_since="2026-02-01", context_until="2026-02-10"
    )
    told = changed(
        away,
        context="ill",
        context_since="2026-02-03T00:00:00+00:00",
        context_until="2026-02-05T00:00:00+00:00",
    )
    third, fifth = (datetime(2026, 2, each, tzinfo=UTC) for each in (3, 5))

    assert told.past_contexts == (
        ContextPeriod(TRAVELLING, date(2026, 2, 1), third),
        ContextPeriod(ILL, third, fifth),
        ContextPeriod(TRAVELLING, fifth, date(2026, 2, 10)),
    )


def test_an_earlier_beginning_ends_what_was_before() -> None:
    away = changed(person(), context="travelling", context_since="2026-02-01")
    ill = changed(away, context="ill", context_since="2026-02-27T00:00:00+00:00")

    assert ill.past_contexts == (
        ContextPeriod(TRAVELLING, date(2026, 2, 1), datetime(2026, 2, 27, tzinfo=UTC)),
    )


@pytest.mark.parametrize(
    ("patch", "field", "key"),
    [
        ({"context": "sick"}, "context", "not_an_option"),
        ({"context": 3}, "context", "not_an_option"),
        ({"context": "guests"}, "context", "not_an_option"),
        ({"context_until": "2026-03-05"}, "context_until", "usual_context"),
        ({"context_since": "2026-02-05"}, "context_since", "usual_context"),
        ({"context": "ill", "context_since": "2026-03-05"}, "context_since", "future_time"),
        ({"context": "ill", "context_until": "soon"}, "context_until", "invalid_time"),
        ({"context": "ill", "context_until": "2026-13-01"}, "context_until", "invalid_date"),
        ({"past_contexts": []}, "past_contexts", "read_only_field"),
        (
            {"context": "ill", "context_since": "2026-03-01", "context_until": "2026-02-01"},
            "context_until",
            "ends_before_start",
        ),
    ],
)
def test_a_refused_context_names_the_field(patch: dict[str, Any], field: str, key: str) -> None:
    before = person()

    with refused((key, field)):
        change(PERSON, before, patch, context())


def test_a_refusal_of_the_context_of_a_person_does_not_repeat_it() -> None:
    with refused(("not_an_option", "context")) as placeholders:
        change(PERSON, person(), {"context": "flu"}, context())

    assert "flu" not in str(placeholders)


def test_a_home_has_contexts_of_its_own() -> None:
    busy = changed_home(home(), context="Renovation", context_until="2026-04-01")

    assert (busy.context, busy.context_until) == (HomeContext.RENOVATION, date(2026, 4, 1))
    assert len(changed_home(busy, 3 * DAY, context="guests").past_contexts) == 1


def test_the_last_day_still_belongs_to_a_context() -> None:
    warsaw = PersonDay(ZoneInfo("Europe/Warsaw"), 4)

    assert ends_at(date(2026, 3, 5), warsaw) == datetime(2026, 3, 6, 3, tzinfo=UTC)


def test_days_in_a_context_are_those_between_its_beginning_and_its_end() -> None:
    ill = changed(person(), context="ill", context_until="2026-03-05")
    first = date(2026, 3, 1)

    assert spans(ill, {"ill"}, UTC_DAYS) == (DaySpan(first, date(2026, 3, 6)),)
    assert spans(ill, {"travelling"}, UTC_DAYS) == ()
    assert spans(changed(person(), context="ill"), {"ill"}, UTC_DAYS) == (DaySpan(first, None),)


def test_hours_of_a_day_hold_no_plan_but_leave_the_day_out() -> None:
    ill = changed(changed(person(), context="ill"), 5 * HOUR, context="usual")
    today = date(2026, 3, 4)

    assert spans(ill, {"ill"}, UTC_DAYS) == ()
    assert days_within(ill, {"ill"}, UTC_DAYS, today) == {date(2026, 3, 1).toordinal()}


def test_days_to_leave_out_end_today() -> None:
    ill = changed(person(), context="ill", context_until="2026-03-09")
    today = date(2026, 3, 3)

    left_out = days_within(ill, {"ill"}, UTC_DAYS, today)
    assert sorted(left_out) == [date(2026, 3, each).toordinal() for each in (1, 2, 3)]


def test_an_end_at_midnight_leaves_the_next_day_alone() -> None:
    ill = changed(person(), context="ill", context_until="2026-03-02")

    left_out = days_within(ill, {"ill"}, UTC_DAYS, date(2026, 3, 9))
    assert sorted(left_out) == [date(2026, 3, each).toordinal() for each in (1, 2)]


def test_a_stored_context_is_read_as_it_was_written() -> None:
    ill = changed(
        changed(person(), context="travelling", context_since="2026-02-01"),
        HOUR,
        context="ill",
        context_until="2026-03-05T10:00:00+00:00",
    )

    assert len(periods(ill)) == 2
    stored = context(NOW - 99 * DAY, stored=True)
    assert decode(PERSON, encode(PERSON, ill), stored) == ill


def test_ill_and_travelling_people_have_everything_paused() -> None:
    of_a_person = ("plans", "stalled", "unusual", "baselines")

    for effect in of_a_person:
        assert {"ill", "travelling"} <= DEFAULT_EFFECTS[ContextEffect.parse(effect)]
    assert "guests" in DEFAULT_EFFECTS[ContextEffect.OCCUPANCY]
    assert "renovation" in DEFAULT_EFFECTS[ContextEffect.DEVICES]


def test_the_usual_context_pauses_nothing() -> None:
    assert not any("usual" in each for each in DEFAULT_EFFECTS.values())
    everything = {effect.value: ["usual"] for effect in ContextEffect}
    assert not any(effects_from_options(everything).values())


def test_options_replace_what_an_effect_follows() -> None:
    chosen = effects_from_options({"plans": ["exam", "guests"], "devices": "all"})

    assert chosen[ContextEffect.PLANS] == {"exam"}
    assert chosen[ContextEffect.DEVICES] == DEFAULT_EFFECTS[ContextEffect.DEVICES]
    assert contexts_with_effects(ContextEffect.DEVICES) == [
        "guests",
        "party",
        "away",
        "renovation",
    ]


MOMENTS = st.integers(0, 60 * 24).map(lambda hours: NOW - timedelta(hours=hours))


@given(st.lists(st.tuples(st.sampled_from(PersonContext), MOMENTS, MOMENTS), max_size=6))
def test_periods_never_overlap(told: list[tuple[PersonContext, datetime, datetime]]) -> None:
    one = person()
    for which, since, until in told:
        if which is not PersonContext.USUAL and since < until:
            one = changed(
                one,
                context=which.value,
                context_since=since.isoformat(),
                context_until=until.isoformat(),
            )
    ends = [
        (begins_at(each.since, UTC_DAYS), ends_at(each.until or NOW, UTC_DAYS))
        for each in periods(one)
    ]

    assert all(left[1] <= right[0] for left, right in pairwise(ends))
