"""Registers the actions; each is a function of the package actions."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers.service import async_get_config_entry

from .commands.access import async_access_of_call
from .const import DOMAIN
from .engine.documents import Document
from .engine.runtime import DigitalTwinConfigEntry
from .surfaces.actions import device, goal, goals_folder, home, person, twin
from .surfaces.actions.finder import Finder
from .surfaces.actions.request import Request
from .surfaces.errors import translated_errors

type Action = Callable[[Request], Awaitable[Document]]

GET_HISTORY: Final = "get_health_history"
GET_TWIN: Final = "get_twin"
ACTIONS: Final[Mapping[str, Action]] = MappingProxyType(
    {
        "create_goal": goal.async_create_goal,
        "delete_goal": goal.async_delete_goal,
        GET_HISTORY: person.async_get_health_history,
        GET_TWIN: twin.async_get_twin,
        "import_health_metrics": person.async_import_health_metrics,
        "restore_twin": twin.async_restore_twin,
        "set_maintenance": device.async_set_maintenance,
        "sync_goals": goals_folder.async_sync_goals,
        "update_goal": goal.async_update_goal,
        "update_goal_progress": goal.async_update_goal_progress,
        "update_health_metrics": person.async_update_health_metrics,
        "update_home": home.async_update_home,
        "update_person": person.async_update_person,
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register every action.

    None has a schema: the twins judge the data, so that each refusal is translated, names the
    field, and is the same as in the other surfaces.
    """
    for name, action in ACTIONS.items():
        only = name in (GET_HISTORY, GET_TWIN)
        hass.services.async_register(
            DOMAIN,
            name,
            partial(_async_perform, action),
            supports_response=SupportsResponse.ONLY if only else SupportsResponse.OPTIONAL,
        )


async def _async_perform(action: Action, call: ServiceCall) -> ServiceResponse:
    """Perform an action for whoever calls it."""
    entry: DigitalTwinConfigEntry = async_get_config_entry(call.hass, DOMAIN, None)
    registry = entry.runtime_data.registry
    request = Request(
        hass=call.hass,
        data=call.data,
        access=await async_access_of_call(call.hass, registry, call.context),
        finder=Finder(call.hass, registry),
        runtime=entry.runtime_data,
    )
    with translated_errors():
        answer = await action(request)
    return answer if call.return_response else None
