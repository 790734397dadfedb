"""What Home Assistant's repairs offer to do about an issue of the twins."""

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .engine.issues import LOST_REFERENCES
from .engine.registry import KINDS, TwinRegistry
from .engine.runtime import DigitalTwinConfigEntry
from .engine.store import StoreFailedError
from .twin.errors import TwinError

type IssueData = dict[str, str | int | float | None] | None


async def async_create_fix_flow(
    _hass: HomeAssistant, issue_id: str, data: IssueData
) -> RepairsFlow:
    """Return the flow that mends an issue."""
    if data and issue_id.startswith(LOST_REFERENCES):
        return LostReferencesFlow(str(data["kind"]), str(data["twin_id"]))
    return ConfirmRepairFlow()


class LostReferencesFlow(RepairsFlow):
    """Brings a deleted twin back that others referred to, or leaves it."""

    def __init__(self, kind: str, twin_id: str) -> None:
        """Keep which twin it is about."""
        self._kind = kind
        self._twin_id = twin_id

    async def async_step_init(self, _user_input: object = None) -> RepairsFlowResult:
        """Ask what to do."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return self.async_show_menu(
            step_id="init",
            menu_options=["restore", "leave"],
            description_placeholders=issue.translation_placeholders if issue else None,
        )

    async def async_step_restore(self, _user_input: object = None) -> RepairsFlowResult:
        """Bring the twin back, with the references that others lost."""
        if (registry := self._registry) is None:
            return self.async_abort(reason="entry_not_loaded")
        try:
            await registry.async_restore(KINDS[self._kind], self._twin_id)
        except TwinError as error:
            if error.key == "duplicate":
                return self.async_abort(reason="taken")
            return self.async_abort(reason="not_restorable")
        except StoreFailedError:
            return self.async_abort(reason="store_failed")
        return self.async_create_entry(data={})

    async def async_step_leave(self, _user_input: object = None) -> RepairsFlowResult:
        """Accept that the others have lost it."""
        if (registry := self._registry) is None:
            return self.async_abort(reason="entry_not_loaded")
        try:
            await registry.async_accept_loss(self._kind, self._twin_id)
        except StoreFailedError:
            return self.async_abort(reason="store_failed")
        return self.async_create_entry(data={})

    @property
    def _registry(self) -> TwinRegistry | None:
        entries: list[DigitalTwinConfigEntry] = self.hass.config_entries.async_loaded_entries(
            DOMAIN
        )
        return entries[0].runtime_data.registry if entries else None
