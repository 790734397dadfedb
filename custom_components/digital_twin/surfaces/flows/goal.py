"""The form of a goal."""

from functools import partial
from typing import Any, ClassVar, override

from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.helpers.http import current_request
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorMode,
    SelectSelector,
    TextSelector,
)

from ...commands.goals import free_code
from ...engine.core.entity_ids import linked_user_id
from ...twin.enums import GoalStatus
from ...twin.goals.goal import GOAL, Goal
from . import choices
from .base import TwinFlow
from .forms import FormContext, FormField, FormValues
from .key_results import (
    change_key_results,
    key_results_selector,
    read_key_results,
    show_key_results,
)


def _other_goals(context: FormContext) -> SelectSelector:
    names = {
        key: f"{goal.goal_code} {goal.name}"
        for key, goal in context.registry.goals.items()
        if key != context.twin_id
    }
    return choices.named(names, multiple=True)


MILESTONES = choices.rows(
    {
        "name": TextSelector(),
        "date": choices.DATE,
        "progress": NumberSelector(
            {
                "mode": NumberSelectorMode.BOX,
                "min": 0,
                "max": 100,
                "step": "any",
                "unit_of_measurement": "%",
            }
        ),
        "key": TextSelector(),
    },
    ("name", "date"),
    described_by="date",
    key="milestone",
)
FORM_FIELDS = (
    FormField(("name",), choices.text(), required=True),
    FormField(("goal_code",), choices.text()),
    FormField(("description",), choices.LINES),
    FormField(("owner_person_id",), choices.person, show=partial(choices.known, kind="person")),
    FormField(
        ("status",),
        choices.option(GoalStatus, "goal_status"),
        required=True,
        show=partial(choices.slug, enum=GoalStatus),
    ),
    FormField(("start_date",), choices.DATE),
    FormField(("target_date",), choices.DATE),
    FormField(
        ("progress_metrics",),
        key_results_selector,
        show=show_key_results,
        read=read_key_results,
        change=change_key_results,
        rows="key_result",
    ),
    FormField(("milestones",), MILESTONES, rows="milestone"),
    FormField(
        ("dependencies",), _other_goals, section="more", show=partial(choices.known, kind="goal")
    ),
    FormField(("roadmap_link",), choices.text(), section="more"),
    FormField(("completed_on",), choices.DATE, section="more"),
)


class GoalFlow(TwinFlow[Goal]):
    """Adds and changes goals."""

    form_fields: ClassVar = FORM_FIELDS
    _kind = GOAL

    @override
    def _suggestions(self, context: FormContext) -> FormValues:
        registry = context.registry
        codes = (goal.goal_code for goal in registry.goals.values())
        owner = likely_owner(context)
        values = {
            "goal_code": free_code(codes),
            "status": GoalStatus.ACTIVE.slug,
            "start_date": registry.context().today.isoformat(),
        }
        return values if owner is None else {**values, "owner_person_id": owner}

    @override
    def _document(self, context: FormContext, values: FormValues) -> dict[str, Any]:
        """Return the document of the new goal; without a code it gets the first free one."""
        document = super()._document(context, values)
        codes = (goal.goal_code for goal in context.registry.goals.values())
        return {"goal_code": free_code(codes), **document}


def likely_owner(context: FormContext) -> str | None:
    """Return the person of the user who fills in the form, else the only person; or None."""
    persons = context.registry.persons
    request = current_request.get()
    user = request.get(KEY_HASS_USER) if request is not None else None
    own = [
        key
        for key, person in persons.items()
        if user is not None and linked_user_id(context.hass, person) == user.id
    ]
    return own[0] if own else next(iter(persons)) if len(persons) == 1 else None
