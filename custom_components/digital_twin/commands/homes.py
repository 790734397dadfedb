"""Commands for homes and their devices."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from homeassistant.helpers import device_registry as dr

from ..engine.documents import Document
from ..twin.errors import refuse
from ..twin.home.home import HOME
from .access import Actor
from .twins import async_update_chosen

HOME_FIELD: Final = "home"
DEVICE_FIELD: Final = "device"


async def async_update_home(actor: Actor, data: Mapping[str, object]) -> Document:
    """Change fields of a home; return the document."""
    return await async_update_chosen(actor, HOME, data, HOME_FIELD)


async def async_dismiss_alert(actor: Actor, home_id: str, cause: str) -> None:
    """End an alert whose sensor is silent; `cause` is the key of its cause."""
    actor.access.require_everything(HOME_FIELD)
    await actor.runtime.observer.async_dismiss(home_id, cause)


async def async_set_maintenance(actor: Actor, device_id: str, until: datetime | None) -> None:
    """Exclude a device from status and faults until a moment; None ends that.

    Raises `TwinError` at `device`: `not_found`, `not_in_a_home`.
    """
    actor.access.require_everything(DEVICE_FIELD)
    if dr.async_get(actor.hass).async_get(device_id) is None:
        raise refuse("not_found", DEVICE_FIELD, value=device_id)
    observer = actor.runtime.observer
    if until and not any(view.device(device_id) for view in observer.views.values()):
        raise refuse("not_in_a_home", DEVICE_FIELD, value=device_id)
    await observer.async_set_maintenance(device_id, until)
