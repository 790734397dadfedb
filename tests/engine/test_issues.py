from pathlib import Path
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.deletions import DeletedTwin
from custom_components.digital_twin.engine.core.feed import ChangeFeed
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.engine.health.sources import metric_label
from custom_components.digital_twin.engine.issues import (
    async_forget_issues,
    async_offer_returns,
    async_review_issues,
    async_review_missing,
)
from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.metrics.person import PERSON

RUN = "55555555-5555-4555-8555-555555555555"
READ = "66666666-6666-4666-8666-666666666666"


@pytest.fixture
async def registry(hass: HomeAssistant, hass_storage: dict[str, Any]) -> TwinRegistry:
    hass_storage["digital_twin.persons"] = {
        "version": 1,
        "minor_version": 1,
        "data": {"records": [{"name": "Anna", "person_id": "x"}]},
    }
    registry = TwinRegistry(hass, ChangeFeed())
    await registry.async_load()
    return registry


async def test_a_damaged_record_is_named_until_it_is_mended(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    registry: TwinRegistry,
    issue_registry: ir.IssueRegistry,
) -> None:
    async_review_issues(hass, registry)
    issue = issue_registry.async_get_issue(DOMAIN, "damaged_record_person_1")
    assert issue is not None
    assert issue.translation_key == "damaged_record"
    assert issue.translation_placeholders == {
        "name": "Anna",
        "reason": "person_id: invalid_id",
        "file": ".storage/digital_twin.persons",
    }
    hass_storage["digital_twin.persons"]["data"]["records"][0]["person_id"] = RUN
    mended = TwinRegistry(hass, ChangeFeed())
    await mended.async_load()
    async_review_issues(hass, mended)
    assert not issue_registry.issues


def _damage_journal(folder: Path) -> None:
    (segment,) = folder.iterdir()
    segment.write_bytes(segment.read_bytes().replace(b"Ania", b'Ani"'))


async def test_changes_that_cannot_be_read_are_counted_until_they_are_not_needed(
    hass: HomeAssistant, issue_registry: ir.IssueRegistry
) -> None:
    first = TwinRegistry(hass, ChangeFeed())
    await first.async_load()
    anna = await first.async_create(PERSON, {"name": "Anna"})
    await first.async_update(PERSON, anna.person_id, {"name": "Ania"})
    _damage_journal(Path(hass.config.path(".storage", "digital_twin")))
    second = TwinRegistry(hass, ChangeFeed())
    await second.async_load()
    assert second.persons[anna.person_id].name == "Anna"
    async_review_issues(hass, second)
    issue = issue_registry.async_get_issue(DOMAIN, "damaged_journal_lines")
    assert issue is not None
    assert issue.translation_placeholders == {"count": "1", "file": ".storage/digital_twin/"}
    await second.async_update(PERSON, anna.person_id, {"name": "Ania"})
    await second.async_write_files()
    third = TwinRegistry(hass, ChangeFeed())
    await third.async_load()
    async_review_issues(hass, third)
    assert not issue_registry.issues


async def test_damaged_histories_are_named_until_they_are_mended(
    hass: HomeAssistant, hass_storage: dict[str, Any], issue_registry: ir.IssueRegistry
) -> None:
    first = TwinRegistry(hass, ChangeFeed())
    await first.async_load()
    anna = await first.async_create(PERSON, {"name": "Anna"})
    key = f"digital_twin.history.{anna.person_id}"
    strange = {"body_fat": 3, "weight": []}
    hass_storage[key] = {"version": 1, "minor_version": 1, "data": {"metrics": strange}}
    damaged = TwinRegistry(hass, ChangeFeed())
    await damaged.async_load()
    async_review_issues(hass, damaged)
    issue = issue_registry.async_get_issue(DOMAIN, f"damaged_history_{anna.person_id}")
    assert issue is not None
    assert issue.translation_key == "damaged_history"
    assert issue.translation_placeholders == {
        "name": "Anna",
        "metrics": ", ".join(
            metric_label(hass, key, CATALOGUE[key]) for key in ("body_fat", "weight")
        ),
        "file": f".storage/{key}",
    }
    hass_storage[key]["data"] = {}
    mended = TwinRegistry(hass, ChangeFeed())
    await mended.async_load()
    async_review_issues(hass, mended)
    assert not issue_registry.issues


async def delete_what_is_needed(registry: TwinRegistry) -> None:
    await registry.async_create(GOAL, {"name": "Run", "goal_code": "G01"}, twin_id=RUN)
    await registry.async_create(
        GOAL, {"name": "Read", "goal_code": "G02", "dependencies": [RUN]}, twin_id=READ
    )
    await registry.async_delete(GOAL, RUN, force=True)


async def test_a_deleted_twin_that_others_need_is_offered_until_it_is_back(
    hass: HomeAssistant, registry: TwinRegistry, issue_registry: ir.IssueRegistry
) -> None:
    await delete_what_is_needed(registry)
    async_offer_returns(hass, registry)
    issue = issue_registry.async_get_issue(DOMAIN, f"lost_references_{RUN}")
    assert issue is not None
    assert issue.is_fixable
    # What is persistent stands in the diagnostics, with its names.
    assert not issue.is_persistent
    assert issue.data == {"kind": "goal", "twin_id": RUN}
    assert issue.translation_placeholders == {"name": "Run", "users": "Read"}
    await registry.async_restore(GOAL, RUN)
    async_offer_returns(hass, registry)
    assert not issue_registry.issues


async def test_an_offer_outlives_a_restart_unless_the_loss_was_accepted(
    hass: HomeAssistant, registry: TwinRegistry
) -> None:
    await delete_what_is_needed(registry)
    again = TwinRegistry(hass, ChangeFeed())
    await again.async_load()
    offer = DeletedTwin(kind="goal", twin_id=RUN, name="Run", referrers=("Read",))
    assert [*again.deletions.offers] == [*registry.deletions.offers] == [offer]
    await again.deletions.async_dismiss_offer("goal", RUN)
    await again.deletions.async_dismiss_offer("goal", READ)
    once_more = TwinRegistry(hass, ChangeFeed())
    await once_more.async_load()
    assert [*once_more.deletions.offers] == []
    assert once_more.deletions.is_deleted("goal", RUN)


async def test_nothing_is_offered_to_those_who_are_gone_themselves(
    registry: TwinRegistry,
) -> None:
    await delete_what_is_needed(registry)
    await registry.async_delete(GOAL, READ)
    assert [*registry.deletions.offers] == []


async def test_removal_forgets_every_issue_of_ours_and_no_other(
    hass: HomeAssistant, registry: TwinRegistry, issue_registry: ir.IssueRegistry
) -> None:
    async_review_issues(hass, registry)
    lost = ConfigSubentry(
        data=MappingProxyType({}), subentry_type="goal", title="Run", unique_id=RUN
    )
    async_review_missing(hass, [lost])
    assert len(issue_registry.issues) == 2
    ir.async_create_issue(
        hass, "other", "1", is_fixable=False, severity=ir.IssueSeverity.ERROR, translation_key="x"
    )
    async_forget_issues(hass)
    assert [*issue_registry.issues] == [("other", "1")]
