"""Documents name all there is, their examples can be called, and their links lead somewhere."""

from collections.abc import Iterator, Mapping
from functools import cache
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
import yaml

from custom_components.digital_twin.const import DOMAIN

REPOSITORY = Path(__file__).parent.parent
PACKAGE = REPOSITORY / "custom_components" / DOMAIN
DOCUMENTS = (
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((REPOSITORY / "docs").glob("*.md")),
)
EXAMPLE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
LINKED = re.compile(r"\[([^]]+)\]\([^)]+\)")
NUMBERED = re.compile(r"^\d\. (.+)$", re.MULTILINE)
PICTURE = re.compile(r'src(?:set)?="(?!https?:)([^"]+)"')
IMAGE = re.compile(r"!\[[^]]*\]\((?!https?:)([^)]+)\)")
DARK = re.compile(r"-dark(?=\.)|dark_")
BOTH = re.compile(r'<picture>\s*<source[^>]+srcset="([^"]+)">\s*<img src="([^"]+)"')
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@cache
def _actions() -> dict[str, dict[str, bool]]:
    """Return by action its fields, and which of them are required."""
    described = yaml.safe_load((PACKAGE / "services.yaml").read_text(encoding="utf-8"))
    return {name: dict(_fields(parts["fields"])) for name, parts in described.items()}


def _fields(fields: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    for name, field in fields.items():
        if "fields" in field:
            yield from _fields(field["fields"])
        else:
            yield name, field.get("required", False)


def _examples() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{path.name}: {call['action']}", call)
        for path in DOCUMENTS
        for text in EXAMPLE.findall(path.read_text(encoding="utf-8"))
        for call in _calls(yaml.safe_load(text))
    ]


def _runnable() -> list[tuple[str, dict[str, Any]]]:
    """Return the examples that are automations, scripts or single calls."""
    return [
        (f"{path.name}-{number}", example)
        for path in DOCUMENTS
        for number, text in enumerate(EXAMPLE.findall(path.read_text(encoding="utf-8")), 1)
        if {"triggers", "sequence", "action"} & (example := yaml.safe_load(text)).keys()
    ]


def _calls(part: object) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if str(part.get("action", "")).startswith(f"{DOMAIN}."):
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from _calls(each)


def _anchors(path: Path) -> set[str]:
    headings = HEADING.findall(path.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in headings}


@pytest.mark.parametrize("action", _actions())
def test_every_action_is_described_with_all_its_fields(action: str) -> None:
    text = (REPOSITORY / "docs" / "actions.md").read_text(encoding="utf-8")
    parts = [part for part in text.split("\n## ") if action in part.partition("\n")[0].split()]
    assert len(parts) == 1
    assert [field for field in _actions()[action] if f"`{field}`" not in parts[0]] == []


@pytest.mark.parametrize(("call"), [pytest.param(call, id=name) for name, call in _examples()])
def test_examples_call_actions_with_the_fields_they_have(call: dict[str, Any]) -> None:
    fields = _actions()[call["action"].removeprefix(f"{DOMAIN}.")]
    data = call.get("data", {})
    required = {name for name, needed in fields.items() if needed}
    assert required <= data.keys() <= fields.keys()


@pytest.mark.parametrize(("example"), [pytest.param(each, id=name) for name, each in _runnable()])
async def test_home_assistant_takes_the_examples_as_they_stand(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture, example: dict[str, Any]
) -> None:
    kind = "automation" if "triggers" in example else "script"
    alone = kind == "script" and "sequence" not in example
    config = {"example": {"sequence": [example]} if alone else example}
    assert await async_setup_component(
        hass, kind, {kind: config if kind == "script" else [example]}
    )
    await hass.async_block_till_done()
    (state,) = hass.states.async_all(kind)
    assert state.state == ("on" if kind == "automation" else "off")
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_every_repair_is_described() -> None:
    texts = json.loads((PACKAGE / "translations" / "en.json").read_text(encoding="utf-8"))
    described = (REPOSITORY / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    titles = [re.sub(r"{\w+}", "…", issue["title"]) for issue in texts["issues"].values()]
    assert [title for title in titles if title not in described] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    broken = []
    for target, anchor in LINK.findall(path.read_text(encoding="utf-8")):
        place = (path.parent / target).resolve() if target else path
        if not place.exists() or (anchor and anchor not in _anchors(place)):
            broken.append(f"{target}#{anchor}")
    assert broken == []


def test_the_first_steps_are_the_same_words_everywhere() -> None:
    source = (PACKAGE / "frontend" / "texts.js").read_text(encoding="utf-8")
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    for language, texts in zip(("en", "pl"), source.split("const POLISH"), strict=True):
        steps = re.findall(r'^  step_\w+:\s+"(.+)",$', texts, re.MULTILINE)
        assert len(steps) == 3
        loaded = json.loads((PACKAGE / "translations" / f"{language}.json").read_text("utf-8"))
        twins = loaded["config_subentries"].values()
        told = [
            loaded["config"]["create_entry"]["default"],
            *(twin["create_entry"]["first"] for twin in twins),
            *([readme.partition("## First steps")[2]] if language == "en" else []),
        ]
        for text in told:
            assert NUMBERED.findall(LINKED.sub(r"\1", text))[:3] == steps


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_pictures_are_there_in_light_and_dark(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    shown = [*PICTURE.findall(text), *IMAGE.findall(text)]
    assert [name for name in shown if not (path.parent / name).exists()] == []
    pairs = BOTH.findall(text)
    assert len(pairs) == text.count("<picture>")
    other = [(dark, light) for dark, light in pairs if DARK.sub("", dark) != light]
    assert other == []


def test_every_picture_is_small_and_shown() -> None:
    images = sorted((REPOSITORY / "docs" / "images").iterdir())
    assert [path.name for path in images if path.stat().st_size > 60 * 1024] == []
    assert sum(path.stat().st_size for path in images) <= 700 * 1024
    texts = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    assert [path.name for path in images if f"images/{path.name}" not in texts] == []


def test_the_readme_leads_to_every_document() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    documents = [f"docs/{path.name}" for path in (REPOSITORY / "docs").glob("*.md")]
    assert [name for name in documents if f"({name})" not in readme] == []
