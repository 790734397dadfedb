"""What people measure gets into no log, no repair and no event."""

from datetime import timedelta
import logging
from pathlib import Path
from typing import Any

from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.digital_twin.const import DOMAIN
from tests.common import ANNA, JAN, async_patch_twin, async_setup_twin, runtime
from tests.surfaces.flows.forms import async_open, async_submit

SECRETS = ("71.437", "8.613", "Secretname", "1987-06-05", "secretmail", "9876.5", "12.34")


@pytest.fixture
async def entry(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> MockConfigEntry:
    """Set up a person full of secrets, and listen to every word of the log."""
    caplog.set_level(logging.DEBUG)
    hass.states.async_set("sensor.secretname_scale", "71.437", {"unit_of_measurement": "kg"})
    return await async_setup_twin(
        hass,
        persons={
            ANNA: {
                "name": "Anna Secretname",
                "date_of_birth": "1987-06-05",
                "contact_email": "anna@secretmail.example",
                "metric_sources": {"weight": ["sensor.secretname_scale"]},
            },
            JAN: {"name": "Jan"},
        },
    )


def _own_log(caplog: pytest.LogCaptureFixture) -> str:
    """Return what the integration itself wrote to the log, with every traceback."""
    formatter = logging.Formatter()
    return "\n".join(
        formatter.format(record)
        for record in caplog.records
        if record.name.startswith(f"custom_components.{DOMAIN}")
    )


async def _perform(hass: HomeAssistant, action: str, **data: object) -> None:
    await hass.services.async_call(DOMAIN, action, data, blocking=True)
    await hass.async_block_till_done()


async def _live(hass: HomeAssistant, entry: MockConfigEntry, folder: Path) -> None:
    """Do everything that has to do with health."""
    await _perform(hass, "update_health_metrics", person=ANNA, metrics={"mood": 8.613})
    with pytest.raises(ServiceValidationError):
        await _perform(hass, "update_health_metrics", person=ANNA, metrics={"weight": 9876.5})
    for state in ("71.5", "9876.5", "heavy", "unavailable"):
        hass.states.async_set("sensor.secretname_scale", state, {"unit_of_measurement": "kg"})
        await hass.async_block_till_done()
    path = folder / "export.csv"
    path.write_text(
        "metric,value,date\nweight,9876.5,2026-03-01\nblood_glucose,112.34,2026-03-01\n",
        encoding="utf-8",
    )
    hass.config.allowlist_external_dirs = {str(folder)}
    await _perform(hass, "import_health_metrics", person=ANNA, path=str(path))
    for private in (False, True):
        await async_patch_twin(hass, entry, "person", ANNA, health_entities=private)
    await async_patch_twin(hass, entry, "person", ANNA, metric_sources={"weight": ["sensor.no"]})
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()


async def test_the_log_tells_nothing_about_anybody(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    await _live(hass, entry, tmp_path)
    assert runtime(entry).registry.persons[ANNA].health_metrics.keys() == {
        "mood",
        "weight",
        "blood_glucose",
    }
    log = _own_log(caplog)
    assert "entity_unavailable" in log
    assert [secret for secret in SECRETS if secret.casefold() in log.casefold()] == []


async def test_no_repair_tells_a_value(
    hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path
) -> None:
    await _live(hass, entry, tmp_path)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=10))
    await hass.async_block_till_done()
    texts = str([*ir.async_get(hass).issues.values()])
    assert "sensor.no" in texts
    values = [secret for secret in SECRETS if secret != "Secretname"]
    assert [secret for secret in values if secret in texts] == []


async def test_who_keeps_values_private_shows_them_to_nobody(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
    events: list[str] = []

    def listen(event: Event[Any]) -> None:
        events.append(str(event.data))

    hass.bus.async_listen("*", listen)
    registry = runtime(entry).registry
    before = registry.persons[ANNA].revision
    hass.states.async_set("input_number.mood", "5")
    await async_patch_twin(hass, entry, "person", ANNA, health_metrics={"mood": 8.613})
    assert registry.persons[ANNA].revision > before
    assert [event for event in events if "8.613" in event] == []
    assert [state for state in hass.states.async_all() if "8.613" in str(state.as_dict())] == []


REFUSED: tuple[tuple[str, dict[str, object], str], ...] = (
    ("update_health_metrics", {"metrics": {"weight": "71,437"}}, "71,437"),
    ("update_health_metrics", {"metrics": {"weight": 9876.5}}, "9876.5"),
    ("update_health_metrics", {"metrics": {"weight": {"value": 71.4, "unit": "7654u"}}}, "7654u"),
    ("update_health_metrics", {"metrics": "7654w"}, "7654w"),
    ("update_health_metrics", {"metrics": {"mood": {"value": "7654v", "x": 1}}}, "7654v"),
    ("update_person", {"health_metrics": {"weight": 9876.5}}, "9876.5"),
    ("update_person", {"health_metrics": {"weight": {"value": [7654]}}}, "7654"),
    ("update_person", {"contact_email": "secret mail"}, "secret mail"),
    ("update_person", {"contact_email": ["secretmail"]}, "secretmail"),
    ("update_person", {"date_of_birth": "1987-6-five"}, "1987-6-five"),
    ("update_person", {"date_of_birth": "2199-06-05"}, "2199-06-05"),
    ("update_person", {"date_of_birth": {"day": "198765"}}, "198765"),
)


@pytest.mark.parametrize(("action", "data", "secret"), REFUSED)
async def test_a_refused_value_stands_neither_in_the_log_nor_in_the_answer(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
    action: str,
    data: dict[str, object],
    secret: str,
) -> None:
    assert await async_setup_component(hass, "websocket_api", {})
    client = await hass_ws_client(hass)
    # What Home Assistant writes at level debug, it writes of every call.
    caplog.set_level(logging.INFO)
    caplog.clear()
    await client.send_json_auto_id(
        {
            "type": "call_service",
            "domain": DOMAIN,
            "service": action,
            "service_data": {"person": ANNA, **data},
        }
    )
    answer = await client.receive_json()
    assert not answer["success"]
    assert answer["error"]["translation_domain"] == DOMAIN
    assert secret not in str(answer)
    formatter = logging.Formatter()
    log = "\n".join(formatter.format(record) for record in caplog.records)
    assert secret not in log


async def test_a_refused_address_of_somebody_else_is_not_named(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await _perform(hass, "update_person", person=JAN, contact_email="anna@secretmail.example")
    assert refused.value.translation_key == "duplicate_private"
    assert "secretmail" not in str(refused.value.translation_placeholders)


@pytest.mark.parametrize(
    ("field", "value"), [("contact_email", "secret mail"), ("date_of_birth", "2199-06-05")]
)
async def test_a_value_that_a_form_refuses_stands_in_no_log(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    field: str,
    value: str,
) -> None:
    caplog.set_level(logging.INFO)
    form = await async_open(hass, entry, "person", JAN)
    caplog.clear()
    result = await async_submit(hass, form, **{field: value})
    assert field in result["errors"]
    assert value not in caplog.text
    assert value not in str(result["description_placeholders"])
