"""A deletion and a return concern several files; a disk may fail between any two."""

import asyncio

from homeassistant.core import HomeAssistant
import pytest

from custom_components.digital_twin.engine.core.files import StoreFailedError
from custom_components.digital_twin.engine.core.feed import ChangeFeed, Topic
from custom_components.digital_twin.engine.core.registry import TwinRegistry
from custom_components.digital_twin.twin.errors import TwinError
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.home.home import HOME
from custom_components.digital_twin.twin.people.person import PERSON
from tests.common import ANNA, GOAL_ID, HOME_ID, JAN, no_space

FILES = ("persons", "homes", "goals")


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


@pytest.mark.parametrize("files", [("persons",), ("persons", "goals"), FILES])
async def test_a_deletion_that_is_not_saved_costs_nobody_a_reference(
    hass: HomeAssistant, registry: TwinRegistry, files: tuple[str, ...]
) -> None:
    with no_space(), pytest.raises(StoreFailedError):
        await registry.async_delete(PERSON, ANNA, force=True)
    assert links(registry) == LINKED
    assert links(await load(hass)) == LINKED


@pytest.mark.parametrize("files", [("homes",), ("goals",), ("homes", "goals")])
async def test_references_that_could_not_be_taken_away_go_with_the_next_start(
    hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed, files: tuple[str, ...]
) -> None:
    told: list[str] = []
    feed.subscribe(Topic("person", None, "removed"), lambda _changes: told.append("removed"))
    with no_space():
        await registry.async_delete(PERSON, ANNA, force=True)
    assert told == ["removed"]
    assert ANNA not in registry.persons
    again = await load(hass)
    assert links(again) == UNLINKED
    assert links(await load(hass)) == UNLINKED
    await again.async_restore(PERSON, ANNA)
    assert links(again) == LINKED


@pytest.mark.parametrize("files", [(name,) for name in FILES])
async def test_a_return_that_is_not_saved_changes_nothing(
    hass: HomeAssistant, registry: TwinRegistry, files: tuple[str, ...]
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


async def test_a_place_that_is_taken_while_a_twin_comes_back_stays_taken(
    registry: TwinRegistry,
) -> None:
    await registry.async_delete(PERSON, ANNA, force=True)
    jan = {"name": "Jan", "contact_email": "A@B.pl"}
    refused, _ = await asyncio.gather(
        registry.async_restore(PERSON, ANNA),
        registry.async_create(PERSON, jan, twin_id=JAN),
        return_exceptions=True,
    )
    assert isinstance(refused, TwinError)
    assert refused.key == "duplicate"
    assert links(registry) == UNLINKED


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
