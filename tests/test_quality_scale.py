"""The quality scale is filled in whole, and what it says can be checked here is so."""

from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parent.parent
PACKAGE = REPOSITORY / "custom_components" / "digital_twin"
# All rules of Home Assistant's integration quality scale, by tier.
BRONZE = """
    action-setup appropriate-polling brands common-modules config-flow config-flow-test-coverage
    dependency-transparency docs-actions docs-conditions docs-high-level-description
    docs-installation-instructions docs-removal-instructions docs-triggers entity-event-setup
    entity-unique-id has-entity-name runtime-data test-before-configure test-before-setup
    unique-config-entry
"""
SILVER = """
    action-exceptions config-entry-unloading docs-configuration-parameters
    docs-installation-parameters entity-unavailable integration-owner log-when-unavailable
    parallel-updates reauthentication-flow test-coverage
"""
GOLD = """
    devices diagnostics discovery discovery-update-info docs-data-update docs-examples
    docs-known-limitations docs-supported-devices docs-supported-functions docs-troubleshooting
    docs-use-cases dynamic-devices entity-category entity-device-class entity-disabled-by-default
    entity-translations exception-translations icon-translations reconfiguration-flow
    repair-issues stale-devices
"""
PLATINUM = "async-dependency inject-websession strict-typing"
RULES = f"{BRONZE} {SILVER} {GOLD} {PLATINUM}".split()


@pytest.fixture(name="rules", scope="module")
def _rules() -> dict[str, str | dict[str, str]]:
    loaded = yaml.safe_load((PACKAGE / "quality_scale.yaml").read_text(encoding="utf-8"))
    rules: dict[str, str | dict[str, str]] = loaded["rules"]
    return rules


def test_every_rule_is_there(rules: dict[str, str | dict[str, str]]) -> None:
    assert list(rules) == sorted(BRONZE.split()) + sorted(SILVER.split()) + sorted(
        GOLD.split()
    ) + sorted(PLATINUM.split())


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_done_or_exempt_for_a_reason(
    rules: dict[str, str | dict[str, str]], rule: str
) -> None:
    said = rules[rule]
    assert said == "done" or (
        isinstance(said, dict) and said["status"] == "exempt" and said["comment"].strip()
    )


@pytest.mark.parametrize(
    ("rule", "file"), [("docs-triggers", "trigger.py"), ("docs-conditions", "condition.py")]
)
def test_what_does_not_exist_is_exempt(
    rules: dict[str, str | dict[str, str]], rule: str, file: str
) -> None:
    assert (rules[rule] == "done") == (PACKAGE / file).exists()


def test_every_platform_says_how_many_updates_run_at_once() -> None:
    silent = [
        path.name
        for path in PACKAGE.glob("*.py")
        if "AddConfigEntryEntitiesCallback" in path.read_text(encoding="utf-8")
        and "async def async_setup_entry" in path.read_text(encoding="utf-8")
        and "PARALLEL_UPDATES" not in path.read_text(encoding="utf-8")
    ]
    assert silent == []


@pytest.mark.parametrize("name", ["icon", "logo"])
@pytest.mark.parametrize("prefix", ["", "dark_"])
@pytest.mark.parametrize("suffix", ["", "@2x"])
def test_brand_images_are_there(prefix: str, name: str, suffix: str) -> None:
    image = PACKAGE / "brand" / f"{prefix}{name}{suffix}.png"
    assert image.read_bytes().startswith(b"\x89PNG")
