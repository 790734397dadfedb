"""Fix flows for the issues that the integration creates."""

from dataclasses import replace
from typing import Final

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.helpers.selector import AreaSelector, DateSelector, EntitySelector
import probatio

from .commands.access import Actor, async_ui_actor
from .commands.people import async_decline_context
from .commands.twins import (
    async_dismiss_alert,
    async_dismiss_offer,
    async_restore_twin,
    async_update,
)
from .const import DOMAIN
from .engine.contexts import PROPOSED_CONTEXT
from .engine.core.entity_ids import stored_entity_id
from .engine.core.files import StoreFailedError
from .engine.health.linked import LOST_SOURCE
from .engine.health.sources import is_own
from .engine.issues import LOST_REFERENCES, SILENT_ALERT, UNPLACED
from .engine.runtime import loaded_runtime
from .twin.enums import PersonContext
from .twin.errors import TwinError, refuse
from .twin.metrics.person import PERSON
from .twin.metrics.readings import sources_document
from .twin.records.contexts import CONTEXT, SINCE, UNTIL

END: Final = "until"
ENTITY: Final = "entity"
AREA: Final = "area"

type IssueData = dict[str, str | int | float | None] | None


async def async_create_fix_flow(
    _hass: HomeAssistant, issue_id: str, data: IssueData
) -> RepairsFlow:
    """Return the fix flow of an issue."""
    if data and issue_id.startswith(LOST_REFERENCES):
        return LostReferencesFlow(str(data["kind"]), str(data["twin_id"]))
    if data and issue_id.startswith(LOST_SOURCE):
        return LostSourceFlow(str(data["person_id"]), str(data["metric"]), str(data["entity"]))
    if data and issue_id.startswith(SILENT_ALERT):
        return SilentAlertFlow(str(data["home_id"]), str(data["cause"]))
    if data and issue_id.startswith(UNPLACED):
        return PlaceThermometersFlow(str(data["home_id"]))
    if data and issue_id.startswith(PROPOSED_CONTEXT):
        return ProposedContextFlow(str(data["person_id"]), str(data["since"]))
    return ConfirmRepairFlow()


class TwinRepairFlow(RepairsFlow):
    """Base of the fix flows."""

    @property
    def _actor(self) -> Actor | None:
        """The administrator who repairs; None while the integration is not loaded."""
        runtime = loaded_runtime(self.hass)
        return async_ui_actor(self.hass, runtime) if runtime else None

    @property
    def _placeholders(self) -> dict[str, str] | None:
        """The placeholders of the issue, for the texts of the flow."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return issue.translation_placeholders if issue else None


class LostReferencesFlow(TwinRepairFlow):
    """Restores a deleted twin that others referred to, or dismisses the offer."""

    def __init__(self, kind: str, twin_id: str) -> None:
        self._kind = kind
        self._twin_id = twin_id

    async def async_step_init(self, _user_input: object = None) -> RepairsFlowResult:
        """Ask what to do."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["restore", "leave"],
            description_placeholders=self._placeholders,
        )

    async def async_step_restore(self, _user_input: object = None) -> RepairsFlowResult:
        """Restore the twin, and the references to it."""
        if (actor := self._actor) is None:
            return self.async_abort(reason="entry_not_loaded")
        try:
            await async_restore_twin(actor, self._kind, self._twin_id, self._kind)
        except TwinError as error:
            if error.key == "duplicate":
                return self.async_abort(reason="taken")
            return self.async_abort(reason="not_restorable")
        except StoreFailedError:
            return self.async_abort(reason="store_failed")
        return self.async_create_entry(data={})

    async def async_step_leave(self, _user_input: object = None) -> RepairsFlowResult:
        """Dismiss the offer: the twin stays deleted."""
        if (actor := self._actor) is None:
            return self.async_abort(reason="entry_not_loaded")
        try:
            await async_dismiss_offer(actor, self._kind, self._twin_id)
        except StoreFailedError:
            return self.async_abort(reason="store_failed")
        return self.async_create_entry(data={})


class LostSourceFlow(TwinRepairFlow):
    """Replaces a linked entity that was removed, or unlinks it."""

    def __init__(self, person_id: str, metric: str, entity: str) -> None:
        self._person_id = person_id
        self._metric = metric
        self._entity = entity

    async def async_step_init(self, _user_input: object = None) -> RepairsFlowResult:
        """Ask what to do."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["replace", "leave_out"],
            description_placeholders=self._placeholders,
        )

    async def async_step_replace(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask for another entity."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                return await self._async_replace(_other_entity(self.hass, user_input[ENTITY]))
            except TwinError as error:
                errors = {ENTITY: error.key}
        schema = probatio.Schema({probatio.Required(ENTITY): EntitySelector()})
        return self.async_show_form(
            step_id="replace",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
            description_placeholders=self._placeholders,
        )

    async def async_step_leave_out(self, _user_input: object = None) -> RepairsFlowResult:
        """Unlink the entity."""
        return await self._async_replace(None)

    async def _async_replace(self, other: str | None) -> RepairsFlowResult:
        """Link another entity at the same position, or none; attribute and unit are kept.

        Raises `TwinError` (`duplicate`) when the other one is linked already.
        """
        if (actor := self._actor) is None:
            return self.async_abort(reason="entry_not_loaded")
        person = actor.registry.persons.get(self._person_id)
        present = person.metric_sources.get(self._metric, ()) if person else ()
        known = self._metric in actor.registry.catalogue
        if not known or self._entity not in {source.entity for source in present}:
            return self.async_abort(reason="source_gone")
        if other is None:
            sources = tuple(each for each in present if each.entity != self._entity)
        else:
            sources = tuple(
                replace(each, entity=other) if each.entity == self._entity else each
                for each in present
            )
        links = sources_document({self._metric: sources})[self._metric] or None
        try:
            patch = {"metric_sources": {self._metric: links}}
            await async_update(actor, PERSON, self._person_id, patch, "metric_sources")
        except StoreFailedError:
            return self.async_abort(reason="store_failed")
        return self.async_create_entry(data={})


class SilentAlertFlow(TwinRepairFlow):
    """Dismisses an alert whose sensor can no longer say that it is over."""

    def __init__(self, home_id: str, cause: str) -> None:
        self._home_id = home_id
        self._cause = cause

    async def async_step_init(self, _user_input: object = None) -> RepairsFlowResult:
        """Ask for a confirmation."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Dismiss the alert."""
        if user_input is None:
            return self.async_show_form(
                step_id="confirm",
                data_schema=probatio.Schema({}),
                description_placeholders=self._placeholders,
            )
        if (actor := self._actor) is None:
            return self.async_abort(reason="entry_not_loaded")
        try:
            await async_dismiss_alert(actor, self._home_id, self._cause)
        except StoreFailedError:
            return self.async_abort(reason="store_failed")
        return self.async_create_entry(data={})


class ProposedContextFlow(TwinRepairFlow):
    """Asks whether somebody is ill: yes, maybe until a day, or no."""

    def __init__(self, person_id: str, since: str) -> None:
        self._person_id = person_id
        self._since = since

    async def async_step_init(self, _user_input: object = None) -> RepairsFlowResult:
        """Ask."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["ill", "decline"],
            description_placeholders=self._placeholders,
        )

    async def async_step_ill(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Set the context, from the first of the days, with an end if one is given."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if (actor := self._actor) is None:
                return self.async_abort(reason="entry_not_loaded")
            patch = {CONTEXT: PersonContext.ILL, SINCE: self._since, UNTIL: user_input.get(END)}
            try:
                await async_update(actor, PERSON, self._person_id, patch, CONTEXT)
            except TwinError as error:
                if error.key == "not_found":
                    return self.async_abort(reason="person_gone")
                errors = {END: error.key}
            except StoreFailedError:
                return self.async_abort(reason="store_failed")
            else:
                return self.async_create_entry(data={})
        schema = probatio.Schema({probatio.Optional(END): DateSelector()})
        return self.async_show_form(
            step_id="ill",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
            description_placeholders=self._placeholders,
        )

    async def async_step_decline(self, _user_input: object = None) -> RepairsFlowResult:
        """Leave the context as it is, and do not ask again for this time."""
        if (actor := self._actor) is None:
            return self.async_abort(reason="entry_not_loaded")
        try:
            await async_decline_context(actor, self._person_id)
        except TwinError:
            return self.async_abort(reason="person_gone")
        return self.async_create_entry(data={})


class PlaceThermometersFlow(TwinRepairFlow):
    """Asks for the area of each thermometer that has none."""

    def __init__(self, home_id: str) -> None:
        self._home_id = home_id
        self._waiting: list[str] | None = None

    async def async_step_init(self, _user_input: object = None) -> RepairsFlowResult:
        """Begin with the first."""
        return await self.async_step_place()

    async def async_step_place(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Place a thermometer and ask for the next; one that gets no area is left as it is."""
        view = actor.runtime.observer.views.get(self._home_id) if (actor := self._actor) else None
        if view is None:
            return self.async_abort(reason="entry_not_loaded")
        if self._waiting is None:
            self._waiting = [entity.entity_id for entity in view.plan.unplaced]
        elif user_input is not None and self._waiting:
            _place(self.hass, self._waiting.pop(0), user_input.get(AREA))
        if not self._waiting:
            return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="place",
            data_schema=probatio.Schema({probatio.Optional(AREA): AreaSelector()}),
            description_placeholders={
                "name": view.entity_name(self._waiting[0]),
                "count": str(len(self._waiting)),
            },
        )


def _place(hass: HomeAssistant, entity_id: str, area_id: str | None) -> None:
    """Give an area to the device of an entity, or to an entity that has none or one elsewhere."""
    entities, devices = er.async_get(hass), dr.async_get(hass)
    entry = entities.async_get(entity_id)
    if entry is None or area_id is None:
        return
    device = devices.async_get(entry.device_id) if entry.device_id else None
    if isinstance(device, dr.DeviceEntry) and device.area_id is None:
        devices.async_update_device(device.id, area_id=area_id)
    else:
        entities.async_update_entity(entity_id, area_id=area_id)


def _other_entity(hass: HomeAssistant, entity_id: str) -> str:
    """Return the stored id of an entity; raises `TwinError` (`own_entity`) for one of ours."""
    if is_own(hass, entity_id):
        raise refuse("own_entity", ENTITY, value=entity_id)
    return stored_entity_id(hass, entity_id)
