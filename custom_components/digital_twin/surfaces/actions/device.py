"""The action about a device of a home."""

from datetime import datetime

from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from ...engine.documents import Document
from ...twin.errors import refuse
from ...twin.records.fields import Context
from ...twin.records.moments import moment
from ...twin.records.naming import short_text
from ...twin.records.object_reader import ObjectReader
from .request import Request

NAMED_BY = "device"


async def async_set_maintenance(request: Request) -> Document:
    """Leave a device unjudged until a moment, or judge it again; answer with what holds now."""
    form = ObjectReader(request.data, request.registry.context())
    form.only((NAMED_BY, "until"))
    device_id = form.required(NAMED_BY, short_text, "")
    until = form.optional("until", _later, None)
    form.raise_faults()
    request.access.require_everything(NAMED_BY)
    if dr.async_get(request.hass).async_get(device_id) is None:
        raise refuse("not_found", NAMED_BY, value=device_id)
    observer = request.runtime.observer
    if until and not any(view.device(device_id) for view in observer.views.values()):
        raise refuse("not_in_a_home", NAMED_BY, value=device_id)
    await observer.async_set_maintenance(device_id, until)
    return {NAMED_BY: device_id, "until": until.isoformat() if until else None}


def _later(value: object, context: Context) -> datetime:
    until = moment(value, context, dt_util.get_default_time_zone())
    if until <= context.now:
        raise refuse("not_in_future", "", value=value)
    # No clock of a house is finer, and the end of time has no next second.
    return until.replace(microsecond=0)
