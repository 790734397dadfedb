"""The subentry flow that all kinds of twins share."""

from typing import Any, ClassVar, Final
from uuid import uuid4

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
    UnknownSubEntry,
)
from homeassistant.data_entry_flow import AbortFlow

from ...commands.access import async_ui_actor
from ...commands.twins import async_create, async_update
from ...engine.runtime import Runtime
from ...twin.errors import TwinError
from ...twin.records.fields import Kind, Record
from ...twin.records.revisions import encode
from .forms import (
    FormContext,
    FormErrors,
    FormField,
    FormValues,
    async_texts,
    error_places,
    form_schema,
    form_values,
    part_labels,
    patch_of,
    show_form,
)

# The page on which a dashboard is added, for the text of the first steps.
FIRST_STEPS: Final = {"dashboards": "/config/lovelace/dashboards"}


class TwinFlow[R: Record](ConfigSubentryFlow):
    """Adds and changes a twin through the registry; the subentry holds only its id.

    A change sends only the fields that the user changed, so that concurrent changes of other
    fields are kept. Nothing is reloaded: the entities follow the registry.
    """

    form_fields: ClassVar[tuple[FormField, ...]]
    _kind: Kind[R]
    # Whether the first form adds the twin, or others follow.
    _adds_at_once: bool = True

    def __init__(self) -> None:
        self._twin_id = str(uuid4())
        self._initial: FormValues = {}

    async def async_step_user(self, user_input: FormValues | None = None) -> SubentryFlowResult:
        """Add a twin."""
        runtime = self._runtime
        if runtime is None:
            return self.async_abort(reason="entry_not_loaded")
        context = await self._async_form_context(runtime)
        errors = self._errors(context)
        if user_input is None:
            return self._form("user", context, self._suggestions(context), errors)
        # Home Assistant adds the subentry when this flow ends, so `Subentries` must not.
        with errors, runtime.subentries.reserved(self._twin_id):
            document = self._document(context, user_input)
            actor = async_ui_actor(self.hass, runtime)
            is_first = not runtime.registry.records(self._kind.name)
            created = await async_create(actor, self._kind, document, self._twin_id)
            return self.async_create_entry(
                title=created.name,
                data={},
                description="first" if is_first else None,
                description_placeholders=FIRST_STEPS,
                unique_id=self._twin_id,
            )
        return self._form("user", context, user_input, errors)

    async def async_step_reconfigure(
        self, user_input: FormValues | None = None
    ) -> SubentryFlowResult:
        """Change a twin."""
        return await self._async_step_change("reconfigure", user_input)

    async def _async_step_change(
        self, step_id: str, user_input: FormValues | None
    ) -> SubentryFlowResult:
        """Show the fields of the record, and write those that the user changed."""
        runtime, record = self._opened()
        context = await self._async_form_context(runtime)
        errors = self._errors(context)
        if user_input is None:
            self._initial = form_values(self.form_fields, context, encode(self._kind, record))
            return self._form(step_id, context, self._initial, errors)
        with errors:
            # The record may have changed since this step began.
            present = encode(self._kind, runtime.registry.get(self._kind, self._twin_id))
            patch = patch_of(self.form_fields, context, self._initial, user_input, present)
            changed = await async_update(
                async_ui_actor(self.hass, runtime), self._kind, self._twin_id, patch, "name"
            )
            return self._async_finish(changed)
        return self._form(step_id, context, user_input, errors)

    def _opened(self) -> tuple[Runtime, R]:
        """Return the runtime data of the entry and the record that is changed.

        Raises `AbortFlow` when the entry is not loaded or the record is gone.
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
        """End the flow of a changed twin."""
        subentry = self._get_reconfigure_subentry()
        return self.async_update_and_abort(self._get_entry(), subentry, title=changed.name)

    def _suggestions(self, _context: FormContext) -> FormValues:
        """Return the values suggested for a new twin."""
        return {}

    @property
    def _runtime(self) -> Runtime | None:
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return None
        runtime: Runtime = entry.runtime_data
        return runtime

    async def _async_form_context(self, runtime: Runtime) -> FormContext:
        texts = await async_texts(self.hass, "selector")
        return FormContext(
            hass=self.hass, registry=runtime.registry, twin_id=self._twin_id, texts=texts
        )

    def _document(self, context: FormContext, values: FormValues) -> dict[str, Any]:
        """Return the document of a new twin; raises `TwinError` for unreadable values."""
        return patch_of(self.form_fields, context, {}, values, {})

    def _errors(self, context: FormContext) -> FormErrors:
        labels = part_labels(self.form_fields, context.texts)
        return FormErrors(error_places(self.form_fields), labels)

    def _form(
        self, step_id: str, context: FormContext, values: FormValues, errors: FormErrors
    ) -> SubentryFlowResult:
        schema = form_schema(self.form_fields, context, expanded=errors.keys)
        is_last = step_id != "user" or self._adds_at_once
        return show_form(self, step_id, schema, values, errors, last_step=is_last)
