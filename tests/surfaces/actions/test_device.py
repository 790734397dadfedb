"""A device is left unjudged while somebody works on it."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.engine.home import HomeObserver

from .conftest import Perform, Refuses


@pytest.fixture
def lamp(hass: HomeAssistant, device_registry: dr.DeviceRegistry) -> str:
    other = MockConfigEntry(domain="acme")
    other.add_to_hass(hass)
    return device_registry.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("acme", "lamp")}, name="Lamp"
    ).id


async def test_maintenance_begins_and_ends(lamp: str, perform: Perform) -> None:
    until = (dt_util.utcnow() + timedelta(hours=2)).replace(microsecond=0)
    with patch.object(HomeObserver, "async_set_maintenance", autospec=True) as set_maintenance:
        begun = await perform("set_maintenance", device=lamp, until=until.isoformat())
        ended = await perform("set_maintenance", device=lamp)
    assert begun == {"device": lamp, "until": until.isoformat()}
    assert ended == {"device": lamp, "until": None}
    assert [call.args[1:] for call in set_maintenance.call_args_list] == [
        (lamp, until),
        (lamp, None),
    ]


async def test_a_time_without_an_offset_is_local(
    hass: HomeAssistant, lamp: str, perform: Perform
) -> None:
    await hass.config.async_set_time_zone("Europe/Warsaw")
    response = await perform("set_maintenance", device=lamp, until="2090-07-01 12:00:00")
    assert response["until"] == datetime(2090, 7, 1, 10, tzinfo=UTC).isoformat()


async def test_maintenance_may_last_for_ever(lamp: str, perform: Perform) -> None:
    response = await perform("set_maintenance", device=lamp, until="9999-12-31T23:59:59.999999Z")
    assert response["until"] == "9999-12-31T23:59:59+00:00"
    assert await perform("set_maintenance", device=lamp) == {"device": lamp, "until": None}


async def test_only_what_is_judged_can_be_left_unjudged(
    perform: Perform, refuses: Refuses, device_registry: dr.DeviceRegistry
) -> None:
    (home,) = (device.id for device in device_registry.devices if device.model == "Home")
    tomorrow = (dt_util.utcnow() + timedelta(days=1)).isoformat()
    await refuses("not_in_a_home", "device", "set_maintenance", device=home, until=tomorrow)
    assert await perform("set_maintenance", device=home) == {"device": home, "until": None}


@pytest.mark.parametrize(
    ("data", "key", "field"),
    [
        ({}, "required_field", "device"),
        ({"device": "nothing"}, "not_found", "device"),
        ({"until": "soon"}, "invalid_time", "until"),
        ({"until": "2020-01-01T00:00:00Z"}, "not_in_future", "until"),
        ({"why": "dust"}, "unknown_field", "why"),
    ],
)
async def test_what_is_refused(
    refuses: Refuses, lamp: str, data: dict[str, object], key: str, field: str
) -> None:
    given = {} if key == "required_field" else {"device": lamp, **data}
    await refuses(key, field, "set_maintenance", **given)
