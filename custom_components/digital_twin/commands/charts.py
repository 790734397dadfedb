"""Commands for what cards draw: the map of goals, and weeks of goals and metrics."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from homeassistant.const import Platform

from ..engine.core.entity_ids import current_entity_id, metric_entity_key, own_entity_id
from ..engine.documents import Document
from ..engine.health.sources import metric_label, person_health, shown_unit
from ..engine.health.statistics import has_statistics, statistic_id
from ..twin.enums import GoalStatus
from ..twin.goals.goal import Goal
from ..twin.goals.goal_map import GoalMap, map_goals
from ..twin.goals.plan import milestone_document
from ..twin.goals.slip import household_path, slip_document
from ..twin.goals.weeks import WEEK, Week, mean_weeks, progress_weeks, weeks_until
from ..twin.home.home import Home
from ..twin.home.inventory import DeviceRecord
from ..twin.metrics.consent import HOUSEHOLD, discloses
from ..twin.metrics.person import PERSON, Person
from ..twin.metrics.units import convert_unit
from ..twin.records.fields import ObjectReader
from ..twin.records.naming import short_text
from ..twin.records.parsers import truth, whole_number
from ..twin.values import PlainJson
from .access import Actor
from .finder import twin_order
from .twins import PERSON_FIELD

WEEKS: Final = "weeks"
USUAL_WEEKS: Final = 26
MOST_BATTERIES: Final = 8
# Of a graph.
FEWEST_DAYS: Final = 14
# Days, where none are known.
NEVER: Final = 10**6
# Histories are kept for 400 days.
MOST_WEEKS: Final = 57
# The entities of a goal in the order in which a click on it prefers them.
ENTITIES: Final = (
    (Platform.SENSOR, "progress"),
    (Platform.SELECT, "status"),
    (Platform.SENSOR, "pace"),
)


def dashboard_document(actor: Actor, reader: ObjectReader) -> Document:
    """Return what a dashboard is made of, of the twins that the actor may read.

    Homes with the persons of Home Assistant who live there, and the batteries that run out first:
    those whose day is known come first (`days_left`), then the emptiest (`level` in percent).
    People with their long-term statistics, and goals that are not archived, in the order in which
    they are due.
    """
    reader.only(())
    reader.raise_faults()
    registry = actor.registry
    homes = sorted(registry.homes.values(), key=twin_order)
    people = sorted(filter(actor.access.may_read, registry.persons.values()), key=twin_order)
    goals = [
        goal
        for goal in sorted(registry.goals.values(), key=_due)
        if goal.status is not GoalStatus.ARCHIVED and actor.access.may_read(goal)
    ]
    return {
        "homes": [
            {
                "id": home.home_id,
                "name": home.name,
                "people": [*_residents(actor, home)],
                "batteries": [*_batteries(actor, home)],
            }
            for home in homes
        ],
        "people": [
            {
                "id": person.person_id,
                "name": person.name,
                "statistics": [*_statistics(actor, person)],
            }
            for person in people
        ],
        "goals": [
            {
                "id": goal.goal_id,
                "code": goal.goal_code,
                "name": goal.name,
                "person_id": goal.owner_person_id,
                "completed_on": goal.completed_on.isoformat() if goal.completed_on else None,
            }
            for goal in goals
        ],
    }


def _due(goal: Goal) -> tuple[date, str]:
    return goal.target_date or date.max, twin_order(goal)


def _residents(actor: Actor, home: Home) -> Iterator[str]:
    for person_id in home.residents:
        person = actor.registry.persons.get(person_id)
        stored = person.person_entity if person else None
        if stored and (entity_id := current_entity_id(actor.hass, stored)):
            yield entity_id


def _statistics(actor: Actor, person: Person) -> Iterator[str]:
    """Yield the long-term statistics of a person that have enough days for a graph."""
    if not has_statistics(actor.hass):
        return
    histories = actor.registry.histories(person.person_id)
    for key in actor.registry.catalogue:
        is_shown = discloses(person, (key,), HOUSEHOLD)
        if is_shown and key in histories and len(histories[key].days) >= FEWEST_DAYS:
            yield statistic_id(person.person_id, key)


def _batteries(actor: Actor, home: Home) -> Iterator[Document]:
    view = actor.runtime.observer.views.get(home.home_id)
    devices = sorted(view.batteries, key=_runs_out) if view else []
    for device in devices[:MOST_BATTERIES]:
        days_left = device.battery_days_left
        bounds = device.battery_forecast.bounds if device.battery_forecast else None
        yield {
            "name": device.name,
            "level": device.battery,
            "days_left": days_left,
            "bounds": bounds,
        }


def _runs_out(device: DeviceRecord) -> tuple[int, float]:
    return device.battery_days_left or NEVER, device.battery or 0.0


def goal_map_document(actor: Actor, reader: ObjectReader) -> Document:
    """Return the goals that are not archived, with their places on the map and the lines.

    With `person` only the goals of that person, and those that theirs depend on, directly or not.
    `critical_path` are the goals that decide when the last of them ends. `owner_id` is null where
    the actor may not read the owner.
    """
    reader.only((PERSON_FIELD,))
    name = reader.optional(PERSON_FIELD, short_text, None)
    reader.raise_faults()
    goals = {
        goal.goal_id: goal
        for goal in sorted(actor.registry.goals.values(), key=twin_order)
        if goal.status is not GoalStatus.ARCHIVED and actor.access.may_read(goal)
    }
    graph = actor.runtime.assessments.graph
    if name is not None:
        person = actor.finder.chosen(PERSON, {PERSON_FIELD: name}, PERSON_FIELD)
        wanted = _with_dependencies(actor, goals, person)
        goals = {key: goal for key, goal in goals.items() if key in wanted}
    found = map_goals(graph, [*goals])
    return {
        "columns": found.columns,
        "rows": found.rows,
        "goals": [_goal_node(actor, goal, found) for goal in goals.values()],
        "edges": [
            {
                "source": edge.source,
                "target": edge.target,
                "passes": [[*place] for place in edge.passes],
                "in_cycle": edge.in_cycle,
            }
            for edge in found.edges
        ],
        "groups": [
            {"goal_ids": [*group.goal_ids], "column": group.first.column, "row": group.first.row}
            for group in found.groups
        ],
        "critical_path": [*household_path(actor.runtime.assessments.slips.of, goals)],
    }


def _with_dependencies(actor: Actor, goals: Iterable[str], person: Person) -> set[str]:
    known, graph = {*goals}, actor.runtime.assessments.graph
    owned = actor.registry.goals_of(person.person_id)
    waiting = [goal.goal_id for goal in owned if goal.goal_id in known]
    found = set[str]()
    while waiting:
        if (key := waiting.pop()) not in found:
            found.add(key)
            waiting += (one for one in graph.dependencies(key) if one in known)
    return found


def _goal_node(actor: Actor, goal: Goal, found: GoalMap) -> Document:
    assessments = actor.runtime.assessments
    assessment = assessments.get(goal.goal_id)
    milestone = assessment.next_milestone if assessment else None
    owner = actor.registry.persons.get(goal.owner_person_id or "")
    place = found.places[goal.goal_id]
    return {
        "goal_id": goal.goal_id,
        "goal_code": goal.goal_code,
        "name": goal.name,
        "column": place.column,
        "row": place.row,
        "owner": owner.name if owner else None,
        "owner_id": owner.person_id if owner and actor.access.may_read(owner) else None,
        "status": goal.status.slug,
        "pace": assessment.pace.slug if assessment and assessment.pace else None,
        "progress": assessment.progress if assessment else None,
        "why": assessments.why(goal.goal_id, actor.household_audiences),
        "target_date": goal.target_date.isoformat() if goal.target_date else None,
        "finish": _finish(actor, goal),
        "slip": slip_document(assessments.slips.of.get(goal.goal_id)),
        "next_milestone": milestone_document(milestone) if milestone else None,
        "entity_id": _entity_id(actor, goal),
    }


def _finish(actor: Actor, goal: Goal) -> str | None:
    assessment = actor.runtime.assessments.get(goal.goal_id)
    finish = assessment.forecast.finish if assessment else None
    return finish.isoformat() if finish else None


def _entity_id(actor: Actor, goal: Goal) -> str | None:
    """Return the entity that a click on a goal opens; one that has a state."""
    for platform, key in ENTITIES:
        entity_id = own_entity_id(actor.hass, goal.goal_id, platform, key)
        if entity_id and actor.hass.states.get(entity_id):
            return entity_id
    return None


def weeks_document(actor: Actor, reader: ObjectReader) -> Document:
    """Return so many weeks of goals, or with `person` and `metrics` those of a person's metrics.

    A week begins on Monday; the present one is the last. The value of a goal is how many percent
    it gained in a week, with the progress at its end and the items that were done; that of a
    metric is the mean of its days, in the unit in which it is shown. Null is unknown. Goals that
    were completed before the first week are left out.
    """
    reader.only((PERSON_FIELD, WEEKS, "metrics"))
    count = reader.optional(WEEKS, whole_number(1, MOST_WEEKS), USUAL_WEEKS)
    name = reader.optional(PERSON_FIELD, short_text, None)
    of_metrics = reader.optional("metrics", truth, absent=False)
    reader.raise_faults()
    person = None
    if name is not None or of_metrics:
        person = actor.finder.chosen(PERSON, {PERSON_FIELD: name}, PERSON_FIELD)
    weeks = weeks_until(actor.registry.context().today, count)
    if person is not None and of_metrics:
        actor.access.require_read(person, PERSON_FIELD)
        rows = _metric_rows(actor, person, weeks)
    else:
        rows = _goal_rows(actor, person, weeks)
    return {WEEKS: [week.isoformat() for week in weeks], "rows": rows}


def _goal_rows(actor: Actor, person: Person | None, weeks: Sequence[date]) -> list[PlainJson]:
    goals = sorted(actor.registry.goals.values(), key=twin_order)
    rows: list[PlainJson] = []
    for goal in goals:
        if not actor.access.may_read(goal) or goal.status is GoalStatus.ARCHIVED:
            continue
        if person is not None and goal.owner_person_id != person.person_id:
            continue
        if goal.completed_on is not None and goal.completed_on < weeks[0]:
            continue
        cells = progress_weeks(goal, weeks)
        if any(cell.value is not None for cell in cells):
            rows.append(
                {
                    "id": goal.goal_id,
                    "name": goal.name,
                    "code": goal.goal_code,
                    "unit": "%",
                    "entity_id": _entity_id(actor, goal),
                    "cells": [_cell(cell) for cell in cells],
                }
            )
    return rows


def _metric_rows(actor: Actor, person: Person, weeks: Sequence[date]) -> list[PlainJson]:
    health = person_health(actor.registry, person)
    last = weeks[-1] + WEEK
    rows: list[PlainJson] = []
    for view in health.metrics():
        metric = view.metric
        if not discloses(person, (metric.key,), actor.audiences):
            continue
        unit = shown_unit(actor.hass, person, metric)
        days = health.history(metric.key, weeks[0], last)
        values = [(each.day, convert_unit(each.value, metric.unit, unit)) for each in days]
        if not values:
            continue
        cells = [
            cell if cell.value is None else cell._replace(value=round(cell.value, metric.precision))
            for cell in mean_weeks(values, weeks)
        ]
        key = metric_entity_key(metric)
        rows.append(
            {
                "id": metric.key,
                "name": metric_label(actor.hass, metric.key, metric),
                "code": None,
                "unit": unit,
                "entity_id": own_entity_id(actor.hass, person.person_id, Platform.SENSOR, key),
                "cells": [_cell(cell) for cell in cells],
            }
        )
    return rows


def _cell(cell: Week) -> PlainJson:
    return {
        "value": cell.value,
        "at_end": cell.at_end,
        "happened": [*cell.happened],
        "more": cell.more,
    }
