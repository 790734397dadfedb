"""The form of a goal."""

from collections.abc import Iterable
from functools import partial
from itertools import count
from typing import Any, ClassVar, override

from homeassistant.helpers.selector import (
    DateSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    Selector,
    SelectSelector,
    TextSelector,
)

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


def free_code(taken: Iterable[str]) -> str:
    """Return the first code from G01 on that no goal has."""
    used = {code.casefold() for code in taken}
    return next(code for number in count(1) if (code := f"G{number:02}").casefold() not in used)


_REQUIRED = ("name", "date")


def _milestones_selector(_context: FormContext) -> ObjectSelector:
    """Return a selector whose rows are the milestones of the document."""
    selectors: dict[str, Selector[Any]] = {
        "name": TextSelector(),
        "date": DateSelector(),
        "progress": NumberSelector(
            NumberSelectorConfig(
                mode=NumberSelectorMode.BOX,
                min=0,
                max=100,
                step="any",
                unit_of_measurement="%",
            )
        ),
        "key": TextSelector(),
    }
    return ObjectSelector(
        ObjectSelectorConfig(
            fields={
                name: ObjectSelectorField(selector=selector, required=name in _REQUIRED)
                for name, selector in selectors.items()
            },
            multiple=True,
            label_field="name",
            description_field="date",
            translation_key="milestone",
        )
    )


FORM_FIELDS = (
    FormField(path=("goal_code",), selector=choices.text, required=True),
    FormField(path=("name",), selector=choices.text, required=True),
    FormField(path=("description",), selector=choices.lines),
    FormField(
        path=("owner_person_id",),
        selector=choices.person,
        show=partial(choices.known, kind="person"),
    ),
    FormField(
        path=("status",),
        selector=partial(choices.option, enum=GoalStatus, key="goal_status"),
        required=True,
        show=partial(choices.slug, enum=GoalStatus),
    ),
    FormField(path=("start_date",), selector=choices.date),
    FormField(path=("target_date",), selector=choices.date),
    FormField(
        path=("progress_metrics",),
        selector=key_results_selector,
        show=show_key_results,
        read=read_key_results,
        change=change_key_results,
        rows="key_result",
    ),
    FormField(path=("milestones",), selector=_milestones_selector, rows="milestone"),
    FormField(
        path=("dependencies",),
        selector=_other_goals,
        section="more",
        show=partial(choices.known, kind="goal"),
    ),
    FormField(path=("roadmap_link",), selector=choices.text, section="more"),
    FormField(path=("completed_on",), selector=choices.date, section="more"),
)


class GoalFlow(TwinFlow[Goal]):
    """Adds and changes goals."""

    form_fields: ClassVar = FORM_FIELDS
    _kind = GOAL

    @override
    def _suggestions(self, context: FormContext) -> FormValues:
        codes = (goal.goal_code for goal in context.registry.goals.values())
        return {"goal_code": free_code(codes), "status": GoalStatus.PLANNING.slug}
