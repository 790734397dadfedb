"""The form of a goal."""

from collections.abc import Iterable
from functools import partial
from itertools import count
from typing import ClassVar, override

from homeassistant.helpers.selector import SelectSelector

from ...twin.enums import GoalStatus
from ...twin.goals.goal import GOAL, Goal
from . import choices
from .base import TwinFlow
from .inputs import Input, Surroundings, Values
from .key_results import (
    change_key_results,
    key_results_selector,
    read_key_results,
    show_key_results,
)
from .milestones import milestones_selector


def _other_goals(surroundings: Surroundings) -> SelectSelector:
    names = {
        key: f"{goal.goal_code} {goal.name}"
        for key, goal in surroundings.registry.goals.items()
        if key != surroundings.twin_id
    }
    return choices.named(names, multiple=True)


def free_code(taken: Iterable[str]) -> str:
    """Return the first code from G01 on that no goal has."""
    used = {code.casefold() for code in taken}
    return next(code for number in count(1) if (code := f"G{number:02}").casefold() not in used)


INPUTS = (
    Input(path=("goal_code",), selector=choices.text, required=True),
    Input(path=("name",), selector=choices.text, required=True),
    Input(path=("description",), selector=choices.lines),
    Input(
        path=("owner_person_id",),
        selector=choices.person,
        show=partial(choices.known, kind="person"),
    ),
    Input(
        path=("status",),
        selector=partial(choices.option, enum=GoalStatus, key="goal_status"),
        required=True,
        show=partial(choices.slug, enum=GoalStatus),
    ),
    Input(path=("start_date",), selector=choices.date),
    Input(path=("target_date",), selector=choices.date),
    Input(
        path=("progress_metrics",),
        selector=key_results_selector,
        show=show_key_results,
        read=read_key_results,
        change=change_key_results,
        rows="key_result",
    ),
    Input(path=("milestones",), selector=milestones_selector, rows="milestone"),
    Input(
        path=("dependencies",),
        selector=_other_goals,
        section="more",
        show=partial(choices.known, kind="goal"),
    ),
    Input(path=("roadmap_link",), selector=choices.text, section="more"),
    Input(path=("completed_on",), selector=choices.date, section="more"),
)


class GoalFlow(TwinFlow[Goal]):
    """Adds and changes goals."""

    inputs: ClassVar = INPUTS
    _kind = GOAL

    @override
    def _suggestions(self, surroundings: Surroundings) -> Values:
        codes = (goal.goal_code for goal in surroundings.registry.goals.values())
        return {"goal_code": free_code(codes), "status": GoalStatus.PLANNING.slug}
