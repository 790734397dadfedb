"""Readings of linked entities."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.sensor import SensorEntity
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import (
    MockEntityPlatform,
    async_fire_time_changed,
)

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.feed import ChangeFeed
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.health.linked import GRACE, LinkedSources
from custom_components.digital_twin.engine.health.sources import metric_label, preview_source
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.household_metrics import define_metric
from custom_components.digital_twin.twin.metrics.person import PERSON, Person
from custom_components.digital_twin.twin.metrics.readings import MetricSource, Reading

from .common import NOW, async_load, async_person, by_day

SCALE = "sensor.scale"
KILOS = {"unit_of_measurement": "kg"}
ISSUES = ir.IssueRegistry


@pytest.fixture
async def linked(
    hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed
) -> AsyncGenerator[LinkedSources]:
    following = LinkedSources(hass, registry, feed)
    stop = following.async_start()
    yield following
    stop()
    await registry.async_write_files()


async def async_link(registry: TwinRegistry, **sources: object) -> Person:
    return await async_person(registry, metric_sources=sources)


def latest(registry: TwinRegistry, person: Person, metric: str) -> Reading | None:
    return registry.persons[person.person_id].health_metrics.get(metric)


def value(registry: TwinRegistry, person: Person, metric: str = "weight") -> float | None:
    reading = latest(registry, person, metric)
    return None if reading is None else reading.value


async def async_show(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entity_id: str,
    state: str,
    attributes: Mapping[str, object] | None = None,
    after: timedelta = timedelta(minutes=1),
) -> None:
    """Let an entity show something, some time later."""
    freezer.tick(after)
    hass.states.async_set(entity_id, state, KILOS if attributes is None else attributes)
    await hass.async_block_till_done()


@pytest.mark.usefixtures("linked")
async def test_a_state_is_a_reading_in_the_unit_of_the_metric(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    anna = await async_link(registry, weight=[SCALE])
    await async_show(hass, freezer, SCALE, "157", {"unit_of_measurement": "lb"})
    reading = latest(registry, anna, "weight")
    assert reading == Reading(
        value=71.214, unit="kg", measured_at=NOW + timedelta(minutes=1), source=SCALE
    )


@pytest.mark.usefixtures("linked")
async def test_what_an_entity_shows_when_it_is_linked_is_read_at_once(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    hass.states.async_set(SCALE, "70", KILOS)
    freezer.tick(3600)
    anna = await async_link(registry, weight=[SCALE])
    await hass.async_block_till_done()
    reading = latest(registry, anna, "weight")
    assert reading is not None
    assert (reading.value, reading.measured_at) == (70, NOW)


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize(
    ("entity_id", "first", "second", "is_new"),
    [
        # A poll that repeats the value, and the time of the same measurement.
        (SCALE, {}, {}, False),
        (SCALE, {"measured_at": "2026-03-20T08:00:00+00:00"}, None, False),
        (SCALE, {"battery": 80}, {"battery": 79}, False),
        # Measured anew, says the entity.
        (SCALE, {"timestamp": 1_774_000_800}, {"timestamp": 1_774_001_000}, True),
        (SCALE, {"last_measured": "this morning"}, {"last_measured": "just now"}, True),
        # Somebody entered the same number.
        ("input_number.weight", {}, {}, True),
    ],
)
async def test_an_equal_value_is_a_reading_only_where_it_was_measured_anew(
    hass: HomeAssistant,
    registry: TwinRegistry,
    freezer: FrozenDateTimeFactory,
    entity_id: str,
    first: dict[str, object],
    second: dict[str, object] | None,
    *,
    is_new: bool,
) -> None:
    anna = await async_link(registry, weight=[entity_id])
    await async_show(hass, freezer, entity_id, "70", {**KILOS, **first})
    before = latest(registry, anna, "weight")
    again = first if second is None else second
    await async_show(hass, freezer, entity_id, "70", {**KILOS, **again})
    after = latest(registry, anna, "weight")
    assert before is not None
    assert after is not None
    assert (after.measured_at > before.measured_at) is is_new


@pytest.mark.usefixtures("linked")
async def test_a_forced_update_is_a_reading(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    anna = await async_link(registry, weight=[SCALE])
    await async_show(hass, freezer, SCALE, "70")
    freezer.tick(60)
    hass.states.async_set(SCALE, "70", KILOS, force_update=True)
    await hass.async_block_till_done()
    reading = latest(registry, anna, "weight")
    assert reading is not None
    assert reading.measured_at == NOW + timedelta(minutes=2)


@pytest.mark.usefixtures("linked")
async def test_an_equal_value_after_another_one_is_a_reading(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    anna = await async_link(registry, weight=[SCALE])
    for state in ("70", "71", "70"):
        await async_show(hass, freezer, SCALE, state)
    reading = latest(registry, anna, "weight")
    assert reading is not None
    assert (reading.value, reading.measured_at) == (70, NOW + timedelta(minutes=3))


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2026-03-20T11:58:30+00:00", "2026-03-20T11:58:30+00:00"),
        (1_774_000_800_000, "2026-03-20T10:00:00+00:00"),
        # A local time, in Warsaw.
        ("2026-03-20 08:00:00", "2026-03-20T07:00:00+00:00"),
        ("2026-03-18", "2026-03-18T22:59:59+00:00"),
        # What cannot be, or cannot be read, is not believed.
        ("2026-03-20", "2026-03-20T12:01:00+00:00"),
        ("2027-01-01T00:00:00+00:00", "2026-03-20T12:01:00+00:00"),
        ("yesterday", "2026-03-20T12:01:00+00:00"),
    ],
)
async def test_a_reading_has_the_time_that_the_entity_says(
    hass: HomeAssistant,
    registry: TwinRegistry,
    freezer: FrozenDateTimeFactory,
    said: object,
    expected: str,
) -> None:
    anna = await async_link(registry, weight=[SCALE])
    await async_show(hass, freezer, SCALE, "70", {**KILOS, "measured_at": said})
    reading = latest(registry, anna, "weight")
    assert reading is not None
    assert reading.measured_at.isoformat() == expected


@pytest.mark.usefixtures("linked")
async def test_one_weighing_is_one_day_and_lets_the_second_scale_speak(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    anna = await async_link(registry, weight=[SCALE, "sensor.other"])
    await async_show(hass, freezer, SCALE, "70")
    for _ in range(3):
        await async_show(hass, freezer, SCALE, "70", after=timedelta(days=1))
    assert by_day(registry, anna.person_id, "weight") == {"03-20": 70}
    await async_show(hass, freezer, "sensor.other", "69")
    assert value(registry, anna) == 69


@pytest.mark.usefixtures("linked")
async def test_one_night_is_one_night(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    hours: dict[str, object] = {"unit_of_measurement": "h"}
    anna = await async_link(registry, sleep_duration=["sensor.sleep"])
    # The night, its correction, a poll, a nap; and a poll on the next day.
    for state in ("7", "7.2", "7.2", "0.5"):
        await async_show(hass, freezer, "sensor.sleep", state, hours, timedelta(hours=1))
    await async_show(hass, freezer, "sensor.sleep", "0.5", hours, timedelta(days=1))
    assert by_day(registry, anna.person_id, "sleep_duration") == {"03-20": 462}


@pytest.mark.usefixtures("linked")
async def test_a_counter_that_never_restarts_gives_the_rise_of_each_day(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    steps: dict[str, object] = {"unit_of_measurement": "steps"}
    anna = await async_link(registry, steps=["sensor.phone"])
    for state, hours in (("48000", 1), ("50000", 8), ("50000", 6), ("50000", 4), ("50400", 1)):
        await async_show(hass, freezer, "sensor.phone", state, steps, timedelta(hours=hours))
    # A day on which nothing moves has no reading.
    await async_show(hass, freezer, "sensor.phone", "50400", steps, timedelta(days=1))
    await async_show(hass, freezer, "sensor.phone", "50900", steps, timedelta(days=1))
    assert by_day(registry, anna.person_id, "steps") == {
        "03-20": 50_000,
        "03-21": 400,
        "03-23": 500,
    }


@pytest.mark.usefixtures("linked")
async def test_a_count_that_is_synchronized_in_the_morning_belongs_to_yesterday(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    steps: dict[str, object] = {"unit_of_measurement": "steps"}
    anna = await async_link(registry, steps=["sensor.watch"])
    for state, hours in (("8000", 6), ("8650", 13), ("40", 1), ("5000", 5)):
        await async_show(hass, freezer, "sensor.watch", state, steps, timedelta(hours=hours))
    assert by_day(registry, anna.person_id, "steps") == {"03-20": 8650, "03-21": 5000}


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize("gone", ["unavailable", "unknown"])
async def test_a_state_that_comes_back_is_no_reading_unless_it_differs(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory, gone: str
) -> None:
    anna = await async_link(registry, weight=[SCALE])
    await async_show(hass, freezer, SCALE, "70")
    for state, expected in (("70", timedelta(minutes=1)), ("71", timedelta(minutes=5))):
        await async_show(hass, freezer, SCALE, gone)
        await async_show(hass, freezer, SCALE, state)
        reading = latest(registry, anna, "weight")
        assert reading is not None
        assert reading.measured_at == NOW + expected


async def test_a_restart_measures_nothing(
    hass: HomeAssistant,
    registry: TwinRegistry,
    linked: LinkedSources,
    freezer: FrozenDateTimeFactory,
) -> None:
    phone, watch = "sensor.phone", "sensor.watch"
    steps = {"unit_of_measurement": "steps"}
    anna = await async_link(registry, weight=[SCALE, watch], steps=[phone])
    await async_show(hass, freezer, watch, "69.5")
    await async_show(hass, freezer, SCALE, "70", after=timedelta(days=1))
    await async_show(hass, freezer, phone, "8000", steps)
    await registry.async_write_files()
    before = registry.persons[anna.person_id]
    freezer.tick(timedelta(days=1))
    feed = ChangeFeed()
    again = await async_load(hass, feed)
    for entity_id in (SCALE, watch, phone):
        hass.states.async_remove(entity_id)
    stop = LinkedSources(hass, again, feed).async_start()
    await async_show(hass, freezer, SCALE, "70")
    await async_show(hass, freezer, watch, "69.5")
    await async_show(hass, freezer, phone, "8000", steps)
    assert again.persons[anna.person_id].health_metrics == before.health_metrics
    await async_show(hass, freezer, phone, "300", steps)
    assert by_day(again, anna.person_id, "steps") == {"03-21": 8000, "03-22": 300}
    stop()
    await again.async_write_files()


@pytest.mark.usefixtures("linked")
@pytest.mark.parametrize(
    ("state", "attributes"),
    [
        ("fine", KILOS),
        ("nan", KILOS),
        ("inf", KILOS),
        ("7000", KILOS),
        ("70", {"unit_of_measurement": "km"}),
        ("unknown", KILOS),
    ],
)
async def test_what_is_no_reading_is_none(
    hass: HomeAssistant,
    registry: TwinRegistry,
    freezer: FrozenDateTimeFactory,
    state: str,
    attributes: dict[str, object],
) -> None:
    anna = await async_link(registry, weight=[SCALE])
    await async_show(hass, freezer, SCALE, state, attributes)
    assert value(registry, anna) is None


@pytest.mark.usefixtures("linked")
async def test_an_attribute_is_read_in_the_unit_that_the_link_says(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    anna = await async_link(
        registry,
        weight=[{"entity": "scale.mine", "attribute": "mass", "unit": "g"}],
        mood=["input_number.mood"],
    )
    await async_show(hass, freezer, "scale.mine", "ok", {"mass": 70_500, **KILOS})
    await async_show(hass, freezer, "input_number.mood", "7", {})
    reading = latest(registry, anna, "weight")
    assert reading is not None
    assert (reading.value, reading.source) == (70.5, "scale.mine.mass")
    assert value(registry, anna, "mood") == 7
    await async_show(hass, freezer, "scale.mine", "ok", {"mass": True})
    await async_show(hass, freezer, "scale.mine", "ok", {"mass": [1]})
    await async_show(hass, freezer, "scale.mine", "ok", {})
    assert value(registry, anna) == 70.5


@pytest.mark.usefixtures("linked")
async def test_a_lower_source_speaks_when_the_higher_is_silent(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    strap, watch = "sensor.strap", "sensor.watch"
    anna = await async_link(registry, heart_rate=[strap, watch])

    async def beat(entity_id: str, rate: str, minutes: int = 1) -> float | None:
        attributes = {"unit_of_measurement": "bpm"}
        await async_show(hass, freezer, entity_id, rate, attributes, timedelta(minutes=minutes))
        return value(registry, anna, "heart_rate")

    assert await beat(watch, "60") == 60
    assert await beat(strap, "70") == 70
    assert await beat(watch, "61") == 70
    # A pulse says nothing about the present after an hour.
    assert await beat(watch, "62", 60) == 62
    assert await beat(strap, "71") == 71
    assert await beat(watch, "63") == 71
    assert await beat(strap, "unavailable") == 71
    assert await beat(watch, "64") == 64


@pytest.mark.usefixtures("linked")
async def test_a_metric_that_never_becomes_stale_is_left_to_the_next_source_after_a_day(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    centimetres: dict[str, object] = {"unit_of_measurement": "cm"}
    anna = await async_link(registry, height=["sensor.a", "sensor.b"])
    await async_show(hass, freezer, "sensor.a", "170", centimetres)
    await async_show(hass, freezer, "sensor.b", "171", centimetres)
    assert value(registry, anna, "height") == 170
    await async_show(hass, freezer, "sensor.b", "172", centimetres, timedelta(days=1))
    assert value(registry, anna, "height") == 172


@pytest.mark.usefixtures("linked")
async def test_a_daily_total_takes_the_highest_of_its_sources(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    steps: dict[str, object] = {"unit_of_measurement": "steps"}
    anna = await async_link(registry, steps=["sensor.phone", "sensor.watch"])
    await async_show(hass, freezer, "sensor.phone", "6000", steps)
    await async_show(hass, freezer, "sensor.watch", "6500", steps)
    await async_show(hass, freezer, "sensor.phone", "6100", steps)
    reading = latest(registry, anna, "steps")
    assert reading is not None
    assert (reading.value, reading.source) == (6500, "sensor.watch")
    # The watch was not worn and has not reset its counter the next morning.
    await async_show(hass, freezer, "sensor.watch", "6500", steps, timedelta(hours=11))
    await async_show(hass, freezer, "sensor.phone", "400", steps, timedelta(hours=1))
    assert by_day(registry, anna.person_id, "steps") == {"03-20": 6500, "03-21": 400}


@pytest.mark.usefixtures("linked")
async def test_links_follow_the_record(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    anna = await async_link(registry, weight=[SCALE])
    await async_show(hass, freezer, SCALE, "70")
    await registry.async_update(
        PERSON, anna.person_id, {"metric_sources": {"weight": ["sensor.other"]}}
    )
    await async_show(hass, freezer, SCALE, "71")
    assert value(registry, anna) == 70
    await async_show(hass, freezer, "sensor.other", "72")
    assert value(registry, anna) == 72
    await registry.async_delete(PERSON, anna.person_id)
    await async_show(hass, freezer, "sensor.other", "73")
    assert registry.persons == {}


@pytest.mark.usefixtures("linked")
async def test_a_metric_of_the_household_is_read_once_it_is_defined(
    hass: HomeAssistant, registry: TwinRegistry, freezer: FrozenDateTimeFactory
) -> None:
    coffee = define_metric(
        {"key": "coffee", "name": "Coffee", "unit": "cups", "minimum": 0, "maximum": 30}
    )
    registry.async_set_household_metrics([coffee])
    anna = await async_link(registry, coffee=["sensor.coffee"])
    registry.async_set_household_metrics([])
    await async_show(hass, freezer, "sensor.coffee", "2", {})
    assert value(registry, anna, "coffee") is None
    registry.async_set_household_metrics([coffee])
    await hass.async_block_till_done()
    assert value(registry, anna, "coffee") == 2


@pytest.mark.usefixtures("linked")
async def test_a_renamed_entity_is_followed(
    hass: HomeAssistant,
    registry: TwinRegistry,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
) -> None:
    entity_registry.async_get_or_create("sensor", "test", "1", suggested_object_id="scale")
    anna = await async_link(registry, weight=[{"entity": SCALE}])
    entity_registry.async_update_entity(SCALE, new_entity_id="sensor.bathroom")
    await hass.async_block_till_done()
    await async_show(hass, freezer, "sensor.bathroom", "70")
    assert value(registry, anna) == 70
    assert registry.persons[anna.person_id].metric_sources["weight"][0].entity != SCALE


class Scale(SensorEntity):
    """A sensor that takes its state away and shows it again when it is renamed."""

    _attr_unique_id = "1"
    _attr_name = "Scale"
    _attr_native_value = 70
    _attr_native_unit_of_measurement = "kg"
    _attr_should_poll = False


@pytest.mark.usefixtures("linked")
async def test_a_new_name_measures_nothing(
    hass: HomeAssistant,
    registry: TwinRegistry,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
) -> None:
    scale = Scale()
    platform = MockEntityPlatform(hass, domain="sensor", platform_name="test")
    await platform.async_add_entities([scale])
    anna = await async_link(registry, weight=[scale.entity_id])
    before = latest(registry, anna, "weight")
    assert before is not None
    freezer.tick(timedelta(days=1))
    entity_registry.async_update_entity(scale.entity_id, new_entity_id="sensor.bathroom")
    await hass.async_block_till_done()
    assert hass.states.get("sensor.bathroom") is not None
    assert latest(registry, anna, "weight") == before
    freezer.tick(timedelta(minutes=1))
    scale._attr_native_value = 71
    scale.async_write_ha_state()
    await hass.async_block_till_done()
    assert latest(registry, anna, "weight") == replace(
        before,
        value=71,
        measured_at=before.measured_at + timedelta(days=1, minutes=1),
        source="sensor.bathroom",
    )


@pytest.mark.usefixtures("linked")
async def test_own_entities_are_never_read(
    hass: HomeAssistant,
    registry: TwinRegistry,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
) -> None:
    entity_registry.async_get_or_create("sensor", DOMAIN, "1", suggested_object_id="scale")
    anna = await async_link(registry, weight=[SCALE])
    await async_show(hass, freezer, SCALE, "70")
    assert value(registry, anna) is None


# Sources that are gone.


def lost(issues: ISSUES) -> list[dict[str, object]]:
    return [
        dict(issue.data or {}, says=issue.translation_placeholders)
        for issue in issues.issues.values()
        if issue.translation_key == "linked_source_missing"
    ]


async def async_pass(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    freezer.tick(GRACE + 1)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


@pytest.mark.usefixtures("linked")
async def test_a_source_that_is_gone_is_named_and_forgotten_when_it_is_back(
    hass: HomeAssistant,
    registry: TwinRegistry,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
    issue_registry: ISSUES,
) -> None:
    entry = entity_registry.async_get_or_create("sensor", "test", "1", suggested_object_id="scale")
    anna = await async_link(registry, weight=[SCALE], body_fat=["sensor.template"])
    hass.states.async_set("sensor.template", "20", {"unit_of_measurement": "%"})
    await async_pass(hass, freezer)
    assert lost(issue_registry) == []

    entity_registry.async_remove(SCALE)
    hass.states.async_remove("sensor.template")
    await hass.async_block_till_done()
    await async_pass(hass, freezer)

    def named(metric: str) -> str:
        return metric_label(hass, metric, CATALOGUE[metric])

    assert sorted(str(each["entity"]) for each in lost(issue_registry)) == sorted(
        [entry.id, "sensor.template"]
    )
    [one] = [each for each in lost(issue_registry) if each["entity"] == "sensor.template"]
    assert one == {
        "person_id": anna.person_id,
        "metric": "body_fat",
        "entity": "sensor.template",
        "says": {"person": "Anna", "metric": named("body_fat"), "entity": "sensor.template"},
    }

    # People never saw the id by which the link knows it.
    [other] = [each for each in lost(issue_registry) if each["entity"] == entry.id]
    assert other["says"] == {"person": "Anna", "metric": named("weight"), "entity": SCALE}
    assert len(registry.persons[anna.person_id].metric_sources) == 2

    await registry.async_update(PERSON, anna.person_id, {"metric_sources": {"weight": None}})
    await async_show(hass, freezer, "sensor.template", "21", {"unit_of_measurement": "%"})
    await async_pass(hass, freezer)
    assert lost(issue_registry) == []


@pytest.mark.usefixtures("linked")
async def test_a_source_that_is_disabled_is_missing_until_it_is_enabled(
    hass: HomeAssistant,
    registry: TwinRegistry,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
    issue_registry: ISSUES,
) -> None:
    entity_registry.async_get_or_create("sensor", "test", "1", suggested_object_id="scale")
    await async_link(registry, weight=[SCALE])
    await async_show(hass, freezer, SCALE, "70")
    for disabled_by in (er.RegistryEntryDisabler.USER, None):
        entity_registry.async_update_entity(SCALE, disabled_by=disabled_by)
        await hass.async_block_till_done()
        await async_pass(hass, freezer)
        says = [each["says"] for each in lost(issue_registry)]
        assert len(says) == (1 if disabled_by else 0)
        assert SCALE in str(says) or not disabled_by


@pytest.mark.usefixtures("linked")
async def test_an_entity_that_is_made_again_is_followed_again(
    hass: HomeAssistant,
    registry: TwinRegistry,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
    issue_registry: ISSUES,
) -> None:
    entity_registry.async_get_or_create("sensor", "test", "1", suggested_object_id="scale")
    anna = await async_link(registry, weight=[SCALE])
    await async_show(hass, freezer, SCALE, "70")
    entity_registry.async_remove(SCALE)
    hass.states.async_remove(SCALE)
    await hass.async_block_till_done()
    assert lost(issue_registry)

    entity_registry.async_get_or_create("sensor", "test", "1", suggested_object_id="scale")
    await async_show(hass, freezer, SCALE, "75")
    assert value(registry, anna) == 75
    await async_pass(hass, freezer)
    assert lost(issue_registry) == []


async def test_nothing_is_missed_before_home_assistant_has_started(
    hass: HomeAssistant,
    registry: TwinRegistry,
    feed: ChangeFeed,
    freezer: FrozenDateTimeFactory,
    issue_registry: ISSUES,
) -> None:
    hass.set_state(CoreState.starting)
    await async_link(registry, weight=[SCALE])
    stop = LinkedSources(hass, registry, feed).async_start()
    await async_pass(hass, freezer)
    assert lost(issue_registry) == []
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    await async_pass(hass, freezer)
    assert len(lost(issue_registry)) == 1
    stop()


# Previews.


@pytest.mark.parametrize(
    ("entity", "state", "problem"),
    [
        (SCALE, "70.5", None),
        (SCALE, "unavailable", "entity_unavailable"),
        (SCALE, "fine", "not_numeric"),
        (SCALE, "7_0", "not_numeric"),
        (SCALE, "\u0667\u0660", "not_numeric"),
        (SCALE, "inf", "not_numeric"),
        (SCALE, "9999", "out_of_range"),
        ("sensor.nobody", "70", "entity_missing"),
        ("sensor.own", "70", "own_entity"),
    ],
)
async def test_a_preview_tells_what_would_be_read_or_why_not(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    entity: str,
    state: str,
    problem: str | None,
) -> None:
    entity_registry.async_get_or_create("sensor", DOMAIN, "1", suggested_object_id="own")
    hass.states.async_set(SCALE, state, KILOS)
    preview = preview_source(hass, CATALOGUE["weight"], MetricSource(entity=entity))
    if problem is None:
        assert preview.problem is None
        assert preview.reading is not None
        assert (preview.reading.value, preview.reading.measured_at) == (70.5, NOW)
    else:
        assert preview.reading is None
        assert preview.problem is not None
        assert preview.problem.key == problem
