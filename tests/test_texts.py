"""Names, errors and icons live in the translation files, and none is missing or left over."""

from collections.abc import Callable
import json
from pathlib import Path

import pytest
import yaml

from .architecture import texts
from .architecture.texts import Tree, Use

PACKAGE = Path(__file__).parent.parent / "custom_components" / "digital_twin"
LANGUAGES = ("en", "pl")
PLATFORMS = (
    "binary_sensor",
    "button",
    "calendar",
    "date",
    "event",
    "image",
    "number",
    "select",
    "sensor",
    "switch",
    "todo",
)


def _load(name: str) -> Tree:
    path = PACKAGE / name
    if not path.exists():
        return {}
    content = path.read_text(encoding="utf-8")
    loaded: Tree = json.loads(content) if path.suffix == ".json" else yaml.safe_load(content)
    return loaded


@pytest.fixture(scope="module")
def english() -> Tree:
    return _load("translations/en.json")


def _uses(find: Callable[[str, str], list[Use]], pattern: str = "**/*.py") -> list[Use]:
    return [
        use
        for path in sorted(PACKAGE.glob(pattern))
        for use in find(path.read_text(encoding="utf-8"), str(path.relative_to(PACKAGE)))
    ]


def _sources(*patterns: str) -> list[str]:
    return [
        path.read_text(encoding="utf-8") for pattern in patterns for path in PACKAGE.glob(pattern)
    ]


# The real package.


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_languages_have_the_same_keys_and_placeholders(english: Tree, language: str) -> None:
    other = _load(f"translations/{language}.json")
    assert texts.different(english, other, ("en", language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_stand_for_themselves(language: str) -> None:
    assert texts.unresolved(_load(f"translations/{language}.json")) == []


def test_every_error_has_a_text_with_its_placeholders(english: Tree) -> None:
    known = texts.branch(english, "exceptions")
    assert texts.without_text(_uses(texts.error_keys), known, "message") == []


def test_every_error_text_is_raised(english: Tree) -> None:
    assert texts.without_use(texts.branch(english, "exceptions"), _sources("**/*.py")) == []


def test_every_repair_issue_has_a_title(english: Tree) -> None:
    known = texts.branch(english, "issues")
    assert texts.without_text(_uses(texts.issue_keys), known, "title") == []


def test_every_repair_text_is_used(english: Tree) -> None:
    assert texts.without_use(texts.branch(english, "issues"), _sources("**/*.py")) == []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_entity_has_a_name(english: Tree, platform: str) -> None:
    known = texts.branch(english, "entity", platform)
    assert texts.without_text(_uses(texts.entity_keys, f"{platform}*.py"), known) == []


def test_every_flow_step_and_abort_has_a_text(english: Tree) -> None:
    sections = [
        texts.branch(english, "config"),
        texts.branch(english, "options"),
        *(
            texts.branch(english, "config_subentries", kind)
            for kind in texts.branch(english, "config_subentries")
        ),
        *(
            texts.branch(english, "issues", issue, "fix_flow")
            for issue in texts.branch(english, "issues")
        ),
    ]
    steps = {key: True for section in sections for key in texts.branch(section, "step")}
    assert texts.without_text(_uses(texts.flow_steps), steps) == []
    reasons = {key: True for section in sections for key in texts.branch(section, "abort")}
    # Home Assistant brings the texts of its own reasons.
    reasons |= dict.fromkeys(("reconfigure_successful", "single_instance_allowed"), True)
    assert texts.without_text(_uses(texts.flow_aborts), reasons) == []


def test_actions_texts_and_icons_agree(english: Tree) -> None:
    assert (
        texts.action_texts(
            _load("services.yaml"),
            texts.branch(english, "services"),
            texts.branch(_load("icons.json"), "services"),
            texts.branch(english, "selector"),
        )
        == []
    )


@pytest.mark.parametrize("kind", ["triggers", "conditions"])
def test_triggers_and_conditions_have_texts_and_icons(english: Tree, kind: str) -> None:
    described = {
        key: each for key, each in _load(f"{kind}.yaml").items() if not key.startswith(".")
    }
    icons = texts.branch(_load("icons.json"), kind)
    selectors = texts.branch(english, "selector")
    assert texts.action_texts(described, texts.branch(english, kind), icons, selectors) == []
    assert {*texts.flatten(icons)} == {f"{key}.{kind.removesuffix('s')}" for key in described}


def test_every_icon_belongs_to_an_entity(english: Tree) -> None:
    icons = texts.branch(_load("icons.json"), "entity")
    assert texts.icon_texts(icons, texts.branch(english, "entity")) == []


# The checkers themselves, on samples that must be refused.


def test_a_key_in_one_language_only_is_found() -> None:
    one = {"a": {"b": "x", "c": "y {z}"}}
    other = {"a": {"c": "y {w}", "d": "z"}}
    assert texts.different(one, other, ("en", "pl")) == [
        "a.b: only in en",
        "a.d: only in pl",
        "a.c: en and pl have different placeholders",
    ]


@pytest.mark.parametrize("text", ["", " ", "[%key:common::state::on%]"])
def test_a_text_that_says_nothing_is_found(text: str) -> None:
    assert len(texts.unresolved({"a": {"b": text, "c": "fine"}})) == 1


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('fault("gone", field)', "no text for 'gone'"),
        ('Fault("gone", field, {})', "no text for 'gone'"),
        ('raise refuse("gone", field)', "no text for 'gone'"),
        ('raise ServiceValidationError(translation_key="gone")', "no text for 'gone'"),
        ('raise ConfigEntryNotReady(translation_key="gone")', "no text for 'gone'"),
        ('fault("known", field)', "'known' is not given ['limit']"),
        ('raise HomeAssistantError(translation_key="known")', "not given ['field', 'limit']"),
        (
            'raise XError(translation_key="known", translation_placeholders={"limit": "1"})',
            "not given ['field']",
        ),
    ],
)
def test_an_error_without_text_is_found(source: str, expected: str) -> None:
    known = {"known": {"message": "{field} is at most {limit}"}}
    found = texts.without_text(texts.error_keys(source, "a.py"), known, "message")
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    "source",
    [
        'fault("known", field, limit=3)',
        'fault("known", field, **more)',
        'Fault("known", field, placeholders)',
        'raise HomeAssistantError(translation_key="known", translation_placeholders=given)',
        'EntityDescription(translation_key="other")',
    ],
)
def test_an_error_with_its_text_is_fine(source: str) -> None:
    known = {"known": {"message": "{field} is at most {limit}"}}
    assert texts.without_text(texts.error_keys(source, "a.py"), known, "message") == []


def test_a_message_that_is_missing_below_its_key_is_found() -> None:
    uses = texts.error_keys('fault("known", field)', "a.py")
    assert texts.without_text(uses, {"known": {"title": "x"}}, "message") != []


def test_an_issue_without_text_is_found() -> None:
    source = 'ir.async_create_issue(hass, DOMAIN, "x", translation_key="gone")'
    assert len(texts.without_text(texts.issue_keys(source, "a.py"), {}, "title")) == 1


@pytest.mark.parametrize(
    "source",
    [
        'class A:\n    _attr_translation_key = "gone"',
        'self._attr_translation_key = "gone"',
        'TwinSensorDescription(key="x", translation_key="gone")',
    ],
)
def test_an_entity_without_name_is_found(source: str) -> None:
    assert len(texts.without_text(texts.entity_keys(source, "sensor.py"), {"x": {}})) == 1


@pytest.mark.parametrize(
    ("source", "find"),
    [
        ('self.async_show_form(step_id="gone")', texts.flow_steps),
        ('show_form(self, "gone", schema)', texts.flow_steps),
        ('self._form("gone", values)', texts.flow_steps),
        ('self.async_abort(reason="gone")', texts.flow_aborts),
    ],
)
def test_a_flow_key_without_text_is_found(
    source: str, find: Callable[[str, str], list[Use]]
) -> None:
    assert len(texts.without_text(find(source, "a.py"), {"user": True})) == 1


def test_a_text_that_nobody_names_is_found() -> None:
    assert texts.without_use({"used": {}, "left": {}}, ['fault("used", field)']) == ["left"]


SERVICES = {
    "go": {
        "fields": {"speed": {"selector": {"select": {"options": ["a"], "translation_key": "s"}}}}
    }
}
TEXTS = {
    "go": {
        "name": "Go",
        "description": "Goes.",
        "fields": {"speed": {"name": "Speed", "description": "How fast."}},
    }
}
ICONS = {"go": {"service": "mdi:run"}}
SELECTORS = {"s": {"options": {"a": "A"}}}


@pytest.mark.parametrize(
    ("services", "described", "icons", "selectors", "expected"),
    [
        (SERVICES, TEXTS, ICONS, SELECTORS, []),
        ({}, TEXTS, ICONS, SELECTORS, ["action go: not in services.yaml"]),
        (SERVICES, TEXTS, {}, SELECTORS, ["action go: not in icons.json"]),
        (SERVICES, TEXTS, ICONS, {}, ["action go, field speed: option a is not in both"]),
        ({"go": {}}, TEXTS, ICONS, {}, ["action go, field speed: not in services.yaml"]),
        (SERVICES, {}, ICONS, SELECTORS, ["action go: not in the translations"]),
        (
            SERVICES,
            {"go": TEXTS["go"] | {"fields": {}}},
            ICONS,
            SELECTORS,
            ["action go, field speed: no name", "action go, field speed: no description"],
        ),
    ],
)
def test_actions_that_disagree_are_found(
    services: Tree, described: Tree, icons: Tree, selectors: Tree, expected: list[str]
) -> None:
    found = texts.action_texts(services, described, icons, selectors)
    assert set(expected) <= set(found)
    assert bool(found) is bool(expected)


def test_an_icon_of_nothing_or_without_need_is_found() -> None:
    known = {"sensor": {"here": {"state": {"on": "On"}}}}
    here = {"default": "mdi:a", "state": {"on": "mdi:a", "off": "mdi:b"}}
    icons = {"sensor": {"here": here, "gone": {}}}
    assert texts.icon_texts(icons, known) == [
        "icon of sensor.here: no state off",
        "icon of sensor.here: state on has the default one",
        "icon of sensor.gone: there is no such entity",
    ]
