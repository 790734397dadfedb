"""A twin as one document to keep, or to send with the report of an error."""

from collections.abc import Mapping
from typing import Final

from aiohttp import hdrs
from aiohttp.web import Request, Response
from homeassistant.components.http import HomeAssistantView
from homeassistant.core import HomeAssistant, callback

from ..commands import twins
from ..commands.access import Actor
from ..commands.exports import async_export_twin
from ..const import DOMAIN
from ..twin.records.fields import ObjectReader
from .actions import EXPORT_CHOICES, read_export_choices
from .errors import ID
from .openapi import API
from .rest import answering, kind_of_path, parameters_of

TRUE_OR_FALSE: Final = frozenset({"synthetic"})
TRUTHS: Final[Mapping[str, bool]] = {"true": True, "false": False}


@callback
def async_setup_exports(hass: HomeAssistant) -> None:
    """Register the route; it answers with a problem while no entry is loaded."""
    hass.http.register_view(ExportView)


class ExportView(HomeAssistantView):
    """One twin with everything that is kept of it."""

    url = f"{API}/{{kinds:persons|homes|goals}}/{{twin}}/export"
    name = f"api:{DOMAIN}:export"

    @answering
    async def get(self, actor: Actor, request: Request, kinds: str, twin: str) -> Response:
        """Return the export as a file to download."""
        given = parameters_of(request, *EXPORT_CHOICES)
        # Parameters are texts.
        truths = {
            name: TRUTHS.get(given[name], given[name]) for name in TRUE_OR_FALSE & given.keys()
        }
        reader = ObjectReader({**given, **truths}, actor.registry.context())
        synthetic, seed = read_export_choices(reader)
        kind = kind_of_path(kinds)
        found = twins.twin_of_kind(actor, kind, twin, ID)
        document = await async_export_twin(actor, kind, found, ID, synthetic=synthetic, seed=seed)
        name = f"digital_twin_{kind}{'_synthetic' if synthetic else ''}.json"
        return self.json(
            document, headers={hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"'}
        )

    head = get
