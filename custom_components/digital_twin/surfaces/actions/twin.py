"""The actions about a twin of any kind."""

from ...engine.core.registry import KINDS
from ...engine.documents import Document
from ...twin.records.object_reader import ObjectReader
from .request import Request

NAMED_BY = "twin"


async def async_get_twin(request: Request) -> Document:
    """Answer with the whole document of a twin."""
    _only_the_name(request)
    kind, twin = request.finder.chosen_of_any_kind(request.data, NAMED_BY)
    request.access.require_read(twin, NAMED_BY)
    return request.document(kind, KINDS[kind].id_of(twin))


async def async_restore_twin(request: Request) -> Document:
    """Bring a deleted twin back; answer with its document."""
    _only_the_name(request)
    kind, twin_id = request.finder.chosen_deleted(request.data, NAMED_BY)
    request.access.require_create(kind, request.registry.deletions.of(kind)[twin_id])
    for user in request.registry.deletions.referrers(kind, twin_id):
        # They are written, too.
        request.access.require_write(user, NAMED_BY)
    await request.registry.async_restore(KINDS[kind], twin_id)
    return request.document(kind, twin_id)


def _only_the_name(request: Request) -> None:
    form = ObjectReader(request.data, request.registry.context())
    form.only((NAMED_BY,))
    form.raise_faults()
