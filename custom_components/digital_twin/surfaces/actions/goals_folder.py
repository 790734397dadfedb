"""The action about the goals folder."""

from ...engine.documents import Document
from ...engine.folder import CONF_GOALS_FOLDER
from ...twin.records.object_reader import ObjectReader
from ..errors import async_messages
from .request import Request


async def async_sync_goals(request: Request) -> Document:
    """Read the goals folder now; answer with what came, changed, or could not be read.

    It may change the goals of everybody.
    """
    form = ObjectReader(request.data, request.registry.context())
    form.only(())
    form.raise_faults()
    request.access.require_everything(CONF_GOALS_FOLDER)
    report = await request.runtime.goals_folder.async_sync()
    messages = await async_messages(request.hass, report.faults)
    return report.document() | {
        "faults": [
            fault.document() | {"message": message}
            for fault, message in zip(report.faults, messages, strict=True)
        ]
    }
