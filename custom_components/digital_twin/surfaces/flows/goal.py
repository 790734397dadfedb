"""The form of a goal."""

from collections.abc import Iterable
from functools import partial
from itertools import count
from typing import ClassVar, override

from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorMode,
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
    FormField(("goal_code",), choices.text(), required=True),
    FormField(("name",), choices.text(), required=True),
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
        codes = (goal.goal_code for goal in context.registry.goals.values())
        return {"goal_code": free_code(codes), "status": GoalStatus.PLANNING.slug}
