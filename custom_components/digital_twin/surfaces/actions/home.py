"""The actions about a home."""

from ...engine.documents import Document
from ...twin.home.home import HOME
from .request import Request

NAMED_BY = "home"


async def async_update_home(request: Request) -> Document:
    """Change the fields of a home; answer with the document."""
    home = request.finder.chosen(HOME, request.data, NAMED_BY)
    patch = request.finder.values(request.data, NAMED_BY)
    request.access.require_write(home, NAMED_BY)
    await request.registry.async_update(HOME, home.home_id, patch)
    return request.document(HOME.name, home.home_id)
