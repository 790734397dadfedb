"""Days of people in the long-term statistics."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import (
    STATISTIC_UNIT_TO_UNIT_CONVERTER,
    async_list_statistic_ids,
    statistics_during_period,
)
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.digital_twin.engine.core.changes import Changes
from custom_components.digital_twin.engine.core.feed import ChangeFeed
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.core.store import KEPT_AFTER_DELETE
from custom_components.digital_twin.engine.health import statistics
from custom_components.digital_twin.engine.health.events import DayClock
from custom_components.digital_twin.engine.health.linked import LinkedSources
from custom_components.digital_twin.engine.health.sources import metric_label
from custom_components.digital_twin.engine.health.statistics import (
    StatisticsExporter,
    async_clear_statistics,
    async_write_days,
    statistic_id,
)
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.household_metrics import define_metric
from custom_components.digital_twin.twin.metrics.person import PERSON, Person

from .common import NOW, async_load, async_person, reading

DAY = timedelta(days=1)
DAY_19 = date(2026, 3, 19)


class HealthObserver:
    """The parts that follow readings and days, as a loaded entry runs them."""

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed) -> None:
        exporter = StatisticsExporter(hass, registry, feed)
        clock = DayClock(hass, registry, feed, exporter.days_over)
        self._parts = (exporter, clock, LinkedSources(hass, registry, feed))

    def async_start(self) -> Callable[[], None]:
        stops = [part.async_start() for part in self._parts]

        def stop() -> None:
            for each in reversed(stops):
                each()

        return stop


@pytest.fixture
async def anna(recorder_mock: Recorder, registry: TwinRegistry, observer: HealthObserver) -> Person:
    return await async_person(registry)


@pytest.fixture
async def observer(
    recorder_mock: Recorder, hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed
) -> AsyncGenerator[HealthObserver]:
    observer = HealthObserver(hass, registry, feed)
    stop = observer.async_start()
    # What is done at a start is over: the writes of a test wait for nothing.
    await hass.async_block_till_done()
    yield observer
    stop()


async def async_rows(hass: HomeAssistant, person: Person, metric: str) -> dict[str, float | None]:
    """Return the rows of a metric: mean by the start."""
    await hass.async_block_till_done()
    await async_wait_recording_done(hass)
    key = statistic_id(person.person_id, metric)
    found = await get_instance(hass).async_add_executor_job(
        lambda: statistics_during_period(
            hass,
            datetime(2000, 1, 1, tzinfo=UTC),
            None,
            {key},
            "hour",
            None,
            {"mean", "min", "max"},
        )
    )
    rows = found.get(key, [])
    assert all(row["mean"] == row["min"] == row["max"] for row in rows)
    return {f"{datetime.fromtimestamp(row['start'], UTC):%Y-%m-%dT%H}": row["mean"] for row in rows}


async def test_a_late_reading_goes_into_the_statistics_of_its_day(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    late = [reading("weight", 72.123456, 7 * DAY), reading("weight", 73, 3 * DAY)]
    for _ in range(2):
        await registry.async_record(anna.person_id, [*late, reading("weight", 70)])
        # The present day is not over.
        assert await async_rows(hass, anna, "weight") == {
            "2026-03-13T19": 72.123,
            "2026-03-17T19": 73,
        }
    await registry.async_record(anna.person_id, [reading("weight", 75, 3 * DAY - DAY / 24)])
    assert (await async_rows(hass, anna, "weight"))["2026-03-17T19"] == 75


async def test_a_reading_from_before_the_history_goes_into_the_statistics_only(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    await registry.async_record(anna.person_id, [reading("weight", 70)])
    for _ in range(2):
        recorded = await registry.async_record(
            anna.person_id,
            [
                reading("weight", 81, 500 * DAY),
                reading("weight", 80, 500 * DAY + DAY / 24),
                reading("hydration", 250, 600 * DAY),
                reading("hydration", 500, 600 * DAY - DAY / 24),
            ],
        )
        assert "weight" in recorded.late
        assert await async_rows(hass, anna, "weight") == {"2024-11-05T20": 81}
        assert await async_rows(hass, anna, "hydration") == {"2024-07-28T19": 750}
    assert set(registry.histories(anna.person_id)["weight"].days) == {NOW.toordinal()}
    jan = await async_person(registry, name="Jan", health_entities=False)
    await registry.async_record(jan.person_id, [reading("weight", 80, 500 * DAY)])
    assert await async_rows(hass, jan, "weight") == {}


async def test_what_is_imported_goes_into_the_statistics(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    await registry.async_import_readings(
        anna.person_id, [reading("weight", 70 + day, day * DAY) for day in range(3)]
    )
    assert await async_rows(hass, anna, "weight") == {"2026-03-18T19": 72, "2026-03-19T19": 71}


async def test_a_day_that_is_over_goes_into_the_statistics(
    hass: HomeAssistant,
    registry: TwinRegistry,
    anna: Person,
    freezer: FrozenDateTimeFactory,
) -> None:
    await registry.async_record(
        anna.person_id, [reading("hydration", 250), reading("hydration", 500, DAY / 24)]
    )
    assert await async_rows(hass, anna, "hydration") == {}
    freezer.move_to(datetime(2026, 3, 20, 23, 0, 1, tzinfo=UTC))
    async_fire_time_changed(hass)
    assert await async_rows(hass, anna, "hydration") == {"2026-03-20T19": 750}


async def test_a_day_that_ended_while_nothing_ran_is_written_at_the_start(
    hass: HomeAssistant, recorder_mock: Recorder, registry: TwinRegistry, feed: ChangeFeed
) -> None:
    anna = await async_person(registry)
    await registry.async_record(
        anna.person_id,
        [reading("weight", 70, 2 * DAY), reading("weight", 71, 3 * DAY), reading("weight", 72)],
    )
    stop = HealthObserver(hass, registry, feed).async_start()
    assert await async_rows(hass, anna, "weight") == {"2026-03-18T19": 70}
    stop()


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Warsaw", "2026-03-19T11"),
        ("Pacific/Auckland", "2026-03-18T23"),
        ("Pacific/Kiritimati", "2026-03-18T22"),
        ("Pacific/Pago_Pago", "2026-03-19T23"),
        ("Asia/Kathmandu", "2026-03-19T06"),
    ],
)
async def test_a_day_has_one_row_on_its_date_in_the_household(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, zone: str, start: str
) -> None:
    await hass.config.async_set_time_zone(zone)
    lives = (
        ("Europe/Warsaw", 0),
        ("Europe/Warsaw", 12),
        ("Pacific/Kiritimati", 0),
        ("Pacific/Pago_Pago", 0),
        ("Asia/Kathmandu", 4),
    )
    for value, (timezone, day_start) in enumerate(lives, start=70):
        person = await registry.async_update(
            PERSON, anna.person_id, {"timezone": timezone, "day_start": day_start}
        )
        days = registry.person_days(person)
        for measured_at in (days.start_of(DAY_19), days.end_of(DAY_19) - timedelta(seconds=1)):
            late = replace(reading("weight", value)[1], measured_at=measured_at)
            await registry.async_record(person.person_id, [("weight", late)])
        rows = await async_rows(hass, anna, "weight")
        assert start in rows
        # What was of another day elsewhere is a row of that one.
        await registry.async_update(PERSON, anna.person_id, {"health_metrics": {"weight": None}})


async def test_a_day_that_is_written_again_elsewhere_is_the_same_row(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    await registry.async_record(anna.person_id, [reading("weight", 70, DAY), reading("weight", 71)])
    assert await async_rows(hass, anna, "weight") == {"2026-03-19T19": 70}
    for timezone, day_start in (("Asia/Tokyo", 0), ("America/New_York", 0), ("Europe/Warsaw", 6)):
        await registry.async_update(
            PERSON, anna.person_id, {"timezone": timezone, "day_start": day_start}
        )
        # 12:30 in Warsaw, on the same date everywhere.
        await registry.async_record(
            anna.person_id, [reading("weight", 72 + day_start, DAY - timedelta(minutes=30))]
        )
        assert await async_rows(hass, anna, "weight") == {"2026-03-19T19": 72 + day_start}


async def test_the_statistics_of_a_metric_go_with_its_history(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    batch = [reading("weight", 70, DAY), reading("mood", 7, DAY)]
    await registry.async_record(anna.person_id, batch)
    assert await async_rows(hass, anna, "weight") == {"2026-03-19T19": 70}
    await registry.async_update(PERSON, anna.person_id, {"health_metrics": {"weight": None}})
    assert await async_rows(hass, anna, "weight") == {}
    assert await async_rows(hass, anna, "mood") == {"2026-03-19T19": 7}
    await registry.async_record(anna.person_id, batch)
    assert await async_rows(hass, anna, "weight") == {"2026-03-19T19": 70}


@pytest.mark.parametrize("metric", CATALOGUE)
async def test_the_statistics_of_a_metric_have_its_unit_and_class(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, metric: str
) -> None:
    value = CATALOGUE[metric].maximum
    await registry.async_record(anna.person_id, [reading(metric, value, DAY)])
    assert list((await async_rows(hass, anna, metric)).values()) == [value]
    [known] = await async_list_statistic_ids(hass, {statistic_id(anna.person_id, metric)})
    unit = CATALOGUE[metric].unit
    converter = STATISTIC_UNIT_TO_UNIT_CONVERTER.get(unit)
    assert known["statistics_unit_of_measurement"] == unit
    assert known["unit_class"] == (converter.UNIT_CLASS if converter else None)
    assert known["name"] == f"Anna: {metric_label(hass, metric, CATALOGUE[metric])}"
    assert (known["has_sum"], known["source"]) == (False, "digital_twin")


async def test_a_metric_of_the_household_has_its_name(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    grip = {"key": "grip", "name": "Grip strength", "unit": "kg", "minimum": 0, "maximum": 99}
    registry.async_set_household_metrics([define_metric(grip)])
    batch = [("grip", reading("weight", 50, DAY)[1])]
    await registry.async_record(anna.person_id, batch)
    await async_rows(hass, anna, "grip")
    [known] = await async_list_statistic_ids(hass, {statistic_id(anna.person_id, "grip")})
    assert (known["name"], known["unit_class"]) == ("Anna: Grip strength", "mass")
    registry.async_set_household_metrics([])
    await registry.async_import_readings(anna.person_id, batch)


async def test_what_is_private_is_in_no_statistics(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    batch = [reading("weight", 70, DAY), reading("weight", 71, 2 * DAY), reading("weight", 72)]
    await registry.async_record(anna.person_id, batch)
    public = {"2026-03-18T19": 71.0, "2026-03-19T19": 70.0}
    assert await async_rows(hass, anna, "weight") == public
    for health_entities, expected in ((False, {}), (True, public), (False, {})):
        await registry.async_update(PERSON, anna.person_id, {"health_entities": health_entities})
        assert await async_rows(hass, anna, "weight") == expected
    await registry.async_record(anna.person_id, [reading("weight", 72, 3 * DAY)])
    assert await async_rows(hass, anna, "weight") == {}
    jan = await async_person(registry, name="Jan", health_entities=False)
    await registry.async_record(jan.person_id, batch)
    assert await async_rows(hass, jan, "weight") == {}


async def test_what_a_crash_left_of_a_private_person_is_cleared_at_the_start(
    hass: HomeAssistant, recorder_mock: Recorder, registry: TwinRegistry, feed: ChangeFeed
) -> None:
    jan = await async_person(registry, name="Jan", health_entities=False)
    public = replace(jan, health_entities=True)
    async_write_days(hass, public, CATALOGUE["weight"], {DAY_19.toordinal(): 70})
    assert await async_rows(hass, jan, "weight") != {}
    stop = HealthObserver(hass, registry, feed).async_start()
    assert await async_rows(hass, jan, "weight") == {}
    stop()


async def test_a_reading_that_is_saved_after_the_choice_of_privacy_is_in_no_statistics(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    saved = asyncio.Event()
    write = Changes._async_write_batch

    async def slow(changes: Changes) -> None:
        await saved.wait()
        await write(changes)

    with patch.object(Changes, "_async_write_batch", slow):
        batch = [reading("weight", 70, DAY), reading("weight", 80, 500 * DAY)]
        recording = hass.async_create_task(registry.async_record(anna.person_id, batch))
        private = hass.async_create_task(
            registry.async_update(PERSON, anna.person_id, {"health_entities": False})
        )
        for _ in range(20):
            await asyncio.sleep(0)
        saved.set()
        assert (await recording).accepted
        await private
    assert await async_rows(hass, anna, "weight") == {}


async def test_values_of_long_ago_are_cleared_although_the_recorder_does_not_list_them_yet(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    with patch.object(statistics, "async_list_statistic_ids", return_value=[]):
        async_write_days(hass, anna, CATALOGUE["hydration"], {DAY_19.toordinal() - 600: 250})
        await registry.async_update(PERSON, anna.person_id, {"health_entities": False})
        assert await async_rows(hass, anna, "hydration") == {}


@pytest.mark.parametrize("last", [True, False])
async def test_the_last_word_about_privacy_counts(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person, *, last: bool
) -> None:
    await registry.async_record(anna.person_id, [reading("weight", 70, DAY)])
    assert await async_rows(hass, anna, "weight") != {}
    for health_entities in (last, not last, last):
        await registry.async_update(PERSON, anna.person_id, {"health_entities": health_entities})
    assert (await async_rows(hass, anna, "weight") != {}) is last


async def test_the_statistics_of_somebody_who_does_not_come_back_are_deleted(
    hass: HomeAssistant,
    registry: TwinRegistry,
    anna: Person,
    freezer: FrozenDateTimeFactory,
) -> None:
    await registry.async_record(anna.person_id, [reading("weight", 70, DAY)])
    await registry.async_delete(PERSON, anna.person_id)
    assert await async_rows(hass, anna, "weight") == {"2026-03-19T19": 70}
    freezer.move_to(NOW + KEPT_AFTER_DELETE + DAY)
    feed = ChangeFeed()
    stop = HealthObserver(hass, await async_load(hass, feed), feed).async_start()
    assert await async_rows(hass, anna, "weight") == {}
    stop()


async def test_statistics_are_cleared_for_all_or_for_nobody(
    hass: HomeAssistant, registry: TwinRegistry, anna: Person
) -> None:
    await registry.async_record(anna.person_id, [reading("weight", 70, DAY)])
    await async_rows(hass, anna, "weight")
    await async_clear_statistics(hass, [])
    assert await async_rows(hass, anna, "weight") != {}
    await async_clear_statistics(hass)
    assert await async_rows(hass, anna, "weight") == {}


async def test_without_a_recorder_there_is_nothing_to_do(
    hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed
) -> None:
    stop = HealthObserver(hass, registry, feed).async_start()
    anna = await async_person(registry)
    await registry.async_record(anna.person_id, [reading("weight", 70, DAY)])
    await async_clear_statistics(hass)
    await hass.async_block_till_done()
    stop()
