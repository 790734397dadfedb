"""What every action works with."""

from collections.abc import Mapping
from dataclasses import dataclass

from homeassistant.core import HomeAssistant

from ...commands.access import Access
from ...engine.core.registry import TwinRegistry
from ...engine.documents import Document, twin_document
from ...engine.runtime import Runtime
from .finder import Finder


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One call of an action: its data, who calls, and what it is about."""

    hass: HomeAssistant
    data: Mapping[str, object]
    access: Access
    finder: Finder
    runtime: Runtime

    @property
    def registry(self) -> TwinRegistry:
        """The registry that makes the change."""
        return self.runtime.registry

    def document(self, kind: str, twin_id: str) -> Document:
        """Return the document with which an action answers."""
        return twin_document(self.runtime, kind, twin_id)
