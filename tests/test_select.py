"""What can be chosen: the activity level of a person, the status of a goal."""

from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import User
from homeassistant.components.select import (
    ATTR_OPTION,
    DOMAIN as SELECT,
    SERVICE_SELECT_OPTION,
)
from homeassistant.const import ATTR_ENTITY_ID, STATE_UNKNOWN, Platform
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.digital_twin.engine.core.files import StoreFailedError
from custom_components.digital_twin.twin.enums import (
    ActivityLevel,
    GoalStatus,
    HomeContext,
    PersonContext,
)
from custom_components.digital_twin.twin.metrics.person import PERSON

from .common import ANNA, GOAL, GOAL_ID, HOME_ID, async_patch_twin, async_setup_twin, runtime, shown

LEVEL = "select.anna_activity_level"
STATUS = "select.body_fat_status"


async def _select(
    hass: HomeAssistant, entity_id: str, option: str, user: User | None = None
) -> None:
    await hass.services.async_call(
        SELECT,
        SERVICE_SELECT_OPTION,
        {ATTR_ENTITY_ID: entity_id, ATTR_OPTION: option},
        blocking=True,
        context=Context(user_id=user.id if user else None),
    )


async def test_selects_of_a_person_and_a_goal(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    with patch("custom_components.digital_twin.PLATFORMS", (Platform.SELECT,)):
        entry = await async_setup_twin(
            hass,
            persons={ANNA: {"name": "Anna", "activity_level": "Very Active"}},
            goals={GOAL_ID: GOAL},
        )
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


@pytest.mark.parametrize("level", ActivityLevel)
async def test_a_chosen_level_is_in_the_record(hass: HomeAssistant, level: ActivityLevel) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    assert shown(hass, LEVEL).state == STATE_UNKNOWN
    await _select(hass, LEVEL, level.slug)
    assert runtime(entry).registry.persons[ANNA].activity_level is level
    assert shown(hass, LEVEL).state == level.slug


@pytest.mark.parametrize("status", GoalStatus)
async def test_a_chosen_status_is_in_the_record(hass: HomeAssistant, status: GoalStatus) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}}, goals={GOAL_ID: GOAL})
    await _select(hass, STATUS, status.slug)
    assert runtime(entry).registry.goals[GOAL_ID].status is status
    assert shown(hass, STATUS).state == status.slug


async def test_a_level_that_is_cleared_is_unknown(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(
        hass, persons={ANNA: {"name": "Anna", "activity_level": "Light"}}
    )
    assert shown(hass, LEVEL).state == "light"
    await async_patch_twin(hass, entry, "person", ANNA, activity_level=None)
    assert shown(hass, LEVEL).state == STATE_UNKNOWN


async def test_a_choice_for_a_twin_just_deleted_is_refused(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    # Its entities go a little later.
    with patch.object(type(runtime(entry).subentries), "async_reconcile"):
        await runtime(entry).registry.async_delete(PERSON, ANNA)
        with pytest.raises(ServiceValidationError) as refused:
            await _select(hass, LEVEL, "light")
    assert refused.value.translation_key == "not_found"


async def test_a_choice_that_could_not_be_saved_says_so(hass: HomeAssistant) -> None:
    await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    with (
        patch(
            "custom_components.digital_twin.engine.core.journal.Disk.append",
            side_effect=StoreFailedError("disk full"),
        ),
        pytest.raises(HomeAssistantError) as failed,
    ):
        await _select(hass, LEVEL, "light")
    assert failed.value.translation_key == "not_saved"


CONTEXT = "select.anna_context"
AT_HOME = "select.home_context"


@pytest.mark.parametrize("context", [each for each in PersonContext if each != "usual"])
async def test_a_chosen_context_is_in_the_record(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, context: PersonContext
) -> None:
    freezer.move_to("2026-03-01T12:00:00+00:00")
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna"}})
    assert shown(hass, CONTEXT).state == "usual"
    await _select(hass, CONTEXT, context.slug)
    assert runtime(entry).registry.persons[ANNA].context is context
    state = shown(hass, CONTEXT)
    assert (state.state, state.attributes["since"]) == (context.slug, "2026-03-01T12:00:00+00:00")
    await _select(hass, CONTEXT, "usual")
    assert "since" not in shown(hass, CONTEXT).attributes


@pytest.mark.parametrize("context", HomeContext)
async def test_a_chosen_context_of_a_home_is_in_the_record(
    hass: HomeAssistant, context: HomeContext
) -> None:
    entry = await async_setup_twin(hass)
    await _select(hass, AT_HOME, context.slug)
    assert runtime(entry).registry.homes[HOME_ID].context is context
    assert shown(hass, AT_HOME).state == context.slug


async def test_the_end_of_a_context_is_an_attribute(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass)
    await async_patch_twin(
        hass, entry, "home", HOME_ID, context="guests", context_until="2100-01-02"
    )
    assert shown(hass, AT_HOME).attributes["until"] == "2100-01-02"


async def test_the_context_of_whom_keeps_health_private_is_no_entity(hass: HomeAssistant) -> None:
    entry = await async_setup_twin(hass, persons={ANNA: {"name": "Anna", "context": "ill"}})
    assert shown(hass, CONTEXT).state == "ill"
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=False)
    assert hass.states.get(CONTEXT) is None
    assert er.async_get(hass).async_get(CONTEXT) is None
    await async_patch_twin(hass, entry, "person", ANNA, health_entities=True)
    assert shown(hass, CONTEXT).state == "ill"
