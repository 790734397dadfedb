"""The layers hold: imports point downwards, twin/ is pure, nothing goes round in circles."""

import json
from pathlib import Path
from textwrap import dedent

from homeassistant.const import Platform
import pytest

from .architecture import habits, imports

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "custom_components" / "digital_twin"
LONGEST = 400
# Components that Home Assistant lets every integration use: the kinds of entities, and these.
ALWAYS_THERE = {*Platform, "homeassistant", "person", "websocket_api", "zone"}


def _package(tmp_path: Path, **files: str) -> Path:
    package = tmp_path / "digital_twin"
    for name, source in {"__init__": "", "twin/__init__": "", "engine/__init__": ""}.items():
        files.setdefault(name.replace("/", "__0__"), source)
    for name, source in files.items():
        path = package / f"{name.replace('__0__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return package


# The real package.


def test_imports_point_downwards() -> None:
    assert imports.upward(imports.read_package(PACKAGE)) == []


def test_twin_needs_the_standard_library_only() -> None:
    assert imports.not_pure(imports.read_package(PACKAGE)) == []


def test_no_imports_in_a_circle() -> None:
    modules = imports.read_package(PACKAGE)
    assert imports.cycle(modules) is None
    assert imports.package_cycle(modules) is None


def test_a_file_is_read_in_one_sitting() -> None:
    assert imports.too_long(PACKAGE, LONGEST) == []


def test_habits_are_kept() -> None:
    sources = [*PACKAGE.rglob("*.py"), *(TESTS.parent / "scripts").rglob("*.py")]
    assert [
        found
        for path in sorted(sources)
        for found in habits.broken_habits(habits.read(path), str(path))
    ] == []


def test_every_component_that_is_used_is_declared() -> None:
    manifest = json.loads((PACKAGE / "manifest.json").read_text(encoding="utf-8"))
    declared = {*manifest.get("dependencies", ()), *manifest["after_dependencies"]}
    assert imports.undeclared(PACKAGE, declared | ALWAYS_THERE) == []


def test_the_tests_of_twin_know_no_home_assistant() -> None:
    assert [
        found
        for path in sorted((TESTS / "twin").rglob("*.py"))
        for found in habits.uses_home_assistant(habits.read(path), str(path))
    ] == []


def test_all_layers_are_seen() -> None:
    layers = {module.layer for module in imports.read_package(PACKAGE).values()}
    assert layers == set(imports.RANKS)


# The checkers themselves, on samples that must be refused.


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("twin__0__a", "from ..engine import store"),
        ("twin__0__a", "from .. import sensor"),
        ("twin__0__a", "import custom_components.digital_twin.engine"),
        ("twin__0__a", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .. import x"),
        ("twin__0__a", "def f():\n    from ..engine.store import Store"),
        ("twin__0__a", "from ..const import DOMAIN"),
        ("const", "from .engine.store import Store"),
        ("engine__0__a", "from ..sensor import Sensor"),
        ("engine__0__home__0__a", "from ... import sensor"),
        ("engine__0__a", "from custom_components.digital_twin.sensor import Sensor"),
    ],
)
def test_an_import_upwards_is_found(tmp_path: Path, file: str, source: str) -> None:
    package = _package(
        tmp_path, **({"sensor": "", "const": "", "engine__0__store": ""} | {file: source})
    )
    assert len(imports.upward(imports.read_package(package))) == 1


def test_a_component_that_is_not_declared_is_found(tmp_path: Path) -> None:
    source = """
        from homeassistant.components.recorder.statistics import a
        from homeassistant.components.energy import b
        from homeassistant.components.sensor import c
        from homeassistant.core import HomeAssistant
    """
    package = _package(tmp_path, engine__0__a=dedent(source), sensor="")
    assert imports.undeclared(package, {"energy"}) == ["engine/a.py: recorder"]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("sensor", "from .engine.store import Store\nfrom .twin import a\nfrom . import b"),
        ("engine__0__a", "from ..twin.b import C\nfrom .store import Store"),
        ("engine__0__a", "from ..const import DOMAIN"),
        ("engine__0__home__0__a", "from ..store import Store\nfrom ...twin import b"),
        ("twin__0__a", "from .b import C\nimport json"),
        ("sensor", "from homeassistant.core import HomeAssistant"),
    ],
)
def test_an_import_downwards_is_fine(tmp_path: Path, file: str, source: str) -> None:
    package = _package(
        tmp_path, **({"const": "", "twin__0__b": "", "engine__0__store": ""} | {file: source})
    )
    assert imports.upward(imports.read_package(package)) == []


@pytest.mark.parametrize(
    "source",
    ["import voluptuous as vol", "from homeassistant.core import callback", "import orjson"],
)
def test_twin_is_refused_what_must_be_installed(tmp_path: Path, source: str) -> None:
    package = _package(tmp_path, twin__0__a=source, sensor=source)
    assert len(imports.not_pure(imports.read_package(package))) == 1


def test_a_circle_of_packages_is_found(tmp_path: Path) -> None:
    package = _package(
        tmp_path,
        twin__0__one__0____init__="",
        twin__0__one__0__a="from ..other.b import x",
        twin__0__one__0__c="",
        twin__0__other__0____init__="",
        twin__0__other__0__b="from ..one.c import x",
    )
    modules = imports.read_package(package)
    assert imports.cycle(modules) is None
    found = imports.package_cycle(modules)
    assert found is not None
    assert {"twin.one", "twin.other"} <= set(found.split(" <- "))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("from .b import x", "from .a import y"),
        ("from . import b", "from custom_components.digital_twin.twin import a"),
        ("from .b import x", "if TYPE_CHECKING:\n    from .a import y"),
        ("from .b import x", "def f():\n    from . import a"),
    ],
)
def test_a_circle_is_found(tmp_path: Path, one: str, other: str) -> None:
    package = _package(tmp_path, twin__0__a=one, twin__0__b=other)
    found = imports.cycle(imports.read_package(package))
    assert found is not None
    assert {"twin.a", "twin.b"} <= set(found.split(" <- "))


def test_a_long_file_is_found(tmp_path: Path) -> None:
    package = _package(tmp_path, sensor="x = 1\n" * 11, select="x = 1\n" * 10)
    assert [line.rpartition(": ")[2] for line in imports.too_long(package, 10)] == ["11 lines"]


@pytest.mark.parametrize(
    "source",
    [
        "x = f()  # type: ignore[arg-type]",
        "x = f()  # type: ignore",
        "x = f()  # pragma: no cover",
        "hass.data[DOMAIN] = 1",
        "x = self.hass.data['digital_twin']",
    ],
)
def test_a_broken_habit_is_found(source: str) -> None:
    assert len(habits.broken_habits(source, "sample.py")) == 1


@pytest.mark.parametrize(
    "source",
    [
        "x = f()  # type: ignore[arg-type]  # the stub is older than the library",
        "x = self.data[key]",
        "x = hass.data[LOVELACE_DATA].resources",
    ],
)
def test_a_kept_habit_is_fine(source: str) -> None:
    assert habits.broken_habits(source, "sample.py") == []


@pytest.mark.parametrize(
    "source",
    [
        "def test_a(hass): ...",
        "async def test_a(hass_storage, x): ...",
        "from homeassistant.core import HomeAssistant",
        "import voluptuous as vol",
    ],
)
def test_home_assistant_in_a_test_of_twin_is_found(source: str) -> None:
    assert len(habits.uses_home_assistant(source, "sample.py")) == 1
