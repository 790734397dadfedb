"""The past of the demo house: seasons, nights, habits, counters that add up, batteries."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
import json
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any, Final

from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.history import get_significant_states
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
import yaml

from custom_components.digital_twin.twin.home.batteries import forecast
from scripts.demo.batteries import LOW, battery_levels
from scripts.demo.custom_components.demo_home.diary import ANNA, Diary
from scripts.demo.custom_components.demo_home.house import DEVICES, METER
from scripts.demo.custom_components.demo_home.life import (
    CO2,
    ENERGY,
    HUMIDITY,
    TEMPERATURE,
    House,
    Series,
)
from scripts.demo.furnish import SLIDERS, ZONE, configure
from scripts.demo.house_past import STATES_SINCE, house_past
from scripts.demo.recorder import DATABASE, EntityPast, write_past
from scripts.demo.twins import make_dashboard

NOW: Final = datetime(2026, 11, 28, 14, 20, tzinfo=UTC)
ROOMS: Final = ("living_climate", "kitchen_climate", "bedroom_climate", "bathroom_climate")
OUTDOORS: Final = ("garden_climate", TEMPERATURE)


@pytest.fixture(scope="module")
def hours() -> Sequence[tuple[datetime, Mapping[Series, float]]]:
    """What the sensors measured at every second hour of the last year."""
    house = House(NOW.date(), ZONE)
    times = [NOW - timedelta(hours=2 * back) for back in range(12 * 365)]
    return [(time.astimezone(ZONE), house.values(time)) for time in times]


@pytest.fixture(scope="module")
def past() -> Mapping[str, EntityPast]:
    known = [*house_past(NOW, ZONE, SLIDERS)]
    found = {each.entity_id: each for each in known}
    assert len(found) == len(known)
    return found


def _mean(
    hours: Sequence[tuple[datetime, Mapping[Series, float]]],
    series: Series,
    *,
    months: Sequence[int] = range(1, 13),
    of_day: Sequence[int] = range(24),
) -> float:
    return fmean(
        values[series] for time, values in hours if time.month in months and time.hour in of_day
    )


def test_outdoors_follows_the_season_and_nights_are_cooler(
    hours: Sequence[tuple[datetime, Mapping[Series, float]]],
) -> None:
    winter, summer = (12, 1, 2), (6, 7, 8)
    cold, warm = (_mean(hours, OUTDOORS, months=months) for months in (winter, summer))
    assert -5 < cold < 4
    assert 15 < warm < 23
    for months in (winter, summer):
        night = _mean(hours, OUTDOORS, months=months, of_day=range(2, 6))
        assert night < _mean(hours, OUTDOORS, months=months, of_day=range(13, 17)) - 2


def test_rooms_differ_and_rest_at_night(
    hours: Sequence[tuple[datetime, Mapping[Series, float]]],
) -> None:
    means = [_mean(hours, (room, TEMPERATURE)) for room in ROOMS]
    assert min(means) > 16
    assert max(means) < 25
    assert min(abs(one - other) for one, other in pairwise(sorted(means))) > 0.3
    for room in ("living_climate", "kitchen_climate", "bathroom_climate"):
        night = _mean(hours, (room, TEMPERATURE), months=(1,), of_day=range(1, 5))
        assert night < _mean(hours, (room, TEMPERATURE), months=(1,), of_day=range(14, 20)) - 1
    bathroom, bedroom = (_mean(hours, (room, HUMIDITY)) for room in ROOMS[:1:-1])
    assert bathroom > bedroom + 3


def test_no_sensor_of_the_house_is_a_flat_line(past: Mapping[str, EntityPast]) -> None:
    for entity_id, each in past.items():
        if each.attributes.get("state_class") is None or "battery" in entity_id:
            continue
        values = [float(change.state) for change in each.states]
        if entity_id.endswith("low_batteries"):
            assert (values[0], values[-1]) == (0, 1)
            continue
        assert pstdev(values) > 0.2, entity_id
        # Home Assistant takes what reports nothing for a day for broken.
        changed = [one.at for one, other in pairwise(each.states) if one.state != other.state]
        assert max(later - one for one, later in pairwise(changed)) < 86_400, entity_id


def test_people_breathe_where_they_work(
    hours: Sequence[tuple[datetime, Mapping[Series, float]]],
) -> None:
    diary = Diary(NOW.date())
    desk: dict[bool, list[float]] = {True: [], False: []}
    for time, values in hours:
        if time.hour in (10, 11) and time.weekday() < 5:
            at_desk = diary.works_at_home(ANNA, time.date())
            desk[at_desk].append(values["office_air", CO2])
    assert fmean(desk[True]) > fmean(desk[False]) + 250
    assert max(desk[True]) < 1600


def test_nobody_uses_power_on_holiday() -> None:
    house = House(NOW.date(), ZONE)

    def used(day: date) -> float:
        begins = datetime.combine(day, datetime.min.time(), ZONE)
        return house.energy(begins + timedelta(days=1)) - house.energy(begins)

    away, usual = used(date(2026, 8, 15)), used(date(2026, 10, 15))
    assert 1 < away < 4
    assert 5 < usual < 15


def test_the_meter_counts_what_the_power_was() -> None:
    house = House(NOW.date(), ZONE)
    first = house.begun + timedelta(hours=500)
    times = [first + timedelta(hours=each) for each in range(200)]
    counted = house.energy(times[-1]) - house.energy(times[0])
    means = [house.mean_power(500 + each) for each in range(199)]
    assert counted == pytest.approx(sum(means) / 1000)
    readings = [house.values(time)[METER, ENERGY] for time in times]
    assert all(one < other for one, other in pairwise(readings))


def test_the_past_ends_where_the_sliders_stand(past: Mapping[str, EntityPast]) -> None:
    states = [*past["sensor.living_room_climate_temperature"].states]
    assert float(states[-1].state) == SLIDERS["living_room_temperature"]
    assert states[-1].at == NOW.timestamp()
    assert states[0].at == pytest.approx((NOW - STATES_SINCE).timestamp(), abs=600)


@pytest.mark.parametrize("today", [date(2026, 11, 28), date(2027, 3, 1), date(2028, 2, 29)])
def test_batteries_run_out(today: date) -> None:
    now = datetime.combine(today, datetime.min.time(), ZONE) + timedelta(hours=11)
    house = House(today, ZONE)
    left = {}
    for device in DEVICES:
        if device.drain:
            levels = battery_levels(house, device.key, now)
            assert [level for _, level in levels] == sorted(
                (level for _, level in levels), reverse=True
            )
            found = forecast(device.key, levels)
            left[device.key] = found.days_left(today) if found else None
            assert (levels[-1][1] <= LOW) is (device.key == "bedroom_climate")
    assert 14 <= (left["bedroom_climate"] or 0) <= 45
    known = [days for days in left.values() if days is not None]
    assert len(known) >= 6
    assert len(set(known)) == len(known)


def test_the_same_day_gives_the_same_past(past: Mapping[str, EntityPast]) -> None:
    assert [*house_past(NOW, ZONE, SLIDERS)] == [*past.values()]


def test_the_sensors_go_on_where_the_past_ends(past: Mapping[str, EntityPast]) -> None:
    later = House(NOW.date(), ZONE).values(NOW + timedelta(minutes=5))
    energy = [*past["sensor.energy_meter_energy"].states]
    assert 0 <= later[METER, ENERGY] - float(energy[-1].state) < 0.3
    garden = [*past["sensor.garden_weather_temperature"].states]
    assert later[OUTDOORS] == pytest.approx(float(garden[-1].state), abs=0.5)


@pytest.fixture
def recorder_db_url(tmp_path: Path, past: Mapping[str, EntityPast]) -> str:
    """A database in which the past stands already."""
    now = dt_util.utcnow()
    write_past(tmp_path, past.values(), now - STATES_SINCE, now)
    return f"sqlite:///{tmp_path / DATABASE}"


async def test_the_recorder_goes_on_with_the_past(
    recorder_mock: Recorder, hass: HomeAssistant, past: Mapping[str, EntityPast]
) -> None:
    energy, home = "sensor.energy_meter_energy", "sensor.lipowa_7_temperature"
    states = await recorder_mock.async_add_executor_job(
        get_significant_states, hass, NOW - timedelta(hours=6), NOW, [home]
    )
    recorded = [state.state for state in states[home]]  # type: ignore[union-attr]  # states
    assert recorded[-1] == [change.state for change in past[home].states][-1]
    assert len(recorded) > 10

    rows = await recorder_mock.async_add_executor_job(
        statistics_during_period,
        hass,
        NOW - timedelta(days=30),
        None,
        {energy, "sensor.energy_meter_power"},
        "day",
        None,
        {"sum", "state", "mean"},
    )
    days = rows[energy][1:-1]
    assert len(days) >= 28
    for day, before in pairwise(reversed(days)):
        counted = (day["state"] or 0) - (before["state"] or 0)
        assert (day["sum"] or 0) - (before["sum"] or 0) == pytest.approx(counted)
        assert 3 < counted < 15
    power = rows["sensor.energy_meter_power"][2:-1]
    # Watts over seconds.
    used = [(row["mean"] or 0) * (row["end"] - row["start"]) / 3.6e6 for row in power]
    assert used == pytest.approx(
        [(one["sum"] or 0) - (other["sum"] or 0) for other, one in pairwise(days)], abs=0.01
    )


def _providers(folder: Path) -> list[dict[str, Any]]:
    configure(folder)

    class Loader(yaml.SafeLoader):
        """Passes over the tags of Home Assistant."""

    Loader.add_multi_constructor("!", lambda *_: None)
    text = (folder / "configuration.yaml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = yaml.load(text, Loader)["homeassistant"]["auth_providers"]  # noqa: S506
    return found


def test_only_the_owner_on_this_machine_needs_no_password(tmp_path: Path) -> None:
    assert _providers(tmp_path) == [{"type": "homeassistant"}]
    users = [{"id": "a" * 32, "is_owner": False}, {"id": "b" * 32, "is_owner": True}]
    auth = {"version": 1, "data": {"users": users}}
    (tmp_path / ".storage" / "auth").write_text(json.dumps(auth), encoding="utf-8")
    trusted, password = _providers(tmp_path)
    assert password == {"type": "homeassistant"}
    assert trusted["trusted_networks"] == ["127.0.0.1/32", "::1/128"]
    for network in trusted["trusted_networks"]:
        assert trusted["trusted_users"][network] == ["b" * 32]


class _Dashboards:
    """A client with some dashboards."""

    def __init__(self, *known: str) -> None:
        self.known = [{"url_path": path} for path in known]
        self.written: list[tuple[str, object]] = []

    async def command(self, kind: str, **fields: object) -> object:
        if kind.endswith("/list"):
            return self.known
        self.written.append((kind, fields["url_path"]))
        return None


@pytest.mark.parametrize(
    ("known", "written"),
    [
        (["map"], ["lovelace/dashboards/create", "lovelace/config/save"]),
        (["digital-twin"], []),
    ],
)
async def test_a_dashboard_that_is_there_stays_as_it_is(
    known: list[str], written: list[str]
) -> None:
    client: Any = _Dashboards(*known)
    await make_dashboard(client)
    assert client.written == [(kind, "digital-twin") for kind in written]
