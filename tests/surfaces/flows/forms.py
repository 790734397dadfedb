"""Opening, filling and submitting forms as the frontend does, and checks of their texts."""

from collections.abc import Mapping
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, SubentryFlowContext
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section
import probatio
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.common import subentry_ids

TRANSLATIONS = Path(__file__).parents[3] / "custom_components" / "digital_twin" / "translations"
LANGUAGES = ("en", "pl")

type Result = Mapping[str, Any]


async def async_open(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, twin_id: str | None = None
) -> Result:
    """Open the form for a new twin, or for one that is there; its details where there is more."""
    context = SubentryFlowContext(source=SOURCE_USER)
    if twin_id is not None:
        context = SubentryFlowContext(
            source=SOURCE_RECONFIGURE, subentry_id=subentry_ids(entry)[twin_id]
        )
    opened = await hass.config_entries.subentries.async_init(
        (entry.entry_id, kind), context=context
    )
    if opened["type"] is FlowResultType.MENU:
        return await async_choose(hass, opened, "details")
    return opened


async def async_open_menu(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, twin_id: str
) -> Result:
    """Open the menu of changes of a twin."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, kind),
        context=SubentryFlowContext(
            source=SOURCE_RECONFIGURE, subentry_id=subentry_ids(entry)[twin_id]
        ),
    )


async def async_choose(hass: HomeAssistant, menu: Result, step: str) -> Result:
    """Choose an item of a menu."""
    assert_has_texts(menu)
    result = await hass.config_entries.subentries.async_configure(
        menu["flow_id"], {"next_step_id": step}
    )
    await hass.async_block_till_done()
    assert_has_texts(result)
    return result


async def async_add_goal(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    *parts: tuple[str, Mapping[str, object]],
    **details: object,
) -> Result:
    """Add a goal in its forms: the details, and a form for each key result and milestone."""
    menu = await async_submit(hass, await async_open(hass, entry, "goal"), **details)
    for step, values in parts:
        menu = await async_submit(hass, await async_choose(hass, menu, step), **values)
    return await async_choose(hass, menu, "finish")


async def async_add(hass: HomeAssistant, form: Result, **values: object) -> Result:
    """Send the first form of a new twin, and add it without anything more."""
    result = await async_submit(hass, form, **values)
    if result["type"] is FlowResultType.MENU:
        return await async_choose(hass, result, "finish")
    return result


async def async_open_part(
    hass: HomeAssistant, entry: MockConfigEntry, goal_id: str, step: str, **choice: object
) -> Result:
    """Open the form that adds something to a goal, or (`part`) that of a part that is there."""
    menu = await async_open_menu(hass, entry, "goal", goal_id)
    form = await async_choose(hass, menu, step)
    return await async_submit(hass, form, **choice) if choice else form


async def async_submit(hass: HomeAssistant, form: Result, **values: object) -> Result:
    """Send a form with the values it shows, some of them changed; None clears a field."""
    result = await hass.config_entries.subentries.async_configure(
        form["flow_id"], filled(suggested(form), values)
    )
    await hass.async_block_till_done()
    assert_has_texts(result)
    return result


def filled(shown: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form sends: without the fields that were cleared."""
    values = dict(shown)
    for name, value in changes.items():
        if isinstance(shown.get(name), Mapping) and name in SECTIONS:
            values[name] = filled(shown[name], value)
        elif value is None:
            values.pop(name, None)
        else:
            values[name] = value
    return values


SECTIONS = ("address", "location", "scope", "health", "more", "second")


def suggested(form: Result) -> dict[str, Any]:
    """Return the suggested values of a form."""
    return _suggested(form["data_schema"])


def _suggested(schema: probatio.Schema) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for marker, content in schema.schema.items():
        if isinstance(content, section):
            values[marker.schema] = _suggested(content.schema)
        elif marker.description and "suggested_value" in marker.description:
            values[marker.schema] = marker.description["suggested_value"]
    return values


def assert_has_texts(result: Result) -> None:
    """Check that every error or reason of a subentry flow has its text, with its placeholders."""
    kind = result["handler"][1]
    assert_texts(result, "config_subentries", kind)


def assert_texts(result: Result, *branch: str) -> None:
    """Check the texts of a result below a branch of the translations."""
    for language in LANGUAGES:
        texts: Any = json.loads((TRANSLATIONS / f"{language}.json").read_text("utf-8"))
        for part in branch:
            texts = texts[part]
        shown: list[str] = []
        match result["type"]:
            case FlowResultType.FORM:
                step = texts["step"][result["step_id"]]
                shown = [texts["error"][key] for key in (result["errors"] or {}).values()]
                assert_fields_have_texts(result["data_schema"], step)
            case FlowResultType.MENU:
                step = texts["step"][result["step_id"]]
                assert set(step["menu_options"]) >= set(result["menu_options"])
                shown = [step["title"], step["description"]]
            case FlowResultType.ABORT if result.get("translation_domain") is None:
                shown = [texts["abort"][result["reason"]]]
        given = result.get("description_placeholders") or {}
        for text in shown:
            assert set(re.findall(r"{(\w+)}", text)) <= set(given)


def assert_fields_have_texts(schema: probatio.Schema, texts: Mapping[str, Any]) -> None:
    """Check that exactly the fields of the form have a label and a description."""
    fields = {
        str(marker.schema)
        for marker, content in schema.schema.items()
        if not isinstance(content, section)
    }
    assert set(texts.get("data", {})) == fields
    assert set(texts.get("data_description", {})) == fields
    sections = {
        str(marker.schema): content.schema
        for marker, content in schema.schema.items()
        if isinstance(content, section)
    }
    assert set(texts.get("sections", {})) == set(sections)
    for name, inner in sections.items():
        assert texts["sections"][name]["name"]
        assert_fields_have_texts(inner, texts["sections"][name])
