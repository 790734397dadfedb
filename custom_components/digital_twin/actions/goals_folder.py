"""The action about the goals folder."""

from ..engine.documents import Document
from ..engine.vault import CONF_GOALS_FOLDER
from ..errors import async_messages
from ..twin.collecting import Form
from .request import Request


async def async_sync_goals(request: Request) -> Document:
    """Read the goals folder now; answer with what came, changed, or could not be read.

    It may change the goals of everybody.
    """
    form = Form(request.data, request.registry.context())
    form.only(())
    form.settle()
    request.access.require_everything(CONF_GOALS_FOLDER)
    report = await request.runtime.vault.async_sync()
    messages = await async_messages(request.hass, report.faults)
    return report.document() | {
        "faults": [
            fault.document() | {"message": message}
            for fault, message in zip(report.faults, messages, strict=True)
        ]
    }
