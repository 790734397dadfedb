"""A person's metrics are linked to entities in a form that shows what would be read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_RECONFIGURE, SubentryFlowContext
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.files import StoreFailedError
from custom_components.digital_twin.twin.metrics.household_metrics import define_metric
from custom_components.digital_twin.twin.metrics.readings import MetricSource
from tests.common import ANNA, async_delete_twin, async_patch_twin, runtime, subentry_ids

from .forms import Result, async_choose, async_open, async_submit, suggested

NOW = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _frozen(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(NOW)


@pytest.fixture
def scale(hass: HomeAssistant) -> str:
    """Make a scale; return the registry id of its weight."""
    entry = er.async_get(hass).async_get_or_create(
        "sensor", "scale", "1", suggested_object_id="bathroom_scale_mass"
    )
    hass.states.async_set(
        entry.entity_id,
        "157",
        {"unit_of_measurement": "lb", "friendly_name": "Bathroom scale"},
    )
    return entry.id


async def _async_menu(hass: HomeAssistant, entry: MockConfigEntry) -> Result:
    context = SubentryFlowContext(source=SOURCE_RECONFIGURE, subentry_id=subentry_ids(entry)[ANNA])
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "person"), context=context
    )


async def _async_links(hass: HomeAssistant, entry: MockConfigEntry, metric: str) -> Result:
    """Go to the form in which a metric is linked."""
    menu = await _async_menu(hass, entry)
    assert menu["menu_options"] == ["details", "metric", "quick_entry", "consent"]
    form = await async_choose(hass, menu, "metric")
    form = await async_submit(hass, form, metric=metric)
    assert form["step_id"] == "links"
    return form


def _sources(entry: MockConfigEntry, metric: str = "weight") -> tuple[MetricSource, ...]:
    return runtime(entry).registry.persons[ANNA].metric_sources.get(metric, ())


def _preview(menu: Result) -> list[str]:
    text: str = menu["description_placeholders"]["preview"]
    return text.splitlines()


async def test_a_metric_is_linked_after_a_preview(
    hass: HomeAssistant, household: MockConfigEntry, scale: str
) -> None:
    form = await _async_links(hass, household, "weight")
    assert form["description_placeholders"] == {"metric": "Weight", "unit": "kg", "further": "-"}
    assert suggested(form).get("sources", []) == []
    menu = await async_submit(hass, form, sources=[{"entity": "sensor.bathroom_scale_mass"}])
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "preview")
    # In the unit of the metric, and at the time of the person.
    assert _preview(menu) == ["1. Bathroom scale: **71.2 kg** (2026-11-20 08:30)"]
    assert _sources(household) == ()
    result = await async_choose(hass, menu, "save")
    assert result["reason"] == "reconfigure_successful"
    assert _sources(household) == (MetricSource(entity=scale),)


async def test_the_links_there_are_can_be_ordered_changed_and_taken_away(
    hass: HomeAssistant, household: MockConfigEntry, scale: str
) -> None:
    hass.states.async_set("input_number.weight", "72.5")
    hass.states.async_set("sensor.watch", "on", {"body": {"x": 1}, "mass": 70_000})
    first = [{"entity": scale}, {"entity": "input_number.weight", "unit": "kg"}]
    await async_patch_twin(hass, household, "person", ANNA, metric_sources={"weight": first})
    form = await _async_links(hass, household, "weight")
    rows = [
        {"entity": "sensor.bathroom_scale_mass"},
        {"entity": "input_number.weight", "unit": "kg"},
    ]
    assert suggested(form)["sources"] == rows
    watch = {"entity": "sensor.watch", "attribute": "mass", "unit": "g"}
    menu = await async_submit(hass, form, sources=[watch, *reversed(rows)])
    assert [line.partition(" (")[0] for line in _preview(menu)] == [
        "1. watch: **70.0 kg**",
        "2. weight: **72.5 kg**",
        "3. Bathroom scale: **71.2 kg**",
    ]
    await async_choose(hass, menu, "save")
    assert [source.entity for source in _sources(household)] == [
        "sensor.watch",
        "input_number.weight",
        scale,
    ]
    form = await _async_links(hass, household, "weight")
    assert suggested(form)["sources"][0] == watch
    menu = await async_submit(hass, form, sources=None)
    assert _preview(menu) == ["-"]
    await async_choose(hass, menu, "save")
    assert runtime(household).registry.persons[ANNA].metric_sources == {}


@pytest.mark.parametrize(
    ("state", "attributes", "row", "said"),
    [
        ("unavailable", {}, {}, "shows no value"),
        ("heavy", {}, {}, "does not show a number"),
        ("70", {"unit_of_measurement": "m"}, {}, "the unit m cannot be used here"),
        (
            "7000",
            {"unit_of_measurement": "kg"},
            {},
            "the value is out of range. Allowed: 0.2 to 650 kg",
        ),
        ("70", {}, {"attribute": "mass"}, "shows no value"),
    ],
)
async def test_the_preview_says_why_nothing_would_be_read(
    hass: HomeAssistant,
    household: MockConfigEntry,
    state: str,
    attributes: Mapping[str, str],
    row: Mapping[str, str],
    said: str,
) -> None:
    hass.states.async_set("sensor.odd", state, {**attributes, "friendly_name": "Odd"})
    form = await _async_links(hass, household, "weight")
    menu = await async_submit(hass, form, sources=[{"entity": "sensor.odd", **row}])
    (line,) = _preview(menu)
    assert line.startswith("1. Odd")
    assert said in line
    assert "{" not in line


@pytest.mark.parametrize(
    ("rows", "error", "placeholders"),
    [
        ([{"entity": "sensor.nothing"}], "nested_not_found", {"number": "1"}),
        ([{"entity": f"sensor.{DOMAIN}_own"}], "nested_own_entity", {"number": "1"}),
        ([{"entity": "sensor.a"}, {"entity": "sensor.a"}], "nested_duplicate", {"number": "2"}),
        (
            [{"entity": "sensor.a", "attribute": "x" * 256}],
            "nested_too_long",
            {"part": "Attribute"},
        ),
        ([{"entity": "sensor.a", "attribute": "x\ny"}], "nested_unprintable", {"number": "1"}),
        ([{"entity": f"sensor.a{n}"} for n in range(21)], "too_long", {"maximum": "20"}),
    ],
)
async def test_what_is_refused_is_shown_and_can_be_mended(
    hass: HomeAssistant,
    household: MockConfigEntry,
    rows: list[dict[str, str]],
    error: str,
    placeholders: dict[str, str],
) -> None:
    own = er.async_get(hass).async_get_or_create(
        "sensor", DOMAIN, "1", suggested_object_id=f"{DOMAIN}_own"
    )
    for entity_id in ("sensor.a", own.entity_id, *(f"sensor.a{n}" for n in range(21))):
        hass.states.async_set(entity_id, "70")
    form = await _async_links(hass, household, "weight")
    refused = await async_submit(hass, form, sources=rows)
    assert refused["errors"] == {"sources": error}
    assert placeholders.items() <= refused["description_placeholders"].items()
    assert suggested(refused)["sources"] == rows
    menu = await async_submit(hass, refused, sources=[{"entity": "sensor.a"}])
    await async_choose(hass, menu, "save")
    assert _sources(household) == (MetricSource(entity="sensor.a"),)


async def test_a_preview_leads_back_to_the_entities_and_on_to_the_next_metric(
    hass: HomeAssistant, household: MockConfigEntry, scale: str
) -> None:
    grip = {"key": "grip", "name": "Grip", "unit": "kg", "minimum": 0, "maximum": 150}
    runtime(household).registry.async_set_household_metrics([define_metric(grip)])
    form = await _async_links(hass, household, "weight")
    row = {"entity": "sensor.bathroom_scale_mass"}
    menu = await async_submit(hass, form, sources=[row])
    form = await async_choose(hass, menu, "links")
    assert suggested(form)["sources"] == [row]
    menu = await async_submit(hass, form)
    form = await async_choose(hass, menu, "save_and_continue")
    assert form["step_id"] == "metric"
    assert _sources(household) == (MetricSource(entity=scale),)
    options = form["data_schema"].schema["metric"].config["options"]
    labels = {option["value"]: option["label"] for option in options}
    assert (labels["weight"], labels["grip"], labels["steps"]) == ("Weight (1)", "Grip", "Steps")
    form = await async_submit(hass, form, metric="grip")
    menu = await async_submit(hass, form, sources=[row])
    await async_choose(hass, menu, "save")
    assert _sources(household, "grip") == (MetricSource(entity=scale),)


async def test_entities_that_fit_are_there_already(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    fitting = er.async_get(hass).async_get_or_create(
        "sensor", "withings", "withings_1_weight_kg", suggested_object_id="anna_body"
    )
    more = er.async_get(hass).async_get_or_create(
        "sensor",
        "template",
        "2",
        suggested_object_id="anna_weight",
        unit_of_measurement="kg",
    )
    form = await _async_links(hass, household, "weight")
    # The best one is there; the other is told.
    assert suggested(form)["sources"] == [{"entity": fitting.entity_id}]
    assert form["description_placeholders"]["further"] == more.entity_id
    menu = await async_submit(hass, form)
    await async_choose(hass, menu, "save")
    form = await _async_links(hass, household, "weight")
    assert form["description_placeholders"]["further"] == more.entity_id


async def test_a_linked_person_is_known_by_their_devices(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    hass.states.async_set("person.anna", "home")
    await async_patch_twin(hass, household, "person", ANNA, person_entity="person.anna")
    form = await _async_links(hass, household, "weight")
    assert suggested(form).get("sources", []) == []


async def test_a_source_that_is_gone_is_still_shown(
    hass: HomeAssistant, household: MockConfigEntry, scale: str
) -> None:
    await async_patch_twin(hass, household, "person", ANNA, metric_sources={"weight": [scale]})
    registry = er.async_get(hass)
    registry.async_remove("sensor.bathroom_scale_mass")
    form = await _async_links(hass, household, "weight")
    assert suggested(form)["sources"] == [{"entity": scale}]
    refused = await async_submit(hass, form)
    assert refused["errors"] == {"sources": "nested_not_found"}


async def test_an_entity_that_goes_before_the_preview_is_missing_in_it(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    hass.states.async_set("sensor.a", "70")
    form = await _async_links(hass, household, "weight")
    menu = await async_submit(hass, form, sources=[{"entity": "sensor.a"}])
    hass.states.async_remove("sensor.a")
    with patch.object(
        type(runtime(household).registry), "async_update", side_effect=StoreFailedError
    ):
        for step in ("save", "save_and_continue"):
            refused = await async_choose(hass, menu, step)
            assert refused["errors"] == {"base": "store_failed"}
            with patch(
                "custom_components.digital_twin.surfaces.flows.sources.stored_entity_id",
                side_effect=lambda _hass, entity_id: entity_id,
            ):
                menu = await async_submit(hass, refused)
            assert _preview(menu) == ["1. sensor.a: sensor.a does not exist."]


async def test_a_metric_that_is_gone_is_told(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    grip = {"key": "grip", "name": "Grip", "unit": "kg", "minimum": 0, "maximum": 150}
    registry = runtime(household).registry
    registry.async_set_household_metrics([define_metric(grip)])
    form = await async_choose(hass, await _async_menu(hass, household), "metric")
    registry.async_set_household_metrics([])
    refused = await async_submit(hass, form, metric="grip")
    assert refused["errors"] == {"metric": "not_found"}
    form = await async_submit(hass, refused, metric="weight")
    assert form["step_id"] == "links"


async def test_a_metric_that_goes_while_it_is_linked_is_told(
    hass: HomeAssistant, household: MockConfigEntry, scale: str
) -> None:
    grip = {"key": "grip", "name": "Grip", "unit": "kg", "minimum": 0, "maximum": 150}
    registry = runtime(household).registry
    registry.async_set_household_metrics([define_metric(grip)])
    form = await _async_links(hass, household, "grip")
    registry.async_set_household_metrics([])
    row = {"entity": "sensor.bathroom_scale_mass"}
    refused = await async_submit(hass, form, sources=[row])
    assert refused["errors"] == {"sources": "unknown_metric"}
    registry.async_set_household_metrics([define_metric(grip)])
    menu = await async_submit(hass, refused)
    registry.async_set_household_metrics([])
    refused = await async_choose(hass, menu, "save")
    assert refused["errors"] == {"base": "unknown_metric"}


async def test_a_person_that_is_gone_ends_the_flow(
    hass: HomeAssistant, household: MockConfigEntry
) -> None:
    form = await _async_links(hass, household, "weight")
    await async_delete_twin(hass, household, "person", ANNA)
    result = await async_submit(hass, form, sources=None)
    assert result["reason"] == "twin_gone"


# Suggestions for a new person.


@pytest.fixture
def watch(hass: HomeAssistant) -> dict[str, er.RegistryEntry]:
    """Make a watch that measures Ola."""
    made = {}
    for ending, name in (("weight_kg", "ola_body_mass"), ("activity_steps_today", "ola_walked")):
        made[name] = er.async_get(hass).async_get_or_create(
            "sensor", "withings", f"withings_2_{ending}", suggested_object_id=name
        )
    hass.states.async_set("sensor.ola_walked", "5000", {"friendly_name": "Ola's watch"})
    return made


async def test_entities_of_a_new_person_are_offered_and_linked(
    hass: HomeAssistant, household: MockConfigEntry, watch: dict[str, er.RegistryEntry]
) -> None:
    form = await async_open(hass, household, "person")
    offer = await async_submit(hass, form, name="Ola")
    assert offer["step_id"] == "suggested"
    options = offer["data_schema"].schema["suggested"].config["options"]
    assert [option["label"] for option in options] == [
        "Steps: Ola's watch",
        "Weight: sensor.ola_body_mass",
    ]
    assert sorted(suggested(offer)["suggested"]) == ["steps", "weight"]
    result = await async_submit(hass, offer, suggested=["weight"])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    person = runtime(household).registry.persons[result["unique_id"]]
    assert person.metric_sources == {"weight": (MetricSource(entity=watch["ola_body_mass"].id),)}


async def test_the_best_entity_of_a_metric_is_selected_and_the_others_are_further_sources(
    hass: HomeAssistant, household: MockConfigEntry, watch: dict[str, er.RegistryEntry]
) -> None:
    scale = er.async_get(hass).async_get_or_create(
        "sensor", "template", "1", suggested_object_id="ola_weight", unit_of_measurement="kg"
    )
    offer = await async_submit(hass, await async_open(hass, household, "person"), name="Ola")
    options = offer["data_schema"].schema["suggested"].config["options"]
    assert [option["label"] for option in options] == [
        "Steps: Ola's watch",
        "Weight: sensor.ola_body_mass",
        "Weight: sensor.ola_weight",
    ]
    assert sorted(suggested(offer)["suggested"]) == ["steps", "weight"]
    every = [option["value"] for option in options]
    result = await async_submit(hass, offer, suggested=every[::-1])
    person = runtime(household).registry.persons[result["unique_id"]]
    assert [source.entity for source in person.metric_sources["weight"]] == [
        watch["ola_body_mass"].id,
        scale.id,
    ]


async def test_an_entity_that_may_be_anybodys_is_offered_but_not_selected(
    hass: HomeAssistant, household: MockConfigEntry, watch: dict[str, er.RegistryEntry]
) -> None:
    registry = er.async_get(hass)
    scale = registry.async_get_or_create(
        "sensor", "template", "1", suggested_object_id="scale_weight", unit_of_measurement="kg"
    )
    registry.async_get_or_create(
        "sensor", "template", "2", suggested_object_id="anna_weight", unit_of_measurement="kg"
    )
    offer = await async_submit(hass, await async_open(hass, household, "person"), name="Ola")
    options = offer["data_schema"].schema["suggested"].config["options"]
    # Anna's own is not among them.
    assert [option["label"] for option in options] == [
        "Steps: Ola's watch",
        "Weight: sensor.ola_body_mass",
        "Weight: sensor.scale_weight",
    ]
    assert sorted(suggested(offer)["suggested"]) == ["steps", "weight"]
    result = await async_submit(hass, offer, suggested=[options[2]["value"]])
    person = runtime(household).registry.persons[result["unique_id"]]
    assert person.metric_sources == {"weight": (MetricSource(entity=scale.id),)}


async def test_none_of_them_need_to_be_linked(
    hass: HomeAssistant, household: MockConfigEntry, watch: dict[str, er.RegistryEntry]
) -> None:
    offer = await async_submit(hass, await async_open(hass, household, "person"), name="Ola")
    result = await async_submit(hass, offer, suggested=None)
    assert runtime(household).registry.persons[result["unique_id"]].metric_sources == {}


async def test_a_form_is_mended_before_anything_is_offered(
    hass: HomeAssistant, household: MockConfigEntry, watch: dict[str, er.RegistryEntry]
) -> None:
    form = await async_open(hass, household, "person")
    refused = await async_submit(hass, form, name="Ola", contact_email="at home")
    assert (refused["step_id"], refused["errors"]) == ("user", {"contact_email": "invalid_email"})
    # Whose address it is shows only when the person is added.
    offer = await async_submit(hass, refused, contact_email="anna@example.com")
    assert offer["step_id"] == "suggested"
    refused = await async_submit(hass, offer)
    assert (refused["step_id"], refused["errors"]) == ("user", {"contact_email": "duplicate"})
    offer = await async_submit(hass, refused, contact_email="ola@example.com")
    result = await async_submit(hass, offer)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_the_offer_ends_with_the_integration(
    hass: HomeAssistant, household: MockConfigEntry, watch: dict[str, er.RegistryEntry]
) -> None:
    offer: Any = await async_submit(hass, await async_open(hass, household, "person"), name="Ola")
    await hass.config_entries.async_unload(household.entry_id)
    result = await async_submit(hass, offer)
    assert result["reason"] == "entry_not_loaded"
