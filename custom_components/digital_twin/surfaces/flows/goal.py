"""The forms of a goal: its details, and one form for each of its key results and milestones."""

from functools import partial
import re
from typing import Any, ClassVar, Final, override

from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.config_entries import SOURCE_USER, SubentryFlowResult
from homeassistant.helpers.http import current_request
from homeassistant.helpers.selector import BooleanSelector, SelectSelector
import probatio

from ...commands.access import async_ui_actor
from ...commands.twins import async_update
from ...engine.core.entity_ids import linked_persons
from ...engine.runtime import Runtime
from ...twin.enums import GoalStatus, KeyResultKind
from ...twin.errors import Fault, changed_faults
from ...twin.goals.goal import GOAL, Goal, free_code
from ...twin.records.revisions import encode
from . import TwinFlow, choices
from .forms import (
    FormContext,
    FormErrors,
    FormField,
    FormRow,
    FormValues,
    async_texts,
    error_places,
    form_schema,
    form_values,
    option_text,
    part_text,
    patch_of,
    row_with,
    show_form,
    with_row,
    without_row,
)
from .key_results import KEY_RESULTS, MILESTONE_FORM, MILESTONES, PART_FORMS, PartForm

# The place of a fault within the lists of key results and milestones.
LISTED: Final = re.compile(rf"^(?:{KEY_RESULTS}|{MILESTONES})?\[\d+\]\.?")
PART: Final = "part"


def _other_goals(context: FormContext) -> SelectSelector:
    names = {
        key: f"{goal.goal_code} {goal.name}"
        for key, goal in context.registry.goals.items()
        if key != context.twin_id
    }
    return choices.named(names, multiple=True)


FORM_FIELDS = (
    FormField(("name",), choices.text(), required=True),
    FormField(("target_date",), choices.DATE),
    FormField(("owner_person_id",), choices.person, show=partial(choices.known, kind="person")),
    FormField(("description",), choices.LINES, section="more"),
    FormField(
        ("status",),
        choices.option(GoalStatus, "goal_status"),
        required=True,
        section="more",
        show=partial(choices.slug, enum=GoalStatus),
    ),
    FormField(("start_date",), choices.DATE, section="more"),
    FormField(("goal_code",), choices.text(), section="more"),
    FormField(
        ("dependencies",), _other_goals, section="more", show=partial(choices.known, kind="goal")
    ),
    FormField(("roadmap_link",), choices.text(), section="more"),
    FormField(("completed_on",), choices.DATE, section="more"),
)


class GoalFlow(TwinFlow[Goal]):
    """Adds goals with their key results and milestones, and changes them."""

    form_fields: ClassVar = FORM_FIELDS
    _kind = GOAL
    _adds_at_once = False

    def __init__(self) -> None:
        super().__init__()
        # Of a new goal: the values of its first form, and the documents of its parts.
        self._details: FormValues = {}
        self._parts: dict[str, list[FormRow]] = {KEY_RESULTS: [], MILESTONES: []}
        # The key of the part that is changed; None for a new one.
        self._key: str | None = None

    @override
    async def async_step_user(self, user_input: FormValues | None = None) -> SubentryFlowResult:
        """Add a goal: its details."""
        runtime = self._runtime
        if runtime is None or user_input is None:
            return await super().async_step_user()
        context = await self._async_form_context(runtime)
        errors = self._errors(context)
        with errors:
            runtime.registry.check_new(GOAL, self._document(context, user_input))
            self._details = user_input
            return await self.async_step_parts()
        return self._form("user", context, user_input, errors)

    async def async_step_parts(self, _user_input: FormValues | None = None) -> SubentryFlowResult:
        """Show the menu of what can be added to the new goal."""
        texts = await async_texts(self.hass, "selector")
        names = [part["name"] for parts in self._parts.values() for part in parts]
        return self.async_show_menu(
            step_id="parts",
            menu_options=[*PART_FORMS, "finish"],
            description_placeholders={
                "goal": self._details["name"],
                "parts": ", ".join(names) or option_text(texts, "goal_part", "none"),
            },
        )

    async def async_step_finish(self, _user_input: FormValues | None = None) -> SubentryFlowResult:
        """Add the goal with its parts."""
        return await super().async_step_user(self._details)

    @override
    async def async_step_reconfigure(
        self, user_input: FormValues | None = None
    ) -> SubentryFlowResult:
        """Show the menu of changes."""
        _, goal = self._opened()
        changes = ["details", PART] if goal.progress_metrics or goal.milestones else ["details"]
        return self.async_show_menu(step_id="reconfigure", menu_options=[*changes, *PART_FORMS])

    async def async_step_details(self, user_input: FormValues | None = None) -> SubentryFlowResult:
        """Change the fields of the goal."""
        return await self._async_step_change("details", user_input)

    async def async_step_part(self, user_input: FormValues | None = None) -> SubentryFlowResult:
        """Choose the key result or milestone to change or to remove."""
        runtime, goal = self._opened()
        names = {
            f"{KEY_RESULTS} {key_result.key}": key_result.name
            for key_result in goal.progress_metrics
        } | {f"{MILESTONES} {milestone.key}": milestone.name for milestone in goal.milestones}
        schema = probatio.Schema(
            {
                probatio.Required(PART): choices.labelled(names.items()),
                probatio.Optional("kind"): choices.option(KeyResultKind, "key_result_kind"),
                probatio.Optional("remove"): BooleanSelector(),
            }
        )
        errors = FormErrors()
        if user_input is None:
            return show_form(self, PART, schema, last_step=False)
        if user_input[PART] not in names:
            errors.keys[PART] = "not_found"
            return show_form(self, PART, schema, user_input, errors, last_step=False)
        field, _, self._key = user_input[PART].partition(" ")
        documents = self._documents(field)
        if not user_input.get("remove"):
            kinds = {document["key"]: document.get("kind") for document in documents}
            kind = user_input.get("kind") or kinds[self._key]
            form = MILESTONE_FORM if field == MILESTONES else PART_FORMS[str(kind)]
            return await self._async_step_part_form(form)
        with errors:
            return await self._async_write(runtime, field, without_row(documents, self._key))
        return show_form(self, PART, schema, user_input, errors, last_step=False)

    async def async_step_reach(self, user_input: FormValues | None = None) -> SubentryFlowResult:
        """Add or change a value to reach."""
        return await self._async_step_part_form(PART_FORMS["reach"], user_input)

    async def async_step_accumulate(
        self, user_input: FormValues | None = None
    ) -> SubentryFlowResult:
        """Add or change a total to reach."""
        return await self._async_step_part_form(PART_FORMS["accumulate"], user_input)

    async def async_step_maintain(self, user_input: FormValues | None = None) -> SubentryFlowResult:
        """Add or change a range to stay within."""
        return await self._async_step_part_form(PART_FORMS["maintain"], user_input)

    async def async_step_checklist(
        self, user_input: FormValues | None = None
    ) -> SubentryFlowResult:
        """Add or change a checklist."""
        return await self._async_step_part_form(PART_FORMS["checklist"], user_input)

    async def async_step_boolean(self, user_input: FormValues | None = None) -> SubentryFlowResult:
        """Add or change something that is done or not."""
        return await self._async_step_part_form(PART_FORMS["boolean"], user_input)

    async def async_step_milestone(
        self, user_input: FormValues | None = None
    ) -> SubentryFlowResult:
        """Add or change a milestone."""
        return await self._async_step_part_form(MILESTONE_FORM, user_input)

    async def _async_step_part_form(
        self, form: PartForm, user_input: FormValues | None = None
    ) -> SubentryFlowResult:
        runtime = self._runtime if self._is_new else self._opened()[0]
        if runtime is None:
            return self.async_abort(reason="entry_not_loaded")
        context = await self._async_form_context(runtime)
        errors = _part_errors(form, context)
        documents = self._documents(form.field)
        present = row_with(documents, self._key)
        values = user_input
        if user_input is None:
            shown = form.show(context, present)
            values = self._initial = form_values(form.fields, context, shown)
        else:
            with errors, changed_faults(_without_place):
                # What was removed in the meantime comes back as the form has it.
                initial = self._initial if present else {}
                patch = patch_of(form.fields, context, initial, user_input, present)
                changed = form.change(present, {**patch, "key": self._key})
                rows = with_row(documents, present, changed)
                return await self._async_write(runtime, form.field, rows)
        expanded = errors.keys if self._key is None else {*errors.keys, "more"}
        schema = form_schema(form.fields, context, expanded=expanded)
        return show_form(self, form.step, schema, values, errors, last_step=not self._is_new)

    async def _async_write(
        self, runtime: Runtime, field: str, documents: list[FormRow]
    ) -> SubentryFlowResult:
        """Keep the parts of a new goal, or change those of a known one. Raises `TwinError`."""
        if self._is_new:
            GOAL.fields[field].parse(documents, runtime.registry.context())
            self._parts[field] = documents
            return await self.async_step_parts()
        actor = async_ui_actor(self.hass, runtime)
        return self._async_finish(
            await async_update(actor, GOAL, self._twin_id, {field: documents}, "name")
        )

    def _documents(self, field: str) -> list[FormRow]:
        """Return the present documents of the key results or the milestones."""
        if self._is_new:
            return [*self._parts[field]]
        _, goal = self._opened()
        documents: Any = encode(GOAL, goal)[field]
        return [*documents]

    @property
    def _is_new(self) -> bool:
        return self.source == SOURCE_USER

    @override
    def _suggestions(self, context: FormContext) -> FormValues:
        registry = context.registry
        codes = (goal.goal_code for goal in registry.goals.values())
        owner = likely_owner(context)
        values: FormValues = {
            "more": {
                "goal_code": free_code(codes),
                "status": GoalStatus.ACTIVE.slug,
                "start_date": registry.context().today.isoformat(),
            }
        }
        return values if owner is None else {**values, "owner_person_id": owner}

    @override
    def _document(self, context: FormContext, values: FormValues) -> dict[str, Any]:
        """Return the document of the new goal; without a code it gets the first free one."""
        document = super()._document(context, values)
        codes = (goal.goal_code for goal in context.registry.goals.values())
        return {"goal_code": free_code(codes), **document, **self._parts}


def _part_errors(form: PartForm, context: FormContext) -> FormErrors:
    return FormErrors(
        {**error_places(form.fields), "source": "more"},
        lambda _field, part: part_text(context.texts, "goal_part", part),
    )


def _without_place(found: Fault) -> Fault:
    """Name the field of a fault without the list and the position of its part."""
    return found.at(LISTED.sub("", found.field, count=1))


def likely_owner(context: FormContext) -> str | None:
    """Return the person of the user who fills in the form, else the only person; or None."""
    persons = context.registry.persons
    request = current_request.get()
    user = request.get(KEY_HASS_USER) if request is not None else None
    own = linked_persons(context.hass, persons.values(), user.id) if user is not None else []
    return own[0].person_id if own else next(iter(persons)) if len(persons) == 1 else None
