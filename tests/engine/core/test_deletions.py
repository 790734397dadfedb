"""A deletion and a return concern several kinds of twins, and are one transaction."""

import asyncio
from copy import deepcopy
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.digital_twin.engine.core.feed import Change, ChangeFeed, Topic
from custom_components.digital_twin.engine.core.files import StoreFailedError
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.home.home import HOME
from custom_components.digital_twin.twin.metrics.person import PERSON
from tests.common import ANNA, GOAL_ID, HOME_ID, JAN, no_space


async def load(hass: HomeAssistant, feed: ChangeFeed | None = None) -> TwinRegistry:
    registry = TwinRegistry(hass, feed or ChangeFeed())
    await registry.async_load()
    return registry


def links(registry: TwinRegistry) -> tuple[object, ...]:
    """Return what refers to Anna, and whether she is there."""
    return (
        registry.homes[HOME_ID].residents,
        registry.goals[GOAL_ID].owner_person_id,
        ANNA in registry.persons,
    )


LINKED = ((ANNA,), ANNA, True)
UNLINKED = ((), None, False)


@pytest.fixture
def feed() -> ChangeFeed:
    return ChangeFeed()


@pytest.fixture
async def registry(hass: HomeAssistant, feed: ChangeFeed) -> TwinRegistry:
    registry = await load(hass, feed)
    await registry.async_create(PERSON, {"name": "Anna", "contact_email": "a@b.pl"}, twin_id=ANNA)
    await registry.async_create(HOME, {"name": "House", "residents": [ANNA]}, twin_id=HOME_ID)
    goal = {"goal_code": "G01", "name": "Run", "owner_person_id": ANNA}
    await registry.async_create(GOAL, goal, twin_id=GOAL_ID)
    return registry


async def test_a_deletion_that_is_not_saved_costs_nobody_a_reference(
    hass: HomeAssistant, registry: TwinRegistry
) -> None:
    with no_space(), pytest.raises(StoreFailedError):
        await registry.async_delete(PERSON, ANNA, force=True)
    assert links(registry) == LINKED
    assert links(await load(hass)) == LINKED


async def test_a_deletion_is_one_line_with_all_that_it_takes(
    hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed
) -> None:
    told: list[tuple[Change, ...]] = []
    feed.subscribe(
        [Topic("person", None, "removed"), Topic("goal", None, "owner_person_id")], told.append
    )
    await registry.async_delete(PERSON, ANNA, force=True)
    ((removed, unlinked),) = told
    assert (removed.twin_id, unlinked.twin_id) == (ANNA, GOAL_ID)
    assert removed.seq == unlinked.seq
    assert removed.before.name == "Anna"
    assert (unlinked.before.owner_person_id, unlinked.after.owner_person_id) == (ANNA, None)
    assert links(await load(hass)) == UNLINKED


async def test_references_that_an_older_version_left_over_go_with_the_next_start(
    hass: HomeAssistant, hass_storage: dict[str, Any], registry: TwinRegistry
) -> None:
    """It wrote one file after the other, and the power could go in between."""
    await registry.async_write_files()
    before = {key: deepcopy(hass_storage[f"digital_twin.{key}"]) for key in ("homes", "goals")}
    await registry.async_delete(PERSON, ANNA, force=True)
    await registry.async_close()
    for key, file in before.items():
        del file["data"]["journal"]
        hass_storage[f"digital_twin.{key}"] = file
    again = await load(hass)
    assert links(again) == UNLINKED
    assert links(await load(hass)) == UNLINKED
    await again.async_restore(PERSON, ANNA)
    assert links(again) == LINKED


async def test_a_return_that_is_not_saved_changes_nothing(
    hass: HomeAssistant, registry: TwinRegistry
) -> None:
    await registry.async_delete(PERSON, ANNA, force=True)
    with no_space(), pytest.raises(StoreFailedError):
        await registry.async_restore(PERSON, ANNA)
    assert links(registry) == UNLINKED
    assert registry.deletions.is_deleted("person", ANNA)
    await registry.async_restore(PERSON, ANNA)
    assert links(registry) == links(await load(hass)) == LINKED


async def test_a_twin_comes_back_only_once(registry: TwinRegistry) -> None:
    await registry.async_delete(PERSON, ANNA, force=True)
    back, refused = await asyncio.gather(
        *(registry.async_restore(PERSON, ANNA) for _ in range(2)), return_exceptions=True
    )
    assert back is registry.persons[ANNA]
    assert isinstance(refused, TwinError)
    assert refused.key == "not_found"
    assert links(registry) == LINKED


@pytest.mark.parametrize("first", ["restored", "created"])
async def test_a_place_is_taken_by_whoever_comes_first(registry: TwinRegistry, first: str) -> None:
    await registry.async_delete(PERSON, ANNA, force=True)
    jan = {"name": "Jan", "contact_email": "A@B.pl"}
    both = {
        "restored": registry.async_restore(PERSON, ANNA),
        "created": registry.async_create(PERSON, jan, twin_id=JAN),
    }
    _, refused = await asyncio.gather(both.pop(first), *both.values(), return_exceptions=True)
    assert isinstance(refused, TwinError)
    assert refused.key == "duplicate"
    assert [*registry.persons] == [ANNA if first == "restored" else JAN]
    assert links(registry) == (LINKED if first == "restored" else UNLINKED)


async def test_a_twin_is_deleted_only_once(registry: TwinRegistry) -> None:
    lost, refused = await asyncio.gather(
        *(registry.async_delete(PERSON, ANNA, force=True) for _ in range(2)),
        return_exceptions=True,
    )
    assert isinstance(lost, tuple)
    assert len(lost) == 2
    assert isinstance(refused, TwinError)
    assert refused.key == "not_found"
    assert links(registry) == UNLINKED
