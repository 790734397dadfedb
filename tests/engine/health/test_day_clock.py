"""What changes by itself as time goes by."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.digital_twin.engine.core.feed import CATALOGUE_CHANGED, ChangeFeed, Topic
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.health import events as day_clock
from custom_components.digital_twin.engine.health.events import DayClock
from custom_components.digital_twin.engine.health.sources import person_health
from custom_components.digital_twin.twin.metrics.history import KEPT_DAYS
from custom_components.digital_twin.twin.metrics.person import PERSON, Person

from .common import NOW, async_person, reading

MINUTE = timedelta(minutes=1)


class Clock:
    """A day clock that remembers which days ended."""

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed) -> None:
        self.ended: list[tuple[str, date]] = []
        self.clock = DayClock(hass, registry, feed, self._days_over)

    def _days_over(self, person: Person, days: range) -> None:
        self.ended.extend((person.name, date.fromordinal(day)) for day in days)


@pytest.fixture
def clock(
    hass: HomeAssistant,
    registry: TwinRegistry,
    feed: ChangeFeed,
    request: pytest.FixtureRequest,
) -> Clock:
    clock = Clock(hass, registry, feed)
    request.addfinalizer(clock.clock.async_start())  # noqa: PT021  # the stop is what it returns
    return clock


type MoveTo = Callable[[str], None]


@pytest.fixture
def move_to(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MoveTo:
    def move(moment: str) -> None:
        freezer.move_to(datetime.fromisoformat(moment))
        async_fire_time_changed(hass)

    return move


def told(feed: ChangeFeed, topics: Iterable[Topic]) -> list[str]:
    """Return a list that fills with the names of the topics that are published."""
    names: list[str] = []

    def listener(name: str) -> Callable[[object], None]:
        return lambda _changes: names.append(name)

    for topic in topics:
        feed.subscribe(topic, listener(topic.name))
    return names


async def test_a_day_ends_at_midnight_of_each_person(
    registry: TwinRegistry, clock: Clock, move_to: MoveTo
) -> None:
    await async_person(registry)
    await async_person(registry, name="Jan", timezone="America/New_York")
    await async_person(registry, name="Ola", day_start=4)
    for moment, ended in (
        ("2026-03-20T23:59:59+01:00", []),
        ("2026-03-21T00:00:01+01:00", [("Anna", date(2026, 3, 20))]),
        ("2026-03-21T04:00:01+01:00", [("Ola", date(2026, 3, 20))]),
        ("2026-03-21T00:00:01-04:00", [("Jan", date(2026, 3, 20))]),
        ("2026-03-22T00:00:01+01:00", [("Anna", date(2026, 3, 21))]),
    ):
        move_to(moment)
        assert clock.ended == ended
        clock.ended.clear()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Clocks go forward and back in the night to these days' ends.
        ("2026-03-29T21:59:00+00:00", "2026-03-29T22:00:01+00:00"),
        ("2026-10-25T22:59:00+00:00", "2026-10-25T23:00:01+00:00"),
    ],
)
async def test_a_day_on_which_clocks_change_ends_in_time(
    hass: HomeAssistant,
    registry: TwinRegistry,
    feed: ChangeFeed,
    freezer: FrozenDateTimeFactory,
    move_to: MoveTo,
    before: str,
    after: str,
) -> None:
    freezer.move_to(datetime.fromisoformat(before) - timedelta(hours=22))
    await async_person(registry)
    clock = Clock(hass, registry, feed)
    stop = clock.clock.async_start()
    move_to(before)
    assert clock.ended == []
    move_to(after)
    assert clock.ended == [("Anna", datetime.fromisoformat(before).date())]
    stop()


@pytest.mark.usefixtures("clock")
async def test_a_reading_sets_the_deadlines_of_its_person_only(
    registry: TwinRegistry, feed: ChangeFeed
) -> None:
    anna = await async_person(registry)
    await async_person(registry, name="Jan")
    with patch.object(day_clock, "person_health", wraps=person_health) as asked:
        await registry.async_record(anna.person_id, [reading("weight", 70)])
        assert {call.args[1].name for call in asked.mock_calls if len(call.args) > 1} == {"Anna"}
        feed.publish_derived([CATALOGUE_CHANGED])
        assert {call.args[1].name for call in asked.mock_calls if len(call.args) > 1} == {
            "Anna",
            "Jan",
        }


@pytest.mark.usefixtures("clock")
async def test_with_a_new_day_totals_are_unknown_and_everybody_is_told(
    registry: TwinRegistry, feed: ChangeFeed, move_to: MoveTo
) -> None:
    anna = await async_person(registry)
    await registry.async_record(anna.person_id, [reading("hydration", 250)])
    names = told(
        feed,
        (
            Topic("person", anna.person_id, "day"),
            Topic("person", None, "day"),
            Topic("person", anna.person_id, "health_metrics/hydration"),
        ),
    )
    move_to("2026-03-21T00:00:01+01:00")
    assert names.count("day") == 2
    assert "health_metrics/hydration" in names
    view = person_health(registry, registry.persons[anna.person_id]).metric("hydration")
    assert view is not None
    assert view.value is None


@pytest.mark.usefixtures("clock")
async def test_a_value_that_becomes_stale_is_told_once(
    registry: TwinRegistry, feed: ChangeFeed, move_to: MoveTo
) -> None:
    anna = await async_person(registry)
    await registry.async_record(
        anna.person_id,
        [reading("heart_rate", 60), reading("stress", 20), reading("height", 170)],
    )
    metrics = ("heart_rate", "stress", "height")
    names = told(
        feed, (Topic("person", anna.person_id, f"health_metrics/{key}") for key in metrics)
    )
    move_to((NOW + timedelta(minutes=59)).isoformat())
    assert names == []
    move_to((NOW + timedelta(minutes=61)).isoformat())
    assert names == ["health_metrics/heart_rate"]
    move_to((NOW + timedelta(hours=7)).isoformat())
    assert names == ["health_metrics/heart_rate", "health_metrics/stress"]


async def test_who_moves_or_changes_the_hour_gets_other_days(
    registry: TwinRegistry, feed: ChangeFeed, clock: Clock, move_to: MoveTo
) -> None:
    anna = await async_person(registry)
    names = told(feed, (Topic("person", anna.person_id, "day"),))
    await registry.async_update(PERSON, anna.person_id, {"timezone": "Pacific/Auckland"})
    await registry.async_update(PERSON, anna.person_id, {"name": "Ania"})
    assert names == ["day"]
    days = registry.person_days(registry.persons[anna.person_id])
    assert days.day_of(dt_util.utcnow()) == date(2026, 3, 21)
    # It was noon in Warsaw, and is past midnight in Auckland.
    assert clock.ended == [("Anna", date(2026, 3, 20))]
    clock.ended.clear()
    move_to("2026-03-21T00:00:01+01:00")
    assert clock.ended == []
    await registry.async_update(PERSON, anna.person_id, {"day_start": 14})
    assert registry.person_days(registry.persons[anna.person_id]).starts_at == 14
    move_to("2026-03-21T14:00:01+13:00")
    assert clock.ended == [("Ania", date(2026, 3, 20))]


async def test_who_moves_sees_the_totals_of_the_day_there(
    registry: TwinRegistry, feed: ChangeFeed
) -> None:
    anna = await async_person(registry, timezone="Pacific/Auckland")
    at_home = reading("hydration", 250)
    await registry.async_record(anna.person_id, [at_home])
    told_of = Topic("person", anna.person_id, "health_metrics/hydration")
    names = told(feed, (told_of,))

    async def shown(timezone: str) -> float | None:
        await registry.async_update(PERSON, anna.person_id, {"timezone": timezone})
        view = person_health(registry, registry.persons[anna.person_id]).metric("hydration")
        return view.value if view else None

    assert await shown("America/Los_Angeles") is None
    assert names == [told_of.name]
    await registry.async_record(anna.person_id, [reading("hydration", 100, -MINUTE)])
    assert await shown("America/New_York") == 100
    assert await shown("Pacific/Auckland") == 250


async def test_days_that_ended_while_the_clock_stood_still_are_told(
    registry: TwinRegistry, clock: Clock, move_to: MoveTo
) -> None:
    await async_person(registry)
    move_to("2026-03-23T12:00:00+01:00")
    assert clock.ended == [("Anna", date(2026, 3, day)) for day in (20, 21, 22)]
    clock.ended.clear()
    move_to("2030-01-01T00:00:00+01:00")
    assert len(clock.ended) == KEPT_DAYS


async def test_who_is_gone_has_no_days(
    registry: TwinRegistry, clock: Clock, move_to: MoveTo
) -> None:
    anna = await async_person(registry)
    await registry.async_delete(PERSON, anna.person_id)
    move_to("2026-03-22T00:00:01+01:00")
    assert clock.ended == []


async def test_a_zone_that_was_never_prepared_is_that_of_the_household(
    hass: HomeAssistant, registry: TwinRegistry
) -> None:
    await hass.config.async_set_time_zone("Asia/Tokyo")
    anna = await async_person(registry, timezone="Europe/Warsaw")
    strange = anna.__replace__(timezone="Mars/Base")
    days = registry.person_days(strange)
    assert days.start_of(date(2026, 3, 20)) == datetime(2026, 3, 19, 15, tzinfo=UTC)
