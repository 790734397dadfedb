"""One form sets the integration up; the options change the thresholds at once."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, FlowType
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.twin.home.home import BOUNDS, Thresholds
from tests.common import async_setup_twin, runtime
from tests.surfaces.flows.forms import assert_texts, suggested

type Result = Mapping[str, Any]


@pytest.fixture(autouse=True)
def _without_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.digital_twin.PLATFORMS", ())


@pytest.fixture
def anna(hass: HomeAssistant) -> str:
    """Make the Home Assistant persons Anna and Jan; return the registry id of Anna's."""
    entry = er.async_get(hass).async_get_or_create(
        "person", "person", "1", suggested_object_id="anna"
    )
    hass.states.async_set("person.anna", "home", {"friendly_name": "Anna"})
    hass.states.async_set("person.jan", "home", {"friendly_name": "Jan"})
    return entry.id


async def _async_open(hass: HomeAssistant) -> Result:
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})


async def _async_submit(hass: HomeAssistant, form: Result, **values: object) -> Result:
    result = await hass.config_entries.flow.async_configure(form["flow_id"], values)
    await hass.async_block_till_done()
    if result["type"] is FlowResultType.FORM:
        assert_texts(result, "config")
    return result


async def test_the_form_suggests_the_home_and_everybody(hass: HomeAssistant, anna: str) -> None:
    await hass.config.async_update(location_name="Villa")
    form = await _async_open(hass)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "user"
    assert_texts(form, "config")
    assert suggested(form) == {
        "name": "Villa",
        "residents": ["person.anna", "person.jan"],
        "health_entities": "everybody",
        "next": "goal",
    }


async def test_one_form_makes_the_home_and_its_residents(hass: HomeAssistant, anna: str) -> None:
    result = await _async_submit(
        hass, await _async_open(hass), name="Villa", residents=["person.anna", "person.jan"]
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Digital Twin"
    entry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    registry = runtime(entry).registry
    (home,) = registry.homes.values()
    persons = {person.name: person for person in registry.persons.values()}
    assert (home.name, home.zone) == ("Villa", "zone.home")
    assert home.residents == (persons["Anna"].person_id, persons["Jan"].person_id)
    assert persons["Anna"].person_entity == anna
    assert persons["Jan"].person_entity == "person.jan"
    assert {(sub.subentry_type, sub.title) for sub in entry.subentries.values()} == {
        ("home", "Villa"),
        ("person", "Anna"),
        ("person", "Jan"),
    }


async def test_a_resident_who_is_named_twice_is_one(hass: HomeAssistant, anna: str) -> None:
    result = await _async_submit(
        hass, await _async_open(hass), name="Villa", residents=["person.anna", "person.anna"]
    )
    entry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    assert len(runtime(entry).registry.persons) == 1


@pytest.mark.parametrize(("answer", "visible"), [("everybody", True), ("nobody", False)])
async def test_the_form_asks_who_may_see_health_values(
    hass: HomeAssistant, anna: str, answer: str, *, visible: bool
) -> None:
    result = await _async_submit(
        hass,
        await _async_open(hass),
        name="Villa",
        residents=["person.anna"],
        health_entities=answer,
    )
    [person] = runtime(result["result"]).registry.persons.values()
    assert person.health_entities is visible


async def test_only_persons_are_residents(hass: HomeAssistant, anna: str) -> None:
    hass.states.async_set("sensor.scale", "1")
    form = await _async_open(hass)
    result = await _async_submit(hass, form, name="Villa", residents=["sensor.scale"])
    assert result["errors"] == {"residents": "not_found"}
    result = await _async_submit(hass, form, name="Villa", residents=["person.anna"])
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_home_needs_no_residents(hass: HomeAssistant) -> None:
    form = await _async_open(hass)
    assert suggested(form)["residents"] == []
    assert suggested(form)["next"] == "person"
    result = await _async_submit(hass, form, name="Villa")
    (home,) = runtime(result["result"]).registry.homes.values()
    assert home.residents == ()


@pytest.mark.parametrize(
    ("bad", "errors", "placeholders"),
    [
        ({"name": "  "}, {"name": "required_field"}, {}),
        ({"name": "V" * 256}, {"name": "too_long"}, {"maximum": "255"}),
        ({"name": "Vil\nla"}, {"name": "unprintable"}, {}),
        ({"residents": ["person.anna", "person.gone"]}, {"residents": "not_found"}, {}),
        ({"residents": ["person.long"]}, {"residents": "too_long"}, {"maximum": "255"}),
        (
            {"name": "", "residents": ["person.gone"]},
            {"name": "required_field", "residents": "not_found"},
            {},
        ),
    ],
)
async def test_what_is_refused_is_shown_and_can_be_mended(
    hass: HomeAssistant,
    anna: str,
    bad: dict[str, Any],
    errors: dict[str, str],
    placeholders: dict[str, str],
) -> None:
    hass.states.async_set("person.long", "home", {"friendly_name": "L" * 256})
    good = {
        "name": "Villa",
        "residents": ["person.anna"],
        "health_entities": "nobody",
        "next": "later",
    }
    refused = await _async_submit(hass, await _async_open(hass), **{**good, **bad})
    assert refused["type"] is FlowResultType.FORM
    assert refused["errors"] == errors
    assert refused["description_placeholders"] == placeholders
    assert suggested(refused) == {**good, **bad}
    assert hass.config_entries.async_entries(DOMAIN) == []
    result = await _async_submit(hass, refused, **good)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].state is ConfigEntryState.LOADED


@pytest.mark.parametrize("kind", ["person", "goal"])
async def test_the_form_leads_on_to_the_form_of_a_first_twin(
    hass: HomeAssistant, anna: str, kind: str
) -> None:
    result = await _async_submit(hass, await _async_open(hass), name="Villa", next=kind)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    flow_type, flow_id = result["next_flow"]
    assert flow_type is FlowType.CONFIG_SUBENTRIES_FLOW
    flow = hass.config_entries.subentries.async_get(flow_id)
    assert flow["handler"] == (result["result"].entry_id, kind)
    assert flow["step_id"] == "user"


async def test_the_form_leads_on_to_the_goals_folder(hass: HomeAssistant, anna: str) -> None:
    result = await _async_submit(hass, await _async_open(hass), name="Villa", next="goals_folder")
    flow_type, flow_id = result["next_flow"]
    assert flow_type is FlowType.OPTIONS_FLOW
    assert hass.config_entries.options.async_get(flow_id)["step_id"] == "goals_folder"


async def test_the_form_leads_nowhere_unless_that_is_chosen(hass: HomeAssistant, anna: str) -> None:
    result = await _async_submit(hass, await _async_open(hass), name="Villa")
    assert "next_flow" not in result
    assert result["description_placeholders"] == {"dashboards": "/config/lovelace/dashboards"}


@pytest.mark.parametrize("chosen", ["goal", "goals_folder"])
async def test_where_nothing_can_be_set_up_nothing_is_next(
    hass: HomeAssistant, anna: str, chosen: str
) -> None:
    with patch(
        "custom_components.digital_twin.async_setup_entry", side_effect=ConfigEntryError("full")
    ):
        result = await _async_submit(hass, await _async_open(hass), name="Villa", next=chosen)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert "next_flow" not in result


async def test_there_is_one_entry_only(hass: HomeAssistant) -> None:
    await async_setup_twin(hass)
    result = await _async_open(hass)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "single_instance_allowed"


async def _async_open_options(hass: HomeAssistant, entry: MockConfigEntry) -> Result:
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert menu["type"] is FlowResultType.MENU
    assert_texts(menu, "options")
    form = await hass.config_entries.options.async_configure(
        menu["flow_id"], {"next_step_id": "thresholds"}
    )
    assert_texts(form, "options")
    return form


async def test_the_options_show_every_threshold_with_its_default(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass)
    form = await _async_open_options(hass, entry)
    assert suggested(form) == {name: bound.default for name, bound in BOUNDS.items()}


async def test_the_options_show_what_was_set(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass, options={"low_battery": 10.0, "ignore_label": "toys"})
    form = await _async_open_options(hass, entry)
    assert suggested(form).items() >= {"low_battery": 10.0, "ignore_label": "toys"}.items()


async def test_options_count_at_once_and_without_a_reload(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await async_setup_twin(hass, options={"ignore_label": "toys", "other": "kept"})
    before = runtime(entry)
    taken: list[Thresholds] = []
    monkeypatch.setattr(before.observer, "async_set_thresholds", taken.append)
    form = await _async_open_options(hass, entry)
    values = {**suggested(form), "low_battery": 10, "critical_label": "vital"}
    del values["ignore_label"]
    result = await hass.config_entries.options.async_configure(form["flow_id"], values)
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {"other": "kept", **values}
    assert runtime(entry) is before
    assert taken[-1] == Thresholds.from_options(values)
    assert (taken[-1].low_battery, taken[-1].ignore_label) == (10, None)


@pytest.mark.parametrize("name", BOUNDS)
async def test_a_threshold_out_of_its_range_is_refused(hass: HomeAssistant, name: str) -> None:
    entry = await async_setup_twin(hass)
    form = await _async_open_options(hass, entry)
    for value in (BOUNDS[name].minimum - 1, BOUNDS[name].maximum + 1):
        with pytest.raises(InvalidData) as refused:
            await hass.config_entries.options.async_configure(
                form["flow_id"], {**suggested(form), name: value}
            )
        assert set(refused.value.schema_errors) == {name}
    values = {**suggested(form), name: BOUNDS[name].maximum}
    result = await hass.config_entries.options.async_configure(form["flow_id"], values)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_what_is_no_number_is_refused_and_can_be_mended(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass)
    form = await _async_open_options(hass, entry)
    # The selector itself takes a text that reads as a float, also this one.
    refused = await hass.config_entries.options.async_configure(
        form["flow_id"], {**suggested(form), "low_battery": "nan"}
    )
    assert refused["type"] is FlowResultType.FORM
    assert refused["errors"] == {"low_battery": "out_of_range"}
    assert_texts(refused, "options")
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {**suggested(refused), "low_battery": 15}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["low_battery"] == 15
