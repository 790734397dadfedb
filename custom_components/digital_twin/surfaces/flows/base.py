"""The subentry flow that all kinds of twins share."""

from collections.abc import Awaitable, Mapping
from typing import Any, ClassVar
from uuid import uuid4

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
    UnknownSubEntry,
)
from homeassistant.data_entry_flow import AbortFlow

from ...engine.core.files import StoreFailedError
from ...engine.runtime import Runtime
from ...twin.errors import TwinError
from ...twin.records.fields import Kind, Record
from ...twin.records.revisions import encode
from .errors import BASE, FormErrors
from .inputs import (
    Input,
    Surroundings,
    Values,
    form_schema,
    part_names,
    patch_of,
    places,
    shown_values,
)
from .texts import async_texts

NO_ERRORS = FormErrors()


class TwinFlow[R: Record](ConfigSubentryFlow):
    """Adds a twin and changes it, both through the registry; the subentry holds only its id.

    A change sends what the person changed in the form, so that what an action changed in the
    meantime stays. Nothing is reloaded: entities follow the registry.
    """

    inputs: ClassVar[tuple[Input, ...]]
    _kind: Kind[R]

    def __init__(self) -> None:
        """Choose the id that a new twin will have."""
        self._twin_id = str(uuid4())
        self._shown: Values = {}

    async def async_step_user(self, user_input: Values | None = None) -> SubentryFlowResult:
        """Add a twin."""
        runtime = self._runtime
        if runtime is None:
            return self.async_abort(reason="entry_not_loaded")
        surroundings = await self._async_surroundings(runtime)
        errors = NO_ERRORS
        if user_input is not None:
            # The subentry comes with the end of this flow, not from whoever follows the records.
            runtime.subentries.reserve(self._twin_id)
            work = self._async_create(runtime, surroundings, user_input)
            created = await self._async_try(work, surroundings.texts)
            if not isinstance(created, FormErrors):
                return self.async_create_entry(title=created.name, data={}, unique_id=self._twin_id)
            errors = created
        values = self._suggestions(surroundings) if user_input is None else user_input
        return self._form("user", surroundings, values, errors)

    async def async_step_reconfigure(self, user_input: Values | None = None) -> SubentryFlowResult:
        """Change a twin."""
        return await self._async_step_change("reconfigure", user_input)

    async def _async_step_change(
        self, step_id: str, user_input: Values | None
    ) -> SubentryFlowResult:
        """Show the fields of the record, and change those that a person changed."""
        runtime, record = self._opened()
        surroundings = await self._async_surroundings(runtime)
        if user_input is None:
            self._shown = shown_values(self.inputs, surroundings, self._kind, record)
            return self._form(step_id, surroundings, self._shown, NO_ERRORS)
        work = self._async_change(runtime, surroundings, user_input)
        changed = await self._async_try(work, surroundings.texts)
        if isinstance(changed, FormErrors):
            return self._form(step_id, surroundings, user_input, changed)
        return self._async_finish(changed)

    def _opened(self) -> tuple[Runtime, R]:
        """Return the parts of the entry and the record that is changed.

        Raises `AbortFlow`, which ends the flow, when there is no such record now.
        """
        runtime = self._runtime
        if runtime is None:
            raise AbortFlow("entry_not_loaded")
        try:
            self._twin_id = str(self._get_reconfigure_subentry().unique_id)
            return runtime, runtime.registry.get(self._kind, self._twin_id)
        except (UnknownSubEntry, TwinError) as error:
            raise AbortFlow("twin_gone") from error

    def _async_finish(self, changed: R) -> SubentryFlowResult:
        """End the flow of a twin that was changed."""
        subentry = self._get_reconfigure_subentry()
        return self.async_update_and_abort(self._get_entry(), subentry, title=changed.name)

    def _suggestions(self, _surroundings: Surroundings) -> Values:
        """Return what the form for a new twin already holds."""
        return {}

    @property
    def _runtime(self) -> Runtime | None:
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return None
        runtime: Runtime = entry.runtime_data
        return runtime

    async def _async_surroundings(self, runtime: Runtime) -> Surroundings:
        texts = await async_texts(self.hass, "selector")
        return Surroundings(
            hass=self.hass, registry=runtime.registry, twin_id=self._twin_id, texts=texts
        )

    async def _async_create(self, runtime: Runtime, surroundings: Surroundings, given: Values) -> R:
        document = self._document(surroundings, given)
        return await runtime.registry.async_create(self._kind, document, twin_id=self._twin_id)

    def _document(self, surroundings: Surroundings, given: Values) -> dict[str, Any]:
        """Return what a new twin is made of; raises `TwinError` for what cannot be read."""
        return patch_of(self.inputs, surroundings, {}, given, {})

    async def _async_change(self, runtime: Runtime, surroundings: Surroundings, given: Values) -> R:
        present = encode(self._kind, runtime.registry.get(self._kind, self._twin_id))
        patch = patch_of(self.inputs, surroundings, self._shown, given, present)
        return await runtime.registry.async_update(self._kind, self._twin_id, patch)

    async def _async_try(self, work: Awaitable[R], texts: Mapping[str, str]) -> R | FormErrors:
        try:
            return await work
        except TwinError as error:
            names = part_names(self.inputs, texts)
            return FormErrors.of(error.faults, places(self.inputs), names)
        except StoreFailedError:
            # The store has logged why.
            return FormErrors({BASE: "store_failed"})

    def _form(
        self, step_id: str, surroundings: Surroundings, values: Values, errors: FormErrors
    ) -> SubentryFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=form_schema(self.inputs, surroundings, values, errors.keys),
            errors=errors.keys,
            description_placeholders=errors.placeholders,
        )
