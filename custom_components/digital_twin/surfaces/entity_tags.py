"""The entity tags of the REST API: the revision of a twin, and a digest of the answer."""

from hashlib import blake2s
import re
from typing import Final

from aiohttp import hdrs
from aiohttp.typedefs import LooseHeaders
from aiohttp.web import Request, Response
from homeassistant.const import CONTENT_TYPE_JSON

from ..engine.documents import Document
from ..twin.errors import refuse
from ..twin.goals.references import Twin
from .openapi import MARKDOWN

REVISION: Final = re.compile(r"[0-9]{1,15}")


def tagged(
    document: Document,
    body: bytes,
    content_type: str = CONTENT_TYPE_JSON,
    *,
    headers: LooseHeaders | None = None,
) -> Response:
    """Return a response with a strong entity tag: the revision of the record, and a digest.

    Derived values change without a new revision; the digest tells them apart.
    """
    charset = "utf-8" if content_type == MARKDOWN else None
    response = Response(body=body, headers=headers, content_type=content_type, charset=charset)
    response.etag = f"{document.get('revision', 0)}-{blake2s(body, digest_size=6).hexdigest()}"
    return response


def wanted_revision(request: Request, twin: Twin) -> int | None:
    """Return the revision of a twin to which a change is limited, None for any.

    Raises `TwinError` (`stale`) when `If-Match` names another revision than the present one.
    """
    revisions = _named_revisions(request)
    if revisions is None:
        return None
    if twin.revision not in revisions:
        named = request.headers[hdrs.IF_MATCH]
        raise refuse("stale", hdrs.IF_MATCH, value=named, current=twin.revision)
    return twin.revision


def _named_revisions(request: Request) -> list[int] | None:
    """Return the revisions that `If-Match` names; None without it, and for `*`."""
    tags = request.if_match
    if tags is None or any(tag.value == "*" for tag in tags):
        return None
    parts = (tag.value.partition("-")[0] for tag in tags if not tag.is_weak)
    return [int(part) for part in parts if REVISION.fullmatch(part)]
