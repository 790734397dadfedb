"""The modules of the dashboard, served to the browser below a hash of what they contain.

So a browser loads them anew after an update, and keeps them until then. Nothing is written to the
dashboards or resources of anybody: the frontend is told of one module, which offers the rest.
"""

from hashlib import blake2s
from pathlib import Path
from typing import Final

from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant

from .openapi import API

FRONTEND: Final = "frontend"
FOLDER: Final = Path(__file__).parents[1] / FRONTEND
ENTRY: Final = "main.js"


async def async_setup_dashboard(hass: HomeAssistant) -> None:
    """Serve the modules, and have the frontend load the first of them, if there is one."""
    if FRONTEND not in hass.config.components:
        return
    from homeassistant.components.frontend import (  # noqa: PLC0415  # only where it is set up
        add_extra_js_url,
    )

    version = await hass.async_add_executor_job(content_hash)
    path = f"{API}/{FRONTEND}/{version}"
    await hass.http.async_register_static_paths(
        [StaticPathConfig(url_path=path, path=str(FOLDER), cache_headers=True)]
    )
    add_extra_js_url(hass, f"{path}/{ENTRY}")


def content_hash() -> str:
    """Return a hash over the names and contents of all modules. It reads files."""
    digest = blake2s(digest_size=8)
    for path in sorted(FOLDER.glob("*.js")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
