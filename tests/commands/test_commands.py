"""Each command asks for the permission once, does one thing, and answers with what it did."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.core import Context, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.digital_twin.commands.access import (
    Access,
    Actor,
    async_actor,
    async_ui_actor,
)
from custom_components.digital_twin.commands.twins import async_dismiss_offer, async_edit_checklists
from custom_components.digital_twin.engine.core.feed import AUTOMATION, INTEGRATION, Cause, Origin
from custom_components.digital_twin.engine.core.registry import KINDS
from custom_components.digital_twin.engine.folder import CONF_GOALS_FOLDER
from custom_components.digital_twin.surfaces.actions import ACTIONS, QUERIES
from tests.common import ANNA, GOAL_ID, HOME_ID, JAN, async_setup_twin, runtime
from tests.house import House

RULES = ("require_read", "require_write", "require_create", "require_everything")
DATA: dict[str, dict[str, Any]] = {
    "create_goal": {"goal_code": "G02", "name": "Read"},
    "delete_goal": {"goal": GOAL_ID},
    "get_health_history": {"person": ANNA, "metric": "mood"},
    "get_correlations": {"person": ANNA},
    "get_twin": {"twin": ANNA},
    "restore_twin": {"twin": JAN},
    "set_consent": {"person": ANNA, "assistants": "band"},
    "set_context": {"twin": ANNA, "context": "ill"},
    "set_maintenance": {},
    "sync_goals": {},
    "update_goal": {"goal": GOAL_ID, "name": "Walk"},
    "update_goal_progress": {"goal": GOAL_ID, "key_result": "Runs", "value": 3},
    "update_health_metrics": {"person": ANNA, "metrics": {"mood": 7}},
    "update_home": {"home": HOME_ID, "name": "Flat"},
    "update_person": {"person": ANNA, "gender": "female"},
}
WRITES = sorted(DATA.keys() - QUERIES - {"set_maintenance", "sync_goals"})


@pytest.fixture
async def entry(hass: HomeAssistant, tmp_path: Path) -> MockConfigEntry:
    """Set up one of each, a deleted person, and an empty goals folder."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    with patch("custom_components.digital_twin.PLATFORMS", ()):
        entry = await async_setup_twin(
            hass,
            options={CONF_GOALS_FOLDER: str(tmp_path)},
            persons={ANNA: {"name": "Anna"}, JAN: {"name": "Jan"}},
            goals={
                GOAL_ID: {
                    "goal_code": "G01",
                    "name": "Run",
                    "progress_metrics": [{"name": "Runs"}, {"name": "To do", "items": ["Shoes"]}],
                }
            },
        )
    await runtime(entry).registry.async_delete(KINDS["person"], JAN)
    await hass.async_block_till_done()
    return entry


@pytest.fixture
async def actor(hass: HomeAssistant, entry: MockConfigEntry) -> Actor:
    """An administrator who calls actions."""
    user = await hass.auth.async_create_user("Admin", group_ids=["system-admin"])
    return await async_actor(hass, runtime(entry), Context(user_id=user.id), Origin.ACTION)


@contextmanager
def _asked() -> Iterator[list[str]]:
    """Collect the rules that are asked, without those that one rule asks another."""
    asked: list[str] = []
    depth = 0

    def count(name: str) -> Any:  # noqa: ANN401
        rule = getattr(Access, name)

        def ask(access: Access, *args: object) -> None:
            nonlocal depth
            if depth == 0:
                asked.append(name)
            depth += 1
            try:
                rule(access, *args)
            finally:
                depth -= 1

        return ask

    with patch.multiple(Access, **{name: count(name) for name in RULES}):
        yield asked


async def _perform(actor: Actor, action: str, data: Mapping[str, object]) -> dict[str, Any]:
    act, _limits = ACTIONS[action]
    return dict(await act(actor, data))


@pytest.mark.parametrize("action", DATA)
async def test_a_command_asks_for_the_permission_once_and_answers(
    hass: HomeAssistant, house: House, entry: MockConfigEntry, actor: Actor, action: str
) -> None:
    device = {"device": house.device("Plug")} if action == "set_maintenance" else {}
    with _asked() as asked:
        assert await _perform(actor, action, {**DATA[action], **device})
    assert len(asked) == 1


@pytest.mark.parametrize("action", WRITES)
async def test_a_command_is_one_transaction_with_the_cause_of_its_actor(
    hass: HomeAssistant, entry: MockConfigEntry, actor: Actor, action: str
) -> None:
    registry = runtime(entry).registry
    before = registry.seq
    causes: list[Cause] = []
    begin = registry._changes.begin

    def beginning(cause: Cause, **options: Any) -> Any:  # noqa: ANN401
        causes.append(cause)
        return begin(cause, **options)

    with patch.object(registry._changes, "begin", beginning):
        await _perform(actor, action, DATA[action])
    assert registry.seq == before + 1
    assert causes == [actor.cause]
    assert actor.cause.origin is Origin.ACTION


async def test_a_list_is_edited_with_one_question(
    hass: HomeAssistant, entry: MockConfigEntry, actor: Actor
) -> None:
    with _asked() as asked:
        await async_edit_checklists(actor, GOAL_ID, lambda key_results: key_results[:1])
    assert asked == ["require_write"]
    assert len(runtime(entry).registry.goals[GOAL_ID].progress_metrics) == 1


async def test_an_offer_is_dismissed_with_one_question(
    hass: HomeAssistant, entry: MockConfigEntry, actor: Actor
) -> None:
    with _asked() as asked:
        await async_dismiss_offer(actor, "person", JAN)
    assert asked == ["require_everything"]


async def test_without_a_user_an_automation_acts(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    context = Context()
    actor = await async_actor(hass, runtime(entry), context, Origin.ASSIST)
    assert actor.cause == Cause(AUTOMATION, Origin.ASSIST, context)
    assert actor.access.everything


async def test_a_form_does_not_know_its_user_but_a_list_does(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    assert async_ui_actor(hass, runtime(entry)).cause.actor == INTEGRATION
    # The first user owns Home Assistant and may do everything.
    await hass.auth.async_create_user("Owner")
    user = await hass.auth.async_create_user("Ola", group_ids=["system-users"])
    actor = async_ui_actor(hass, runtime(entry), user)
    assert (actor.cause.actor, actor.cause.origin) == (user.id, Origin.UI)
    assert actor.cause.context is not None
    assert actor.cause.context.user_id == user.id
    assert not actor.access.everything
